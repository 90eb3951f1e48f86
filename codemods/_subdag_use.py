"""The SubDagOperator: where it stands, the group itself stands instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct, field

from upgradecheck.model import Edit, Tie
from upgradecheck.python.flow import callees_of, made_by
from upgradecheck.python.scopes import FUNCTIONS, Block, Scope
from upgradecheck.readers.calls import names_of, target_of
from upgradecheck.scene import Scene

from ._rename import Declined
from ._subdag_factory import GROUP_MEMBERS, Made, Names, edits_of, within

MADE, USED = "made", "used"
_DAG_ID, _GROUP_ID = "dag_id", "group_id"
_SPENT = frozenset({"task_id", "subdag", "dag", "default_args", "executor"})
_DECIDES = frozenset(
    {"trigger_rule", "weight_rule", "depends_on_past", "wait_for_downstream", "propagate_skipped_state"}
)


class Rewrite(Struct):
    """What becomes of the uses in one document."""

    edits: list[Edit] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    inline: ast.Call | None = None  # a DAG of this document that becomes a group: the import has to be there
    only_there: bool = False  # what is written is right where the operator is gone, and only there


class Use(Struct, frozen=True, eq=False):
    """One call of the SubDagOperator."""

    call: ast.Call
    scope: Scope
    block: Block

    def argument(self, name: str) -> ast.expr | None:
        """The value of an argument."""
        return next((k.value for k in self.call.keywords if k.arg == name), None)


def users_of(scene: Scene, function: str, operators: frozenset[str]) -> list[str]:
    """The documents in which a SubDagOperator runs what a function of this one makes."""
    return [document for document, callee, _ in scene.project.results(function) if callee in operators]


def rewrite(scene: Scene, use: Use, named: Names, into: Rewrite) -> None:
    """Add what one use needs. Raises `Declined`."""
    names = {str(keyword.arg) for keyword in use.call.keywords}
    if use.call.args or "None" in names or "subdag" not in names:
        raise Declined("the arguments of the SubDagOperator are not plain to see")
    if decisive := sorted(_DECIDES & names):
        raise Declined(f"a task group has no `{decisive[0]}`")
    into.lost += [f"`{name}` of the SubDAG's task has no place on a group" for name in sorted(names - _SPENT)]
    value = use.argument("subdag")
    made = made_by(use.scope, value) if value is not None else None
    if made is None or value is None:
        raise Declined("where the SubDAG is made is not plain to see")
    _not_named(scene, use, made, named.dag)
    _only_edges(scene, use)
    parent, context = _context(scene, use, named.dag)
    outside = made is not value and (context or not _beside(scene, use, value, parent, named.dag))
    name = _earlier(scene, use, made) if outside else ""
    if named.dag in names_of(scene, target_of(scene, made, use.scope, use.block)[2]):
        text = _own(scene, use, value, made, named, into, name)
    else:
        into.ties += _ties(scene, use, made)
        if name:
            into.edits.append(within(scene, made, name, scene.text(made)))
        text = _of_groups(scene, use, value, named)
    context = "" if name else context
    _same_defaults(scene, use, parent, made, into)
    into.edits.append(_placed(scene, use, context, text))


def _earlier(scene: Scene, use: Use, made: ast.Call) -> str:
    """The name of the parent, where it is there before what is made for it. Raises `Declined`."""
    dag = use.argument("dag")
    bindings = use.scope.bindings.get(dag.id, []) if isinstance(dag, ast.Name) else []
    if len(bindings) != 1 or not isinstance(dag, ast.Name) or scene.start(bindings[0].node) > scene.start(made):
        raise Declined("the SubDAG is made outside of its parent's context")
    return dag.id


def _beside(scene: Scene, use: Use, value: ast.expr, parent: ast.Call | None, dag_class: str) -> bool:
    """Whether what a name stands for is made in the context in which the operator stands."""
    owner = use.scope.owner(value.id) if isinstance(value, ast.Name) else None
    if owner is None or not isinstance(value, ast.Name):
        return False
    binding = owner.bindings[value.id][0]
    try:
        around, context = _context(scene, Use(use.call, use.scope, binding.block), dag_class, binding.context)
    except Declined:
        return False
    return not context and around is parent


def _only_edges(scene: Scene, use: Use) -> None:
    """Nothing is asked of the operator's task that a group does not have. Raises `Declined`."""
    for name, bindings in use.scope.bindings.items():
        if not any(binding.value is use.call for binding in bindings):
            continue
        for reference in scene.scopes.references:
            if reference.root != name or reference.scope.owner(name) is not use.scope or not reference.attributes:
                continue
            if reference.attributes[0] not in GROUP_MEMBERS:
                raise Declined(f"a task group has no `{reference.attributes[0]}`")


def _of_groups(scene: Scene, use: Use, value: ast.expr, named: Names) -> str:
    """The text of what makes the SubDAG; the id of a DAG that becomes a group as well is the group's."""
    start, text = scene.start(value), scene.text(value)
    for node in sorted(_ids(value), key=scene.end, reverse=True):
        block = next((b.node for b in use.block.chain() if isinstance(b.node, ast.FunctionDef)), None)
        if block is not None and users_of(scene, block.name, named.operators):
            end = scene.end(node) - start
            if not text[:end].endswith(_DAG_ID):
                raise Declined(f"a task group has no `{_DAG_ID}`")  # in an f-string, whose places are not told
            text = f"{text[: end - len(_DAG_ID)]}{_GROUP_ID}{text[end:]}"
    return text


def _ids(value: ast.expr) -> list[ast.Attribute]:
    return [n for n in ast.walk(value) if isinstance(n, ast.Attribute) and n.attr == _DAG_ID]


def _own(scene: Scene, use: Use, value: ast.expr, made: ast.Call, named: Names, into: Rewrite, parent: str) -> str:
    """A DAG that is made in this document, in the call or before it; returns the text that stands for it."""
    into.inline = made
    variable = value.id if isinstance(value, ast.Name) else ""
    owner = use.scope.owner(variable) if variable else None
    edits, lost = edits_of(scene, Made(made, variable, owner or use.scope, use.block, parent), named)
    into.lost += [lost] if lost else []
    if variable:
        if owner is not use.scope:
            raise Declined("the SubDAG is made outside of its parent's context")
        into.edits += edits
        return variable
    return edits[0].new


def _ties(scene: Scene, use: Use, made: ast.Call) -> Iterator[Tie]:
    """The bond with the function that makes the DAG."""
    called = callees_of(
        scene.scopes, made.func, use.scope, use.block
    )  # with star imports, also what these do not bring
    homes = {scene.project.home(d) for d in called if d.startswith(":") or scene.project.resolve(d)}
    if len(homes) != 1 or ("", "") in homes:
        raise Declined("the function that makes the SubDAG is not plain to see")
    document, function = next(iter(homes))
    if "." in function:
        raise Declined(f"`{function}`, which makes the SubDAG, is a method")
    yield Tie(f"{document}:{function}", (USED, scene.document.name), frozenset({(MADE, document)}))


def _not_named(scene: Scene, use: Use, made: ast.Call, dag_class: str) -> None:
    """Nothing else speaks of ``parent.child``; the SubDAG's own id does."""
    task_id = use.argument("task_id")
    if not isinstance(task_id, ast.Constant) or not isinstance(task_id.value, str):
        return
    if scene.project.awaited(task_id.value):
        raise Declined(f"a sensor waits for the task `{task_id.value}`, or something starts it: a group is no task")
    named = [string for string in scene.scopes.strings if string.value.endswith(f".{task_id.value}")]
    dags = [
        call
        for call, scope, block in scene.scopes.calls
        if named and dag_class in names_of(scene, target_of(scene, call, scope, block)[2])
    ]
    for string in named:
        inside = any(_inside(string.node, call) for call in (use.call, made))
        if not inside and not any(_is_part(string.node, call) for call in dags):
            raise Declined(f"`{string.value}` is named in a string")


def _is_part(node: ast.expr, call: ast.Call) -> bool:
    """Whether a text is a part of the id that a DAG is given."""
    ids = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == _DAG_ID)]
    return any(node in value.values for value in ids if isinstance(value, ast.JoinedStr))


def _inside(node: ast.expr, outer: ast.expr) -> bool:
    return outer.lineno <= node.lineno and (node.end_lineno or 0) <= (outer.end_lineno or 0)


def _context(scene: Scene, use: Use, dag_class: str, but: ast.expr | None = None) -> tuple[ast.Call | None, str]:
    """The parent's call, and the text of the context to enter: "" where one is around, other than ``but``."""
    for block in use.block.chain():
        for item in getattr(block.node, "items", ()):
            made = made_by(use.scope, item.context_expr)
            if (
                made
                and item.context_expr is not but
                and dag_class in names_of(scene, target_of(scene, made, use.scope, use.block)[2])
            ):
                return made, ""
        if isinstance(block.node, FUNCTIONS):
            for decorator in getattr(block.node, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and dag_class in names_of(
                    scene, target_of(scene, decorator, scene.scopes.scope, scene.scopes.root)[2]
                ):
                    return decorator, ""
    dag = use.argument("dag")
    if dag is None:
        raise Declined("which DAG the SubDagOperator belongs to is not plain to see")
    return made_by(use.scope, dag), scene.text(dag)


def _same_defaults(scene: Scene, use: Use, parent: ast.Call | None, made: ast.Call, into: Rewrite) -> None:
    """Tasks of a group get the parent's default_args too; in a SubDAG they had only its own."""
    defaults = next((k.value for k in parent.keywords if k.arg == "default_args"), None) if parent else None
    if parent is not None and defaults is None:
        return
    own = [*made.args, *(k.value for k in made.keywords), use.argument("default_args")]
    if defaults is not None and any(
        value and (ast.dump(value) == ast.dump(defaults) or _of_parent(use, parent, value)) for value in own
    ):
        return
    if not isinstance(defaults, ast.Name) or not _shared(scene, use, made, defaults):
        into.lost.append("the tasks of the group also get the default_args of the parent DAG")


def _of_parent(use: Use, parent: ast.Call | None, value: ast.expr) -> bool:
    """Whether an argument is the parent DAG, or the default_args of it."""
    value = value.value if isinstance(value, ast.Attribute) and value.attr == "default_args" else value
    return parent is not None and isinstance(value, ast.Name) and made_by(use.scope, value) is parent


def _shared(scene: Scene, use: Use, made: ast.Call, defaults: ast.Name) -> bool:
    """Whether the function that makes the SubDAG takes the same module-level dictionary by itself."""
    functions = [
        binding.node
        for binding in scene.scopes.scope.bindings.get(getattr(made.func, "id", ""), ())
        if isinstance(binding.node, ast.FunctionDef)
    ]
    if use.scope.owner(defaults.id) is not scene.scopes.scope or len(functions) != 1:
        return False
    return any(
        keyword.arg == "default_args" and isinstance(keyword.value, ast.Name) and keyword.value.id == defaults.id
        for call, scope, _ in scene.scopes.calls
        if call in ast.walk(functions[0]) and scope.owner(defaults.id) is scene.scopes.scope
        for keyword in call.keywords
    )


def _placed(scene: Scene, use: Use, context: str, text: str) -> Edit:
    if not context:
        return scene.edit(use.call, text)
    return within(scene, use.call, context, text)
