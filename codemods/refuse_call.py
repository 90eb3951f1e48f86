"""A call that raises where the metadata database is out of reach: in DAG files, tasks, triggers, callbacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck import judge
from upgradecheck.facts import Rule
from upgradecheck.flow import callees_of
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Call, Form
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene
from upgradecheck.scopes import Block
from upgradecheck.triggers import Named, Trigger
from upgradecheck.verbs import Handler

from ._fails import FAILS
from ._rows import Row, Table

_DECORATOR = "decorator"
_OBJECT = "object"  # any call of something on it counts


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names that are called."""
    yield Named(rule.lines.__contains__)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        row = _row(table, call)
        for node, runs in _raising(row, call, scene) if row else ():
            level = judge.severity(row.status(scene.target), runs) if row else None
            if row and level:
                yield scene.finding(
                    rule, level, node, row.owner, _message(row, runs, scene.target),
                    row.cell("advice") or _advice(runs), row.since(),
                    NoFix("where it can be done instead is for a person to say"),
                )  # fmt: skip

    return {Call: handler}


def _row(table: Table, call: Call) -> Row | None:
    """The row about what is called, or about the object on which it is called."""
    for name in call.names:
        for row in table.of(name):
            return row
        for row in table.of(name.rpartition(".")[0]):
            if row.name == _OBJECT:
                return row
    return None


def _raising(row: Row, call: Call, scene: Scene) -> list[tuple[ast.AST, Runs]]:
    """Where it raises, and when that runs: the call; for a decorator, the calls of what it decorates."""
    if row.name != _DECORATOR:
        here = [(call.call, call.block)] if call.call and call.form is Form.CALL else []
        return _blocked(here, row, scene)
    names = [
        f":{node.name}"
        for node, scope, _ in scene.scopes.functions
        if isinstance(node, ast.FunctionDef) and call.node in node.decorator_list and scope.kind == "module"
    ]
    made = [
        (made, block)
        for made, scope, block in scene.scopes.calls
        if not set(names).isdisjoint(callees_of(scene.scopes, made.func, scope, block))
    ]
    return _blocked(made, row, scene)


def _blocked(places: Iterable[tuple[ast.expr, Block]], row: Row, scene: Scene) -> list[tuple[ast.AST, Runs]]:
    """Those places that run where the database is out of reach, and where nothing catches what is raised."""
    found: list[tuple[ast.AST, Runs]] = []
    for node, block in places:
        runs = live(scene, block, node.lineno, row.cell("raises"))
        if runs in FAILS:
            found.append((node, runs))
    return found


def _advice(runs: Runs) -> str:
    return "Do it in a task, or ask the REST API." if runs is Runs.IMPORT else "Ask the REST API instead."


def _message(row: Row, runs: Runs, target: str) -> str:
    label = ".".join(row.owner.split(".")[-2:])
    return f"`{label}` raises {row.cell('raises')} in Airflow {target}, and {FAILS[runs]}: {row.cell('reason')}"
