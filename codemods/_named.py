"""Where code only names a class: what it does to the class has no part in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.scopes import Reference
from upgradecheck.scene import Scene

_ASKING, _QUESTION = frozenset({"isinstance", "issubclass"}), 2  # and how many arguments they take


def names_a_class(scene: Scene, reference: Reference) -> bool:
    """Whether a reference stands in an annotation, or is what ``isinstance`` asks for."""
    if reference.attributes or reference.store:
        return False
    if "named" not in scene.memory:
        scene.memory["named"] = frozenset(id(part) for node in _places(scene) for part in ast.walk(node))
    found = scene.memory["named"]
    assert isinstance(found, frozenset)
    return reference.text is not None or id(reference.nodes[0]) in found


def _places(scene: Scene) -> Iterator[ast.expr]:
    for node in ast.walk(scene.tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
    for call, _, _ in scene.scopes.calls:
        asks = isinstance(call.func, ast.Name) and call.func.id in _ASKING
        if asks and len(call.args) == _QUESTION:
            yield call.args[1]
