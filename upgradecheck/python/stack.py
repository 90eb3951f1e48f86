"""What a walk over a tree has still to look at: no recursion, since deep trees are normal in generated code."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from upgradecheck.python.nodes import children
from upgradecheck.python.scopes import Block, Scope

Item = tuple[ast.AST, Scope, Block, ast.AST]


class Stack:
    """Nodes, each in its scope and block, with the node that it stands in; the last is looked at first."""

    def __init__(self) -> None:
        self.stack: list[Item] = []

    def _push_all(self, nodes: Iterable[ast.AST], scope: Scope, block: Block, parent: ast.AST) -> None:
        self.stack.extend((node, scope, block, parent) for node in reversed(list(nodes)))

    def _children(self, node: ast.AST, scope: Scope, block: Block) -> None:
        found = children(node)
        if found:
            found.reverse()
            self.stack.extend([(child, scope, block, node) for child in found])
