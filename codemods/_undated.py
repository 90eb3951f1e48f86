"""Whether a file's DAGs may have runs without a logical date."""

from __future__ import annotations

import ast
from functools import lru_cache

from upgradecheck.occurrences import Argument, Call, Form
from upgradecheck.python.scopes import Scope
from upgradecheck.readers import calls
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


@lru_cache(maxsize=2)
def starts(scene: Scene) -> tuple[str, ...]:
    """How the runs of each DAG of the file are started: `BY_ASSETS`, `BY_HAND`, or "" for by date or unknown."""
    makers = callables("dag_callables")
    found = (call for call in calls.read(scene) if call.form in (Form.CALL, Form.DECORATOR))
    return tuple(_started(call, scene) for call in found if not makers.keys().isdisjoint(call.names))


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
