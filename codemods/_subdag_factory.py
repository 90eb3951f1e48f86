"""The function that makes a SubDAG's DAG: it makes a task group of the same tasks instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.model import Edit
from upgradecheck.python.argumenttext import key_place
from upgradecheck.python.scopes import FUNCTIONS, Block, Scope, last_name
from upgradecheck.readers.calls import names_of, target_of
from upgradecheck.scene import Scene

from ._rename import Declined
from ._subdag_text import group_call, in_context

_PARENT, _GROUP = "dag", "task_group"
GROUP_MEMBERS = frozenset({"set_upstream", "set_downstream"})


class Made(Struct, frozen=True, eq=False):
    """A DAG that is made for a SubDagOperator: its call, the name it has, and what may refer to it.

    ``parent`` is the name of the DAG that it belongs to, where it is made outside of that one's context.
    """

    call: ast.Call
    variable: str
    scope: Scope
    block: Block
    parent: str = ""


class Names(Struct, frozen=True):
    """The classes that matter: what makes a DAG, what the group is called here, what runs a DAG in another."""

    dag: str
    group: str
    operators: frozenset[str]


def edits_of(scene: Scene, made: Made, names: Names) -> tuple[list[Edit], str]:
    """The edits that make a group of it, and what is lost by that."""
    text, lost = group_call(scene, made.call, names.group, made.scope)
    edits = [_made(scene, made, text)]
    if made.variable:
        edits += _uses(scene, made, names.operators)
    return edits, lost


def _made(scene: Scene, made: Made, text: str) -> Edit:
    """The edit of the call: in the context of its parent, where it has to be told."""
    if not made.parent:
        return scene.edit(made.call, text)
    if any(binding.context is made.call for binding in made.scope.bindings[made.variable]):
        return scene.edit(made.call, f"{made.parent}, {text}")
    return within(scene, made.call, made.parent, text)


def within(scene: Scene, call: ast.Call, context: str, text: str) -> Edit:
    """The edit of a simple statement: inside ``with context:``, and with another text for one of its calls."""
    for node in scene.nodes:
        if not isinstance(node, ast.Assign | ast.Expr | ast.Return) or not node.value:
            continue
        if any(part is call for part in ast.walk(node.value)):
            return scene.edit(node, in_context(scene, node, context, (call, text)))
    raise Declined("the SubDagOperator stands outside of its DAG's context, where none can be entered")


def _uses(scene: Scene, made: Made, operators: frozenset[str]) -> Iterator[Edit]:
    """Tasks that are told their DAG are told their group. SubDAGs inside are rewritten as a whole elsewhere."""
    inner = [
        call
        for call, scope, block in scene.scopes.calls
        if operators.intersection(names_of(scene, target_of(scene, call, scope, block)[2]))
    ]
    nested = {id(node) for call in inner for node in ast.walk(call)}
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
        if id(reference.nodes[0]) in nested and reference.attributes in ((), ("dag_id",)):
            continue
        if reference.attributes and not set(reference.attributes[:1]) <= GROUP_MEMBERS:
            raise Declined(f"a task group has no `{reference.attributes[0]}`")
        if made.parent and any(
            item.context_expr is reference.nodes[0]
            for b in reference.block.chain()
            for item in getattr(b.node, "items", ())
        ):
            raise Declined("the SubDAG is entered outside of its parent's context")
        if function := _handed(scene, reference.nodes[0]):
            raise Declined(f"`{made.variable}` is handed to `{function}`, which may make tasks of a DAG alone")
        keyword = keywords.get(id(reference.nodes[0]))
        if keyword is not None and keyword.arg == _PARENT:
            place = key_place(scene.source, keyword)
            assert place is not None
            yield Edit(scene.document.name, *place, f"{_PARENT}={made.parent}, {_GROUP}" if made.parent else _GROUP)


def _handed(scene: Scene, node: ast.expr) -> str:
    """The function, not the class, that gets an expression as an argument."""
    for call, _, _ in scene.scopes.calls:
        if node in call.args or any(keyword.value is node for keyword in call.keywords):
            name = last_name(call.func)
            return name if name[:1].islower() else ""
    return ""


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
    if any(_pulls(part) for part in _reached(scene, function)):
        raise Declined("a task of the SubDAG pulls XComs: the ids that it names would change")
    variable = _variable(scope, call)
    returned = [node.value for node in _own(function) if isinstance(node, ast.Return)]
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


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What a function does itself: not what functions inside of it do."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FUNCTIONS):
            yield child
            yield from _own(child)


def _reached(scene: Scene, function: ast.FunctionDef) -> list[ast.AST]:
    """A function, and what it names of this document: its tasks may run it."""
    found: list[ast.AST] = [function]
    for part in found:
        names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
        bound = (b.node for name in sorted(names) for b in scene.scopes.scope.bindings.get(name, ()))
        found += [n for n in bound if isinstance(n, (*FUNCTIONS, ast.ClassDef, ast.Assign)) and n not in found]
    return found


def _pulls(part: ast.AST) -> bool:
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and node.attr == "xcom_pull":
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "xcom_pull" in node.value:
            return True
    return False


def annotation(scene: Scene, function: ast.FunctionDef, dag_class: str, group: str) -> list[Edit]:
    """The edit of what a factory is annotated to return."""
    node = function.returns
    if node is None:
        return []
    call = ast.copy_location(ast.Call(func=node, args=[], keywords=[]), node)
    names = names_of(scene, target_of(scene, call, scene.scopes.scope, scene.scopes.root)[2])
    return [scene.edit(node, group)] if dag_class in names else []
