"""Where code only names a class, or touches nothing that is another there: then it may move, whatever it lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from upgradecheck.python.scopes import Reference
from upgradecheck.rulebook.facts import lookup
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
    for node in scene.nodes:
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
    yield from _questions(scene)


def _questions(scene: Scene) -> Iterator[ast.expr]:
    for call, _, _ in scene.scopes.calls:
        asks = isinstance(call.func, ast.Name) and call.func.id in _ASKING
        if asks and len(call.args) == _QUESTION:
            yield call.args[1]


def asked(scene: Scene) -> frozenset[int]:
    """What ``isinstance`` asks for and handlers catch, by identity: a class that nothing is has no part there."""
    if "asked" not in scene.memory:
        handlers = (node.type for node in scene.nodes if isinstance(node, ast.ExceptHandler))
        scene.memory["asked"] = frozenset(map(id, (*_questions(scene), *handlers)))
    found = scene.memory["asked"]
    assert isinstance(found, frozenset)
    return found


def untouched(scene: Scene, name: str) -> bool:
    """Whether all is known that a class lost or changed, and the document says none of it: what it asks of objects,
    what its classes define."""
    members = _compared().get(name)
    return members is not None and not any(_said(node) in members for node in scene.nodes)


def _said(node: ast.AST) -> str:
    """The member that a node may be about."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _compared() -> dict[str, frozenset[str]]:
    """Classes that were compared as a whole, and each member that is gone or is called in another way."""
    found: dict[str, set[str]] = {}
    for row in lookup("compared_members"):
        found.setdefault(row["class"], set()).add(row["member"])
    return {name: frozenset(members) for name, members in found.items()}
