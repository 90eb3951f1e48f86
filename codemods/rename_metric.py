"""A metric that the target does not send, or sends under another name: in mappings, alerts and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck.linking.deployment import Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Severity
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: metrics are read elsewhere."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to what keys are set to."""
    table = Table(rule)
    prefixes = "|".join(re.escape(row["program"]) for row in lookup("programs"))
    rows = [(row, _spelled(row, prefixes)) for metric in rule.lines for row in table.of(metric)]

    def handler(use: Variable, scene: Scene) -> Iterator[Finding]:
        for row, pattern in rows if use.value else ():
            found = pattern.search(use.value.value) if use.value and row.status(scene.target) != FINE else None
            if found and use.value:
                text = use.value.part(*found.span(1))
                place = scene.source.span(text.start, text.end)
                yield scene.finding(
                    rule, Severity.INFO, place, row.owner, _message(row), _advice(row), row.since(),
                    NoFix("who reads it is not to be seen"),
                )  # fmt: skip

    return {Variable: handler}


def _spelled(row: Row, prefixes: str) -> re.Pattern[str]:
    """A metric's name as StatsD and as Prometheus have it."""
    name = "[._]".join(re.escape(part) for part in row.owner.split("."))
    end = r"(?![\w.])" if row.cell("form") == "name" else r"(?![a-z])"
    return re.compile(rf"\b(?:{prefixes})[._]({name}){end}")


def _message(row: Row) -> str:
    what = f"is called `{row.cell('new')}`" if row.cell("new") else "is not sent under this name any more"
    return f"The metric `{row.owner}` {what} since Airflow {row.since()}"


def _advice(row: Row) -> str:
    new = f"Ask for `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{new}{row.cell('advice')}".strip() or "Take it out: nothing takes its place."
