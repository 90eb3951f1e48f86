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
    return handler.type is None or not CATCHES[failure].isdisjoint(_types(handler))


def expects(handler: ast.ExceptHandler, failure: str) -> bool:
    """Whether a handler is there for what goes wrong, and not for anything."""
    return not (CATCHES[failure] - _EVERYTHING).isdisjoint(_types(handler))


def _types(handler: ast.ExceptHandler) -> list[str]:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [last_name(kind) for kind in types if kind is not None]
