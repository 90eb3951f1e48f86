"""Which expressions may come to a constant, by their looks alone, and what is called on the way there."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "tuple": tuple,
    "list": list,
    "bool": bool,
    "len": len,
}
METHODS = {"startswith", "split", "replace", "strip", "partition"}
_NEVER = (
    ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple, ast.GeneratorExp, ast.Lambda,
    ast.JoinedStr,
)  # fmt: skip


def words(key: str | ast.expr | None, value: ast.expr) -> tuple[str, ...]:
    """The name of an argument or entry, and with ``=`` behind it if its value may be a constant."""
    name = key.value if isinstance(key, ast.Constant) else key
    if not isinstance(name, str) or not name.isidentifier():
        return ()
    return (name, f"{name}=") if _may_be(value) else (name,)


def _may_be(value: ast.expr) -> bool:
    """Whether an expression may be a constant that is no container. (See `values` for what is told of calls.)"""
    if isinstance(value, ast.Call) and (value.args or value.keywords):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in BUILTINS or name in METHODS
    return not isinstance(value, _NEVER)
