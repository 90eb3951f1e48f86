"""A program that asks the metadata database, started where its address is hidden: in tasks and DAG files."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Started, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Command
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import fails
from ._rows import Row, Table

_COMMAND = "command"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The programs' names."""
    yield from (Started(row.owner) for row in Table(rule).not_fine(target) if row.name == _COMMAND)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to programs that are started."""
    table = Table(rule)

    def handler(use: Command, scene: Scene) -> Iterator[Finding]:
        row = _row(table, use)
        level = row and judge.severity(row.status(scene.target), use.runs)
        if row and level and fails(use.runs, scene):
            words = f"{use.program} {use.first}".strip()
            message = f"`{words}` fails in Airflow {scene.target} where it is started here: {row.cell('reason')}"
            yield scene.finding(
                rule, level, use.node, words, message, row.cell("advice"), row.since(),
                NoFix("what to do in its place is for a person to say"), use.runs,
            )  # fmt: skip

    return {Command: handler}


def _row(table: Table, use: Command) -> Row | None:
    """The row about a program and its first word, or about the program."""
    rows = (row for name in (f"{use.program} {use.first}", use.program) for row in table.of(name))
    return next((row for row in rows if row.name == _COMMAND), None)
