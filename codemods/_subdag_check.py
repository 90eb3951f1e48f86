"""``isinstance(task, SubDagOperator)``: no task is one where the class does not exist, so the answer is known."""

from __future__ import annotations

import ast

from upgradecheck.model import Edit
from upgradecheck.python.scopes import Reference
from upgradecheck.scene import Scene

_CHECKS = frozenset({"isinstance", "issubclass"})


def answered(scene: Scene, reference: Reference) -> Edit | None:
    """The edit of a check against the class: ``False``, or the check without it where others stand beside it."""
    node = reference.nodes[-1]
    for call, scope, _ in scene.scopes.calls:
        if not isinstance(call.func, ast.Name) or call.func.id not in _CHECKS or scope.owner(call.func.id):
            continue
        asked = call.args[1] if len(call.args) == 2 else None
        if asked is node:
            return scene.edit(call, "False")
        if isinstance(asked, ast.Tuple) and node in asked.elts and len(asked.elts) > 1:
            return _without(scene, asked, node)
    return None


def _without(scene: Scene, asked: ast.Tuple, node: ast.expr) -> Edit:
    """A tuple's text without one of its elements; with one element left, parentheses alone will do."""
    place = asked.elts.index(node)
    last = place + 1 == len(asked.elts)
    start = scene.end(asked.elts[place - 1]) if last else scene.start(node)
    end = scene.end(node) if last else scene.start(asked.elts[place + 1])
    return Edit(scene.document.name, start, end, "")
