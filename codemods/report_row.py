"""Rows of the metadata database that the target does not take as they are: told, as nothing here writes there."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs, Severity
from upgradecheck.occurrences import Row
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row as Fact
from ._rows import Table

ADVICE = "advice"
UNWRITTEN = NoFix("nothing is written to the metadata database")


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: nothing in code concerns it."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to rows; the table says by query and value what is to be told of them."""
    table = Table(rule)

    def handler(row: Row, scene: Scene) -> Iterator[Finding]:
        known = {fact.name: fact for fact in table.of(row.query)}
        if fact := known.get(row.value) or known.get(""):
            yield from told(rule, fact, row, scene)

    return {Row: handler}


def told(rule: Rule, fact: Fact, row: Row, scene: Scene, **more: str) -> Iterator[Finding]:
    """The finding about a row, unless the fact is fine on the target; ``more`` may be spelled by the words too."""
    severity = judge.severity(fact.status(scene.target), Runs.IMPORT)
    if severity is None:
        return
    words = {
        **dict(row.columns), "item": row.item, "value": row.value, "amount": f"{row.amount:,}",
        "target": scene.target, "since": fact.since(), **more,
    }  # fmt: skip
    subject = row.item if fact.cell("subject") == "" else fact.cell("subject")
    yield scene.finding(
        rule, Severity.INFO if fact.cell("kind") == ADVICE else severity, None, subject,
        fact.cell("message").format_map(words), fact.cell("advice").format_map(words), fact.since(), UNWRITTEN,
    )  # fmt: skip
