"""An entry of one of Airflow's own dictionaries that is no longer there: whoever reads it gets a KeyError."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Named, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import EntryRead
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The dictionaries."""
    yield Named(rule.lines.__contains__)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to entries that are read; a key stands in the table after those on the way to it."""
    table = Table(rule)

    def handler(read: EntryRead, scene: Scene) -> Iterator[Finding]:
        row = next((row for row in table.of(read.owner) if tuple(row.name.split("/")) == read.keys), None)
        level = row and judge.severity(row.status(scene.target), read.runs)
        if row and level and row.status(scene.target) != FINE:
            fails = FAILS.get(read.runs, "what reads it fails")
            message = f"`{row.label}` has no `{read.keys[-1]}` in Airflow {scene.target}: KeyError, and {fails}"
            why = NoFix(row.cell("reason"))
            yield scene.finding(rule, level, read.node, row.subject, message, row.cell("advice"), row.since(), why)

    return {EntryRead: handler}
