"""An entry of one of Airflow's own dictionaries that is no longer there: whoever reads it gets a KeyError."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Named, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix
from upgradecheck.occurrences import EntryRead
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table

_SIMPLE = (ast.Assign, ast.AugAssign, ast.Delete, ast.Expr)
_STEP = "    "


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The dictionaries."""
    yield Named(frozenset(rule.lines))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to entries that are read; a key stands in the table after those on the way to it."""
    table = Table(rule)

    def handler(read: EntryRead, scene: Scene) -> Iterator[Finding]:
        row = next((row for row in table.of(read.owner) if tuple(row.name.split("/")) == read.keys), None)
        level = row and judge.severity(row.status(scene.target), read.runs)
        if row and level and row.status(scene.target) != FINE:
            fails = FAILS.get(read.runs, "what reads it fails")
            message = f"`{row.label}` has no `{read.keys[-1]}` in Airflow {scene.target}: KeyError, and {fails}"
            fix = _asked_first(read, row, scene)
            yield scene.finding(rule, level, read.node, row.subject, message, row.cell("advice"), row.since(), fix)

    return {EntryRead: handler}


def _asked_first(read: EntryRead, row: Row, scene: Scene) -> Fix | NoFix:
    """The statement under a question whether the entry is there: as before where it is, nothing where it is not."""
    same = [n for n in scene.nodes if isinstance(n, ast.Subscript) and _key(n) == read.keys[-1]]
    statements = {node: _statement(node, scene) for node in same}
    statement = statements.get(read.node)
    if statement is None or not all(statements.values()):
        return NoFix(row.cell("reason"))
    indent = scene.source.newline + " " * statement.col_offset + _STEP
    question = f"if {scene.text(read.node.slice)} in {scene.text(read.node.value)}:{indent}"
    lines = range(statement.lineno + 1, (statement.end_lineno or 0) + 1)
    places = [(scene.start(statement), question), *((scene.source.starts[line - 1], _STEP) for line in lines)]
    edits = tuple(Edit(scene.document.name, at, at, text) for at, text in places)
    return Fix("Ask first whether the entry is there", "safe", "now", edits)


def _key(node: ast.Subscript) -> object:
    return node.slice.value if isinstance(node.slice, ast.Constant) else None


def _statement(node: ast.Subscript, scene: Scene) -> ast.stmt | None:
    """The simple statement that is all about what an entry holds, alone on its lines; None where it is more."""
    around = [s for s in scene.nodes if isinstance(s, _SIMPLE) and any(n is node for n in ast.walk(s))]
    if len(around) != 1:
        return None
    statement = around[0]
    changes = all(isinstance(target, ast.Subscript | ast.Attribute | ast.Call) for target in _changed(statement))
    before, after = scene.source.line(statement.lineno), scene.source.line(statement.end_lineno or 0)
    behind = after.encode()[statement.end_col_offset or 0 :].decode().strip()
    alone = before[: statement.col_offset].isspace() or not statement.col_offset
    plain = alone and "\t" not in before[: statement.col_offset] and (not behind or behind.startswith("#"))
    long = any(
        isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in ast.walk(statement)
    )
    return statement if changes and plain and not long else None


def _changed(statement: ast.Assign | ast.AugAssign | ast.Delete | ast.Expr) -> list[ast.expr]:
    if isinstance(statement, ast.Assign | ast.Delete):
        return statement.targets
    return [statement.value if isinstance(statement, ast.Expr) else statement.target]
