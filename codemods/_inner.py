"""DAGs that are made to run inside of others: what the defaults of their own are does not matter."""

from __future__ import annotations

import ast

from upgradecheck.occurrences import Call
from upgradecheck.python.summary import carriers
from upgradecheck.readers.calls import assigned
from upgradecheck.scene import Scene


def runs_in_another(call: Call, scene: Scene) -> bool:
    """Whether what a call makes is handed to something that runs it, here or where its function's result goes."""
    taken = carriers("result")
    if any(argument in taken for _, _, argument in scene.project.results(call.function)):
        return True
    handed = (
        (keyword.value, scope)
        for other, scope, _ in scene.scopes.calls
        for keyword in other.keywords
        if keyword.arg in taken
    )
    return any(call.node in (value, assigned(value, scope)) or _within(call.node, value) for value, scope in handed)


def _within(node: ast.AST, value: ast.expr) -> bool:
    return any(part is node for part in ast.walk(value))
