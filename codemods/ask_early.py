"""Something that is asked for over the network each time that a file is loaded: advice, since it works."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.triggers import Derived, Shared, Trigger
from upgradecheck.model import Finding, NoFix, Runs, Severity
from upgradecheck.occurrences import Call, Form, Member
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table

_METHOD = "method"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What is called; methods, with their class."""
    rows = list(Table(rule).not_fine(target))
    yield Derived(frozenset(row.owner for row in rows if row.name != _METHOD))
    for row in rows:
        if row.name == _METHOD:
            owner, _, member = row.owner.rpartition(".")
            yield Shared(member, owner)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls, and to methods of objects."""
    table = Table(rule)

    def called(call: Call, scene: Scene) -> Iterator[Finding]:
        row = next((row for name in call.names for row in table.of(name) if row.name != _METHOD), None)
        if row and call.form is Form.CALL and call.runs is Runs.IMPORT:
            yield from _told(rule, row, call.node, scene)

    def reached(use: Member, scene: Scene) -> Iterator[Finding]:
        rows = (row for name in use.names for row in table.of(f"{name}.{use.member}") if row.name == _METHOD)
        row = next(rows, None) if use.runs is Runs.IMPORT else None
        made = next((call for call, _, _ in scene.scopes.calls if call.func is use.node), None) if row else None
        if row and made:
            yield from _told(rule, row, made, scene)

    return {Call: called, Member: reached}


def _told(rule: Rule, row: Row, node: ast.AST, scene: Scene) -> Iterator[Finding]:
    if row.status(scene.target) != FINE:
        label = ".".join(row.owner.split(".")[-2:])
        message = f"`{label}` is asked for each time that this file is loaded: {row.cell('reason')}"
        fix = NoFix("where it can wait is for a person to say")
        yield scene.finding(rule, Severity.INFO, node, row.owner, message, row.cell("advice"), row.since(), fix)
