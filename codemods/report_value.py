"""A value of a chart that it passes over, or reads elsewhere, for the target."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ChartValue
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code gives no values to charts."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to values of the chart."""
    table = Table(rule)

    def handler(use: ChartValue, scene: Scene) -> Iterator[Finding]:
        for row in table.of(".".join(use.path)):
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            there = row.cell("new").partition(".")[0] in use.beside
            given = use.value.value.lower() if use.value else ""
            if level and not there and row.name in ("", given):
                yield scene.finding(
                    rule, level, scene.source.span(use.key.start, use.key.end), row.owner,
                    _message(row), _advice(row), row.since(), NoFix("its entries are not all the same"),
                )  # fmt: skip

    return {ChartValue: handler}


def _message(row: Row) -> str:
    if row.cell("new"):
        return f"The Helm chart passes over `{row.owner}` for Airflow {row.since()} and later, or is about to"
    return f"`{row.owner}: {row.name}` leaves out what Airflow {row.since()} does not run without"


def _advice(row: Row) -> str:
    write = f"Write `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{write}{row.cell('advice')}".strip()
