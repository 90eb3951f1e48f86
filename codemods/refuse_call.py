"""A call that raises where the metadata database is out of reach: in DAG files, tasks, triggers, callbacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Named, Shared, Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Call, Form, Member
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, qualified_name
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table

_DECORATOR = "decorator"
_OBJECT = "object"  # any call of something on it counts
_METHOD = "method"  # of an object of the class
_TRIGGER = "trigger"  # a call that raises in triggers alone
_CALLED = ("call", _DECORATOR, _OBJECT, _TRIGGER)
_LEFT = "where it can be done instead is for a person to say"
_Places = list[tuple[ast.AST, Runs]]


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names that are called; methods, with their class."""
    rows = list(Table(rule).not_fine(target))
    yield Named(frozenset(row.owner for row in rows if row.name in _CALLED))
    for row in rows:
        if row.name == _METHOD:
            owner, _, member = row.owner.rpartition(".")
            yield Shared(member, owner)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls, and to methods of objects."""
    table = Table(rule)

    def called(call: Call, scene: Scene) -> Iterator[Finding]:
        row = _row(table, call)
        for node, runs in _raising(row, call, scene) if row else ():
            yield from _told(rule, row, node, runs, scene)

    def reached(use: Member, scene: Scene) -> Iterator[Finding]:
        rows = (row for name in use.names for row in table.of(f"{name}.{use.member}") if row.name == _METHOD)
        row = next(rows, None)
        made = next((call for call, _, _ in scene.scopes.calls if call.func is use.node), None) if row else None
        for node, runs in _blocked([(made, use.block)], row, scene) if row and made else ():
            yield from _told(rule, row, node, runs, scene)

    return {Call: called, Member: reached}


def _told(rule: Rule, row: Row | None, node: ast.AST, runs: Runs, scene: Scene) -> Iterator[Finding]:
    level = judge.severity(row.status(scene.target), runs) if row else None
    if row and level:
        advice = row.cell("advice") or _advice(runs)
        message = _message(row, runs, scene.target)
        yield scene.finding(rule, level, node, row.owner, message, advice, row.since(), NoFix(_LEFT), runs)


def _row(table: Table, call: Call) -> Row | None:
    """The row about what is called, or about the object on which it is called."""
    for name in call.names:
        for row in table.of(name):
            return row if row.name != _METHOD else None
        for row in table.of(name.rpartition(".")[0]):
            if row.name == _OBJECT:
                return row
    return None


def _raising(row: Row, call: Call, scene: Scene) -> _Places:
    """Where it raises, and when that runs: the call; for a decorator, the calls of what it decorates."""
    if row.name != _DECORATOR:
        here = [(call.call, call.block)] if call.call and call.form is Form.CALL else []
        return _blocked(here, row, scene)
    functions = [
        (node, scope, block)
        for node, scope, block in scene.scopes.functions
        if call.node in getattr(node, "decorator_list", ())
    ]
    names = [f":{node.name}" for node, scope, _ in functions if scope.kind == "module"]  # type: ignore[attr-defined]
    made = [
        (made, block)
        for made, scope, block in scene.scopes.calls
        if not set(names).isdisjoint(callees_of(scene.scopes, made.func, scope, block))
    ]
    found = _blocked(made, row, scene)
    # where others call it (Airflow, another file, an object of the class), the decorator itself
    runs = {
        scene.project.runs(qualified_name(Block(block, node, "body", scope))) for node, scope, block in functions
    }
    return found or [(call.node, kind) for kind in runs if kind in FAILS]


def _blocked(places: Iterable[tuple[ast.expr, Block]], row: Row, scene: Scene) -> _Places:
    """Those places that run where the database is out of reach, and where nothing catches what is raised."""
    found: _Places = []
    for node, block in places:
        runs = live(scene, block, node.lineno, row.cell("raises"))
        if runs in FAILS and (row.name != _TRIGGER or runs is Runs.TRIGGER):
            found.append((node, runs))
    return found


def _advice(runs: Runs) -> str:
    return "Do it in a task, or ask the REST API." if runs is Runs.IMPORT else "Ask the REST API instead."


def _message(row: Row, runs: Runs, target: str) -> str:
    label = ".".join(row.owner.split(".")[-2:])
    error = row.cell("raises").partition(" ")[0]
    return f"`{label}` raises {error} in Airflow {target}, and {FAILS[runs]}: {row.cell('reason')}"
