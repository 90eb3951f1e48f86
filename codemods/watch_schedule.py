"""A schedule of a kind that makes other runs than before: found where it is written."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Owned, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Call
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._inner import runs_in_another
from ._rows import Row, Table
from ._schedules import kind_of


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The arguments that take a schedule."""
    yield from (Owned(row.name, owner) for owner in rule.lines for row in Table(rule).of(owner))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments:
            row = table.nearest(call.names, argument.name, scene.target)
            level = row and judge.severity(row.status(scene.target), call.runs)
            if row and level and argument.name not in call.kept and _concerned(row, call, argument.name, scene):
                subject = table.of(row.owner)[0].subject  # the same for a renamed argument: it is the same finding
                found = scene.finding(
                    rule, level, argument.node, subject, f"`{row.name}`: {row.cell('reason')}",
                    row.cell("advice"), row.since(), NoFix(row.cell("caution")),
                )  # fmt: skip
                yield replace(found, setting=_setting(row, call, argument.name, scene))

    return {Call: handler}


def _setting(row: Row, call: Call, name: str, scene: Scene) -> str:
    """The setting that decides; with the one value that does, where the old version does not ask for it."""
    argument = call.argument(name)
    kind = kind_of(argument.value, argument.scope, scene) if argument else ""
    return f"{row.cell('setting')}=true" if kind in row.cell("unasked").split() else row.cell("setting")


def _concerned(row: Row, call: Call, name: str, scene: Scene) -> bool:
    argument = call.argument(name)
    if argument is None or kind_of(argument.value, argument.scope, scene) not in row.cell("kinds").split():
        return False
    return not runs_in_another(call, scene)
