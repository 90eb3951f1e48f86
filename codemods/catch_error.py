"""A handler for an error that a call no longer raises: it raises another one, which goes past the handler."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Derived, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.handlers import catches, names_error
from upgradecheck.python.scopes import FUNCTIONS, Block
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
    for handlers in _around(call.block):
        expected = expected or any(names_error(handler, row.cell("error")) for handler in handlers)
        if any(catches(handler, row.cell("raises")) for handler in handlers):
            return False
    return expected


def _around(block: Block) -> Iterator[list[ast.ExceptHandler]]:
    """The handlers of each ``try`` around, up to the function that the block stands in."""
    for part in block.chain():
        if isinstance(part.node, FUNCTIONS):
            return
        if part.branch == "body" and hasattr(part.node, "handlers"):
            yield part.node.handlers
