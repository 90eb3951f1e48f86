"""What a walk over a tree has still to look at: no recursion, since deep trees are normal in generated code."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from upgradecheck.python.scopes import Block, Scope

_CHILDREN: dict[type, tuple[str, ...]] = {}
_NO_CODE = {"ctx", "op", "ops", "type_comment", "kind", "conversion", "type_ignores", "simple", "kwd_attrs"}
Item = tuple[ast.AST, Scope, Block, ast.AST]


def _fields(kind: type) -> tuple[str, ...]:
    found = _CHILDREN[kind] = tuple(name for name in getattr(kind, "_fields", ()) if name not in _NO_CODE)
    return found


class Stack:
    """Nodes, each in its scope and block, with the node that it stands in; the last is looked at first."""

    def __init__(self) -> None:
        self.stack: list[Item] = []

    def _push_all(self, nodes: Iterable[ast.AST], scope: Scope, block: Block, parent: ast.AST) -> None:
        self.stack.extend((node, scope, block, parent) for node in reversed(list(nodes)))

    def _children(self, node: ast.AST, scope: Scope, block: Block) -> None:
        found: list[ast.AST] = []
        for name in _CHILDREN.get(type(node)) or _fields(type(node)):
            value = getattr(node, name)
            if type(value) is list:
                found += value
            elif isinstance(value, ast.AST):
                found.append(value)
        if found:
            found.reverse()
            self.stack.extend([(child, scope, block, node) for child in found])
