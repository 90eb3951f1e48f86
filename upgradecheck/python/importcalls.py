"""Calls that import a module by its name in a string."""

from __future__ import annotations

import ast

_IMPORTS = frozenset({"import_module", "__import__"})


def imported(call: ast.Call) -> tuple[ast.Constant, str] | None:
    """The string that names the module, and the dotted name that it comes to.

    ``import_module("a.b")``, ``import_module(".b", "a")``, ``__import__("a.b", fromlist=["c"])``; without a
    ``fromlist`` the last gives the package at the top.
    """
    called = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
    if called not in _IMPORTS:
        return None
    given: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in call.keywords}
    if called == "import_module":
        given |= zip(("name", "package"), call.args, strict=False)
    else:
        given |= zip(("name", "globals", "locals", "fromlist", "level"), call.args, strict=False)
    node = given.get("name")
    if not isinstance(node, ast.Constant):
        return None
    name = _text(node)
    if called == "__import__":
        name = name if getattr(given.get("fromlist"), "elts", ()) else name.partition(".")[0]
    elif name.startswith("."):
        name = _resolved(name, _text(given.get("package")))
    return (node, name) if name else None


def _text(node: ast.expr | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else ""
    return value if isinstance(value, str) else ""


def _resolved(name: str, package: str) -> str:
    """A relative name made absolute; "" where that leads nowhere."""
    below = name.lstrip(".")
    parts = package.split(".")
    kept = parts[: len(parts) - (len(name) - len(below)) + 1]
    return f"{'.'.join(kept)}.{below}" if package and kept and below else ""
