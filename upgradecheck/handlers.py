"""What ``except`` clauses catch."""

from __future__ import annotations

import ast

from upgradecheck.scopes import last_name

_EVERYTHING = {"Exception", "BaseException"}
CATCHES = {
    "module": {"ModuleNotFoundError", "ImportError", *_EVERYTHING},
    "name": {"ImportError", *_EVERYTHING},
    "attribute": {"AttributeError", *_EVERYTHING},
    "call": {"TypeError", *_EVERYTHING},
    "": set[str](),
}


def catches(handler: ast.ExceptHandler, failure: str) -> bool:
    """Whether a handler catches what goes wrong: a key of `CATCHES`."""
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(last_name(kind) in CATCHES[failure] for kind in types)
