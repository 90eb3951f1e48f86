"""A handler for an error that a call no longer raises: it raises another one, which goes past the handler."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Derived, Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.handlers import caught, caught_by
from upgradecheck.python.scopes import FUNCTIONS, Block, last_name
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table

_SUPPRESS = "suppress"


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
    for several in _around(call.block):
        expected = expected or any(not _kinds(row.cell("error")).isdisjoint(names) for names in several)
        if any(not names or not caught_by(row.cell("raises")).isdisjoint(names) for names in several):
            return False
    return expected


def _kinds(error: str) -> set[str]:
    """An error of Python's, and what it descends from, less what catches anything."""
    kinds = {kind.__name__ for kind in getattr(builtins, error).__mro__[:-1]}
    return kinds - caught_by("")


def _around(block: Block) -> Iterator[list[list[str]]]:
    """What each ``try`` and ``suppress`` around catches, up to the function that the block stands in."""
    for part in block.chain():
        node = part.node
        if isinstance(node, FUNCTIONS):
            return
        if part.branch == "body" and hasattr(node, "handlers"):
            yield [caught(handler) for handler in node.handlers]
        elif part.branch == "body" and isinstance(node, ast.With | ast.AsyncWith):
            made = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
            yield [[last_name(kind) for kind in one.args] for one in made if last_name(one.func) == _SUPPRESS]
