"""What an expression names, followed through the project."""

from __future__ import annotations

import ast

from upgradecheck.python.scopes import Reference, Scope, chain
from upgradecheck.scene import Scene


def names_at(value: ast.expr, scope: Scope, scene: Scene) -> list[str]:
    """The dotted names that a name or a chain of attributes stands for; none for any other expression."""
    parts = chain(value)
    if parts is None:
        return []
    root, attributes, nodes = parts
    reference = Reference(root.id, attributes, nodes, scope, scene.scopes.root)
    targets = (dotted for dotted, _ in scene.scopes.targets(reference))
    return [found.name for dotted in targets for found in scene.project.resolve(dotted)]
