"""The SubDagOperator: where it stands, the group itself stands instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct, field

from upgradecheck.flow import callees_of, made_by
from upgradecheck.model import Edit, Tie
from upgradecheck.readers.calls import names_of, target_of
from upgradecheck.scene import Scene
from upgradecheck.scopes import FUNCTIONS, Block, Scope

from ._rename import Declined
from ._subdag_factory import Made, edits_of
from ._subdag_text import in_context

MADE, USED = "made", "used"
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


class Use(Struct, frozen=True, eq=False):
    """One call of the SubDagOperator."""

    call: ast.Call
    scope: Scope
    block: Block

    def argument(self, name: str) -> ast.expr | None:
        """The value of an argument."""
        return next((k.value for k in self.call.keywords if k.arg == name), None)


def rewrite(scene: Scene, use: Use, dag_class: str, group: str, into: Rewrite) -> None:
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
    _not_named(scene, use, made)
    parent, context = _context(scene, use, dag_class)
    text = scene.text(value)
    if dag_class in names_of(scene, target_of(scene, made, use.scope, use.block)[2]):
        text = _own(scene, use, value, made, dag_class, group, into)
    else:
        into.ties += _ties(scene, use, made)
    if made is not value and context:
        raise Declined("the SubDAG is made outside of its parent's context")
    _same_defaults(use, parent, made, into)
    into.edits.append(_placed(scene, use, context, text))


def _own(scene: Scene, use: Use, value: ast.expr, made: ast.Call, dag_class: str, group: str, into: Rewrite) -> str:
    """A DAG that is made in this document, in the call or before it; returns the text that stands for it."""
    into.inline = made
    variable = value.id if isinstance(value, ast.Name) else ""
    owner = use.scope.owner(variable) if variable else None
    edits, lost = edits_of(scene, Made(made, variable, owner or use.scope, use.block), group)
    into.lost += [lost] if lost else []
    if variable:
        if owner is not use.scope:
            raise Declined("the SubDAG is made outside of its parent's context")
        into.edits += edits
        return variable
    return edits[0].new


def _ties(scene: Scene, use: Use, made: ast.Call) -> Iterator[Tie]:
    """The bond with the function that makes the DAG."""
    homes = {scene.project.home(d) for d in callees_of(scene.scopes, made.func, use.scope, use.block)}
    if len(homes) != 1 or ("", "") in homes:
        raise Declined("the function that makes the SubDAG is not plain to see")
    document, function = next(iter(homes))
    yield Tie(f"{document}:{function}", (USED, scene.document.name), frozenset({(MADE, document)}))


def _not_named(scene: Scene, use: Use, made: ast.Call) -> None:
    """Nothing else speaks of ``parent.child``."""
    task_id = use.argument("task_id")
    if not isinstance(task_id, ast.Constant) or not isinstance(task_id.value, str):
        return
    for string in scene.scopes.strings:
        if string.value.endswith(f".{task_id.value}") and not any(
            _inside(string.node, call) for call in (use.call, made)
        ):
            raise Declined(f"`{string.value}` is named in a string")


def _inside(node: ast.expr, outer: ast.expr) -> bool:
    return outer.lineno <= node.lineno and (node.end_lineno or 0) <= (outer.end_lineno or 0)


def _context(scene: Scene, use: Use, dag_class: str) -> tuple[ast.Call | None, str]:
    """The parent's call, and the text of the context to enter: "" where the use stands in one."""
    for block in use.block.chain():
        for item in getattr(block.node, "items", ()):
            made = made_by(use.scope, item.context_expr)
            if made and dag_class in names_of(scene, target_of(scene, made, use.scope, use.block)[2]):
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


def _same_defaults(use: Use, parent: ast.Call | None, made: ast.Call, into: Rewrite) -> None:
    """Tasks of a group get the parent's default_args too; in a SubDAG they had only its own."""
    defaults = next((k.value for k in parent.keywords if k.arg == "default_args"), None) if parent else None
    if parent is not None and defaults is None:
        return
    own = [*made.args, *(k.value for k in made.keywords), use.argument("default_args")]
    if defaults is None or not any(value and ast.dump(value) == ast.dump(defaults) for value in own):
        into.lost.append("the tasks of the group also get the default_args of the parent DAG")


def _placed(scene: Scene, use: Use, context: str, text: str) -> Edit:
    if not context:
        return scene.edit(use.call, text)
    for node in ast.walk(scene.tree):
        if isinstance(node, ast.Assign | ast.Expr) and node.value is use.call:
            return scene.edit(node, in_context(scene, node, context, (use.call, text)))
    raise Declined("the SubDagOperator is part of a longer expression, outside of its DAG's context")
