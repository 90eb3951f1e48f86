"""An argument that can no longer be passed by its position: found, and given its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Filled, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.argumenttext import first_bracket
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._arguments import consequence, severity
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Calls of the callables, by all their names."""
    table = Table(rule)
    for owner in rule.lines:
        yield Filled(owner, 1 + min(int(row.name) for row in table.of(owner)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        wrong = [(a, row) for a in call.arguments if call.call and (row := _row(table, call, a, scene.target))]
        if wrong and call.direct:
            argument, row = wrong[0]
            level = judge.severity("broken", call.runs) if _twice(row, call) else severity(row, call, scene.target)
            if level:
                yield scene.finding(
                    rule, level, argument.node, f"{row.label}.{row.cell('name')}",
                    _message(row, call, argument, scene.target),
                    row.cell("advice") or f"Write `{row.cell('name')}=` in front of it.", row.since(),
                    _fix(call, wrong, scene),
                )  # fmt: skip

    return {Call: handler}


def _row(table: Table, call: Call, argument: Argument, target: str) -> Row | None:
    """The row about this position, of the nearest ancestor that has rows."""
    if argument.place is not Place.POSITION:
        return None
    for name in call.names:
        if rows := table.of(name):
            fitting = (row for row in rows if row.name == str(argument.position) and row.status(target) != "ok")
            return next(fitting, None)
    return None


def _twice(row: Row, call: Call) -> bool:
    """Whether what a position means now is given by its name as well."""
    return row.cell("means") in {argument.name for argument in call.arguments if argument.name}


def _message(row: Row, call: Call, argument: Argument, target: str) -> str:
    count = argument.position + 1
    if _twice(row, call):
        means = f"argument {count} means it since Airflow {row.since()}"
        return f"`{row.label}` gets `{row.cell('means')}` twice, for {means}: {consequence(call)}"
    if row.status(target) == "changed":
        return f"argument {count} of `{row.label}` means `{row.cell('means')}` since Airflow {row.since()}"
    return f"`{row.label}` takes no argument {count} by position in Airflow {target}: {consequence(call)}"


def _fix(call: Call, wrong: list[tuple[Argument, Row]], scene: Scene) -> Fix | NoFix:
    assert call.call is not None
    given = {argument.name for argument in call.arguments}
    names = [row.cell("name") for _, row in wrong]
    unpacked = any(isinstance(value, ast.Starred) for value in call.call.args)
    rest = call.call.args[-len(wrong) :]
    if unpacked or given.intersection(names) or [argument.node for argument, _ in wrong] != rest:
        return NoFix("the arguments cannot all be told apart")
    starts = [_start(call.call, argument.node, scene) for argument, _ in wrong]
    edits = [Edit(scene.document.name, at, at, f"{name}=") for at, name in zip(starts, names, strict=True)]
    return Fix("Give the arguments their names", "safe", "now", tuple(edits))


def _start(call: ast.Call, node: ast.AST, scene: Scene) -> int:
    """Where an argument begins, brackets around it included."""
    number = next(number for number, value in enumerate(call.args) if value is node)
    opening = scene.source.text.index("(", scene.end(call.func)) + 1
    after = scene.end(call.args[number - 1]) if number else opening
    return first_bracket(scene.source, after, scene.start(node))
