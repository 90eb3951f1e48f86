"""The nodes of a tree that are code: without those that only tell an operator, or whether a name is read."""

from __future__ import annotations

import ast
from itertools import chain
from typing import Any

_NO_CODE = {"ctx", "op", "ops", "type_comment", "kind", "conversion", "type_ignores", "simple", "kwd_attrs"}
_NAMING = (ast.Global, ast.Nonlocal)
_FIELDS: dict[type, tuple[str, ...]] = {}


def children(node: ast.AST) -> list[Any]:
    """The nodes in a node, in source order; None for a gap (the key of ``{**more}``)."""
    found: list[Any] = []
    for name in _FIELDS.get(type(node)) or _fields(type(node)):
        value = getattr(node, name)
        if type(value) is list:
            found += value
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _fields(kind: type) -> tuple[str, ...]:
    named = () if issubclass(kind, _NAMING) else getattr(kind, "_fields", ())
    found = _FIELDS[kind] = tuple(name for name in named if name not in _NO_CODE)
    return found


def nodes(tree: ast.AST) -> list[ast.AST]:
    """A node and all below it, level by level, as `ast.walk` gives them."""
    found = level = [tree]
    while level:
        level = [child for child in chain.from_iterable(map(children, level)) if child is not None]
        found = [*found, *level]
    return found
