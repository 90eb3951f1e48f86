"""A handler for an error that a call no longer raises: it raises another one, which goes past the handler."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Derived, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.handlers import caught_around, caught_by
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The methods that are called."""
    yield Derived(frozenset(rule.lines))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        row = next((row for name in call.names for row in table.of(name)), None)
        level = row and judge.severity(row.status(scene.target), call.runs)
        if row and level and call.runs in FAILS and call.form is Form.CALL and _goes_past(row, call):
            message = (
                f"`{row.label}` raises {row.cell('raises')} in Airflow {scene.target}, not {row.cell('error')}: "
                f"the handler does not catch it, and {FAILS[call.runs]}"
            )
            yield scene.finding(
                rule, level, call.node, row.label, message, row.cell("advice"), row.since(),
                NoFix("what stands in the handler is for a person to move"),
            )  # fmt: skip

    return {Call: handler}


def _goes_past(row: Row, call: Call) -> bool:
    """Whether a handler around the call is there for the old error, and none for the new one."""
    unless = row.cell("unless").split()
    if call.open or any((a.name or str(a.position)) in unless for a in call.arguments):
        return False
    expected = False
    for several in caught_around(call.block):
        expected = expected or any(not _kinds(row.cell("error")).isdisjoint(names) for names in several)
        if any(not names or not caught_by(row.cell("raises")).isdisjoint(names) for names in several):
            return False
    return expected


def _kinds(error: str) -> set[str]:
    """An error of Python's, and what it descends from, less what catches anything."""
    kinds = {kind.__name__ for kind in getattr(builtins, error).__mro__[:-1]}
    return kinds - caught_by("")
