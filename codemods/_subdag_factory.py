"""The function that makes a SubDAG's DAG: it makes a task group of the same tasks instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.argumenttext import key_place
from upgradecheck.model import Edit
from upgradecheck.readers.calls import names_of, target_of
from upgradecheck.scene import Scene
from upgradecheck.scopes import Block, Scope

from ._rename import Declined
from ._subdag_text import group_call

_PARENT, _GROUP = "dag", "task_group"
_GROUP_MEMBERS = frozenset({"set_upstream", "set_downstream"})


class Made(Struct, frozen=True, eq=False):
    """A DAG that is made for a SubDagOperator: its call, the name it has, and what may refer to it."""

    call: ast.Call
    variable: str
    scope: Scope
    block: Block


def edits_of(scene: Scene, made: Made, group: str) -> tuple[list[Edit], str]:
    """The edits that make a group of it, and what is lost by that."""
    text, lost = group_call(scene, made.call, group, made.scope)
    edits = [scene.edit(made.call, text)]
    if made.variable:
        edits += _uses(scene, made)
    return edits, lost


def _uses(scene: Scene, made: Made) -> Iterator[Edit]:
    """Tasks that are told their DAG are told their group."""
    keywords = {
        id(keyword.value): keyword
        for call, _, _ in scene.scopes.calls
        for keyword in call.keywords
        if isinstance(keyword.value, ast.Name) and keyword.value.id == made.variable
    }
    for reference in scene.scopes.references:
        if (
            reference.root != made.variable
            or reference.store
            or reference.scope.owner(made.variable) is not made.scope
        ):
            continue
        if reference.attributes and not set(reference.attributes[:1]) <= _GROUP_MEMBERS:
            raise Declined(f"a task group has no `{reference.attributes[0]}`")
        keyword = keywords.get(id(reference.nodes[0]))
        if keyword is not None and keyword.arg == _PARENT:
            place = key_place(scene.source, keyword)
            assert place is not None
            yield Edit(scene.document.name, *place, _GROUP)


def factory(scene: Scene, function: ast.FunctionDef, dag_class: str) -> Made:
    """The one DAG that a function makes and returns. Raises `Declined`."""
    inside = [
        (call, scope, block)
        for call, scope, block in scene.scopes.calls
        if function.lineno <= call.lineno <= (function.end_lineno or 0)
        and dag_class in names_of(scene, target_of(scene, call, scope, block)[2])
    ]
    if len(inside) != 1:
        raise Declined(f"`{function.name}` makes {len(inside)} DAGs, not one")
    call, scope, block = inside[0]
    if scope.kind != "function" or (scope.parent and scope.parent.kind != "module"):
        raise Declined(f"`{function.name}` makes its DAG inside of another function")
    if any("xcom_pull" in text for text in _strings(function)) or "xcom_pull" in _attributes(function):
        raise Declined("a task of the SubDAG pulls XComs: the ids that it names would change")
    variable = _variable(scope, call)
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    if not returned or any(not _is_result(value, variable, call) for value in returned):
        raise Declined(f"`{function.name}` does not just return the DAG that it makes")
    return Made(call, variable, scope, block)


def _is_result(value: ast.expr | None, variable: str, call: ast.Call) -> bool:
    return value is call or (isinstance(value, ast.Name) and value.id == variable)


def _variable(scope: Scope, call: ast.Call) -> str:
    for name, bindings in scope.bindings.items():
        if any(b.value is call or b.context is call for b in bindings):
            if len(bindings) != 1:
                raise Declined(f"`{name}` is bound more than once")
            return name
    return ""


def _strings(function: ast.FunctionDef) -> Iterator[str]:
    yield from (n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _attributes(function: ast.FunctionDef) -> set[str]:
    return {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}


def annotation(scene: Scene, function: ast.FunctionDef, dag_class: str, group: str) -> list[Edit]:
    """The edit of what a factory is annotated to return."""
    node = function.returns
    if node is None:
        return []
    call = ast.copy_location(ast.Call(func=node, args=[], keywords=[]), node)
    names = names_of(scene, target_of(scene, call, scene.scopes.scope, scene.scopes.root)[2])
    return [scene.edit(node, group)] if dag_class in names else []
