"""A call that raises where the metadata database is out of reach: in DAG files, tasks, triggers, callbacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck import judge
from upgradecheck.linking.reached import Reached
from upgradecheck.linking.triggers import Named, Shared, Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Call, Form, Member
from upgradecheck.python.flow import callees_of
from upgradecheck.python.handlers import caught_around
from upgradecheck.python.scopes import Block, function_name
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS, fails
from ._rows import Row, Table

_DECORATOR = "decorator"
_OBJECT = "object"  # it is not there: asking for it raises
_METHOD = "method"  # of an object of the class
_TRIGGER = "trigger"  # a call that raises in triggers alone
_CALL = "call"  # where a handler takes what calls raise, no call is handed in
_CALLED = (_CALL, _DECORATOR, _OBJECT, _TRIGGER)
_IMPORT = "ImportError"
_Node = ast.expr | ast.alias
_LEFT = "where it can be done instead is for a person to say"
_Places = list[tuple[ast.AST, Runs, bool]]  # and whether a handler for anything takes what is raised


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
        for place in _raising(row, call, scene) if row else ():
            yield from _told(rule, row, place, scene)

    def reached(use: Member, scene: Scene) -> Iterator[Finding]:
        rows = (row for name in use.names for row in table.of(f"{name}.{use.member}") if row.name == _METHOD)
        row = next(rows, None)
        made = next((call for call, _, _ in scene.scopes.calls if call.func is use.node), None) if row else None
        for place in _blocked([(made, use.block)], row, scene) if row and made else ():
            yield from _told(rule, row, place, scene)

    def asked(use: Reached, scene: Scene) -> Iterator[Finding]:
        row = next((row for row in table.of(use.name) if row.name in (_OBJECT, _CALL)), None)
        if row and (row.name == _OBJECT or (use.called and not live(scene, use.block, use.node.lineno, _CALL))):
            for place in _blocked([(use.node, use.block)], row, scene, use.imported):
                yield from _told(rule, row, place, scene)

    return {Call: called, Member: reached, Reached: asked}


def _told(rule: Rule, row: Row | None, place: tuple[ast.AST, Runs, bool], scene: Scene) -> Iterator[Finding]:
    node, runs, taken = place
    level = judge.severity("changed" if taken else row.status(scene.target), runs) if row else None
    if row and level:
        advice = row.cell("advice") or _advice(runs)
        message = _message(row, node, runs, taken, scene.target)
        yield scene.finding(rule, level, node, row.owner, message, advice, row.since(), NoFix(_LEFT), runs)


def _row(table: Table, call: Call) -> Row | None:
    """The row about what is called."""
    found = (row for name in call.names for row in table.of(name))
    row = next(found, None)
    return row if row and row.name not in (_METHOD, _OBJECT) else None


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
    runs = {scene.project.runs(function_name(scene.scopes, node)) for node, _, _ in functions}
    return found or [(call.node, kind, False) for kind in runs if fails(kind, scene)]


def _blocked(places: Iterable[tuple[_Node, Block]], row: Row, scene: Scene, imported: bool = False) -> _Places:
    """Those places that run where the database is out of reach, and no handler is there for what is raised."""
    found: _Places = []
    raised = _IMPORT if imported else row.cell("raises")
    for node, block in places:
        runs = live(scene, block, node.lineno, raised)
        anyway = runs or (None if _is_expected(block, raised) else live(scene, block, node.lineno, ""))
        if anyway and fails(anyway, scene) and (row.name != _TRIGGER or anyway is Runs.TRIGGER):
            found.append((node, anyway, runs is None))
    return found


def _is_expected(block: Block, raised: str) -> bool:
    """Whether a handler around names what is raised."""
    wanted = set(raised.split())
    return any(not wanted.isdisjoint(names) for several in caught_around(block) for names in several)


def _advice(runs: Runs) -> str:
    return "Do it in a task, or ask the REST API." if runs is Runs.IMPORT else "Ask the REST API instead."


def _message(row: Row, node: ast.AST, runs: Runs, taken: bool, target: str) -> str:
    label = ".".join(row.owner.split(".")[-2:])
    error = _IMPORT.split()[0] if isinstance(node, ast.alias) else row.cell("raises").partition(" ")[0]
    end = "the handler takes it: what follows is never done" if taken else FAILS[runs]
    return f"`{label}` raises {error} in Airflow {target}, and {end}: {row.cell('reason')}"
