"""An argument that means something else now, where what stands beside it lets that matter."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Owned, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Argument, Call, Form
from upgradecheck.python.scopes import FUNCTIONS, last_name
from upgradecheck.readers import calls
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import callables
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table
from ._undated import BY_ASSETS, assets, starts

Condition = Callable[[str, Argument, Call, Scene], bool]


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The arguments, as far as the conditions leave them in question."""
    for row in Table(rule).not_fine(target):
        condition = row.cell("condition").partition(" ")[0]
        if condition == "undated":
            ask = Ask("_questions.gives", (frozenset({row.owner}), frozenset({row.name})))
            yield from (Beside(owner, ask) for owner in sorted(assets()))
        elif condition == "lacks":
            yield from (Owned(f"{row.name}={value}", row.owner) for value in ("True", ""))
        else:
            yield Owned(row.name, row.owner)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments if call.form is not Form.DEFAULTS else ():
            if not argument.name or argument.name in call.kept:
                continue
            row = _row(table, argument, call, scene)
            level = row and judge.severity(row.status(scene.target), call.runs)
            if row and level:
                what = f"`{row.label}({row.name}=)` does something else since Airflow {row.since()}"
                found = scene.finding(
                    rule, level, argument.node, row.subject, f"{what}: {row.cell('reason')}",
                    row.cell("advice"), row.since(), NoFix("what it is for is for a person to say"),
                )  # fmt: skip
                yield replace(found, setting=row.cell("setting"), alone=bool(row.cell("setting")))

    return {Call: handler}


def _row(table: Table, argument: Argument, call: Call, scene: Scene) -> Row | None:
    """The first row about an argument whose condition holds."""
    rows = (row for name in call.names for row in table.of(name) if row.name == argument.name)
    return next((row for row in rows if _holds(row, argument, call, scene)), None)


def _holds(row: Row, argument: Argument, call: Call, scene: Scene) -> bool:
    kind, _, detail = row.cell("condition").partition(" ")
    return not kind or _CONDITIONS[kind](detail, argument, call, scene)


def _is_not(detail: str, argument: Argument, call: Call, scene: Scene) -> bool:
    """Whether another argument is not plainly given with a value: ``unless max_active_runs=1``."""
    name, _, value = detail.partition("=")
    beside = call.argument(name)
    found = scene.values.value(beside.value, beside.scope) if beside and beside.value is not None else None
    return repr(found) != value


def _raises(detail: str, argument: Argument, call: Call, scene: Scene) -> bool:
    """Whether the code of the task raises an error of this name: ``raises SomeException``."""
    function = _function(call, scene)
    raised = (node for node in ast.walk(function) if isinstance(node, ast.Raise)) if function else ()
    errors = (node.exc.func if isinstance(node.exc, ast.Call) else node.exc for node in raised)
    return any(error is not None and last_name(error) == detail for error in errors)


def _function(call: Call, scene: Scene) -> ast.AST | None:
    """The function of this file that a task is made of."""
    if call.form is Form.DECORATOR:
        decorated = (
            node for node, _, _ in scene.scopes.functions if call.node in getattr(node, "decorator_list", ())
        )
        return next(decorated, None)
    given = call.argument("python_callable")
    if given is None or not isinstance(given.value, ast.Name):
        return None
    owner = given.scope.owner(given.value.id)
    bound = owner.bindings[given.value.id] if owner else []
    node = bound[0].node if len(bound) == 1 else None
    return node if isinstance(node, FUNCTIONS) else None


def _given(detail: str, argument: Argument, call: Call, scene: Scene) -> bool:
    """Whether another argument is True: ``given soft_fail``; the argument itself: ``given``."""
    beside = call.argument(detail) if detail else argument
    value = beside.value if beside else None
    value = (assigned(value, beside.scope) or value) if beside and isinstance(value, ast.Name) else value
    return isinstance(value, ast.Constant) and value.value is True


def _lacks(detail: str, argument: Argument, call: Call, scene: Scene) -> bool:
    """Whether the argument is True, and some DAG of the file leaves another one out: ``lacks catchup``."""
    makers = callables("dag_callables")
    dags = [one for one in calls.read(scene) if one.form in (Form.CALL, Form.DECORATOR)]
    dags = [one for one in dags if not makers.keys().isdisjoint(one.names)]
    return _given("", argument, call, scene) and any(not one.open and one.argument(detail) is None for one in dags)


def _undated(detail: str, argument: Argument, call: Call, scene: Scene) -> bool:
    """Whether all DAGs of the file are started by assets."""
    return set(starts(scene)) == {BY_ASSETS}


_CONDITIONS: dict[str, Condition] = {
    "unless": _is_not,
    "raises": _raises,
    "given": _given,
    "lacks": _lacks,
    "undated": _undated,
}
