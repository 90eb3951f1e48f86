"""An option of the configuration that is hidden from DAG files and tasks: what is read there is of no use."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Call
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import fails
from ._rows import Table
from .read_option import asked, asking, readers

_OPTION = "option"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What reads options, where one of these may be asked for."""
    yield from asking(row.owner for row in Table(rule).not_fine(target) if row.name == _OPTION)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        if not fails(call.runs, scene) or readers().keys().isdisjoint(call.names):
            return
        option = ".".join(asked(call, scene))
        row = next((row for row in table.of(option) if row.name == _OPTION), None)
        level = row and judge.severity(row.status(scene.target), call.runs)
        if row and level:
            yield scene.finding(
                rule, level, call.node, option, f"`{option}` {row.cell('reason')}, in Airflow {scene.target}",
                row.cell("advice"), row.since(), NoFix("where to ask instead is for a person to say"),
            )  # fmt: skip

    return {Call: handler}
