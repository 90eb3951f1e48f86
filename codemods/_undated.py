"""Whether a file's DAGs may have runs without a logical date."""

from __future__ import annotations

import ast
from functools import lru_cache

from upgradecheck.facts import lookup
from upgradecheck.occurrences import Call, Form
from upgradecheck.readers import calls
from upgradecheck.scene import Scene
from upgradecheck.symbols import callables

UNDATED = "a run without a logical date (started by an asset or by hand, as here) has no such key"
_SCHEDULES = ("schedule", "schedule_interval", "timetable")


@lru_cache(maxsize=2)
def undated(scene: Scene) -> bool:
    """Whether a DAG of the file is started by assets, or only by hand."""
    makers = callables("dag_callables")
    found = (call for call in calls.read(scene) if call.form in (Form.CALL, Form.DECORATOR))
    return any(_is_undated(call, scene) for call in found if not makers.keys().isdisjoint(call.names))


def _is_undated(call: Call, scene: Scene) -> bool:
    given = [argument for name in _SCHEDULES if (argument := call.argument(name)) and argument.value is not None]
    if not given:
        return not call.open
    value = given[0].value
    if isinstance(value, ast.List | ast.Tuple | ast.BinOp):
        return True
    if isinstance(value, ast.Call):
        names = (name for made in calls.read(scene) if made.call is value for name in made.names)
        return not _assets().isdisjoint(names)
    return value is not None and scene.values.value(value, given[0].scope) is None


def _assets() -> frozenset[str]:
    return frozenset(row["name"] for row in lookup("code_places") if row["kind"] == "undated")
