"""Whether a file's DAGs may have runs without a logical date."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from upgradecheck.occurrences import Argument, Call, Form
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Scope
from upgradecheck.readers import calls
from upgradecheck.readers.dags import dags_of
from upgradecheck.rulebook.facts import lookup
from upgradecheck.rulebook.symbols import callables
from upgradecheck.scene import Scene

UNDATED = "a run without a logical date (started by an asset or by hand, as here) has no such key"
BY_ASSETS, BY_HAND = "assets", "hand"
_MAX_DEPTH = 4
_SCHEDULES = ("schedule", "schedule_interval", "timetable")


@lru_cache(maxsize=2)
def undated(scene: Scene) -> bool:
    """Whether a DAG of the file is started by assets, or only by hand."""
    return any(started in (BY_ASSETS, BY_HAND) for started in starts(scene))


def by_assets(scene: Scene, node: ast.AST, function: str = "") -> bool:
    """Whether assets alone start the runs in which code runs: all DAGs of the file, or those around the code or
    around what is given the module-level ``function`` in which it stands."""
    kinds = set(starts(scene))
    if len(kinds) < 2:
        return kinds == {BY_ASSETS}
    around = {dags_of(scene).around(line) for line in _lines(scene, node, function)}
    known = _by_dag(scene)
    return bool(around) and all(known.get(dag or "") == {BY_ASSETS} for dag in around)


def _lines(scene: Scene, node: ast.AST, function: str) -> list[int]:
    """The lines in which code stands, or in which its function is handed over."""
    line: int = scene.span(node).line
    inside = any(dag.first <= line <= dag.last for dag in dags_of(scene).found)
    if inside or not function:
        return [line]
    own = f":{function.partition('.')[0]}"
    scopes = scene.scopes
    return [
        call.lineno
        for call, scope, block in scopes.calls
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(value, ast.Name) and own in callees_of(scopes, value, scope, block)
    ]


def _by_dag(scene: Scene) -> dict[str, set[str]]:
    """How the runs of each DAG of the file are started, by its id."""
    found: dict[str, set[str]] = {}
    for call in _makers(scene):
        dag = dags_of(scene).around(scene.span(call.node).line)
        found.setdefault(dag or "", set()).add(_started(call, scene))
    return found


def _makers(scene: Scene) -> Iterator[Call]:
    makers = callables("dag_callables")
    found = (call for call in calls.read(scene) if call.form in (Form.CALL, Form.DECORATOR))
    return (call for call in found if not makers.keys().isdisjoint(call.names))


@lru_cache(maxsize=2)
def starts(scene: Scene) -> tuple[str, ...]:
    """How the runs of each DAG of the file are started: `BY_ASSETS`, `BY_HAND`, or "" for by date or unknown."""
    return tuple(_started(call, scene) for call in _makers(scene))


def schedule_of(call: Call) -> Argument | None:
    """The argument that says when a DAG runs."""
    given = (argument for name in _SCHEDULES if (argument := call.argument(name)) and argument.value is not None)
    return next(given, None)


def _started(call: Call, scene: Scene) -> str:
    given = schedule_of(call)
    if given is None:
        return "" if call.open else BY_HAND
    value, scope = given.value, given.scope
    if value is not None and _is_assets(value, scope, scene, 0):
        return BY_ASSETS
    return BY_HAND if value is not None and scene.values.value(value, scope) is None else ""


def _is_assets(value: ast.expr, scope: Scope, scene: Scene, depth: int) -> bool:
    """Whether an expression is an asset, or several of them."""
    if isinstance(value, ast.List | ast.Tuple):
        return all(_is_assets(part, scope, scene, depth) for part in value.elts)
    if isinstance(value, ast.BinOp):
        return all(_is_assets(part, scope, scene, depth) for part in (value.left, value.right))
    if isinstance(value, ast.Name):
        given = calls.assigned(value, scope)
        return given is not None and depth < _MAX_DEPTH and _is_assets(given, scope, scene, depth + 1)
    names = (name for made in calls.read(scene) if made.call is value for name in made.names)
    return isinstance(value, ast.Call) and not assets().isdisjoint(names)


def assets() -> frozenset[str]:
    """What starts a run without a date."""
    return frozenset(row["name"] for row in lookup("code_places") if row["kind"] == "undated")
