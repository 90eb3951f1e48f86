"""Questions that tasks ask: pure functions over the world (the task execution API's side that reads)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from upgradecheck.runtime import assets, mapping, questions
from upgradecheck.runtime.indexes import DATED, OF_DAG, OF_TASK, TASK
from upgradecheck.runtime.model import Run, Stored, TaskInstance, World
from upgradecheck.runtime.states import FINISHED


class NotThere(Exception):
    """An answer that is an error: its ErrorType and details."""

    def __init__(self, error: str, detail: Any) -> None:
        super().__init__(error, detail)
        self.error, self.detail = error, detail


def run_fields(world: World, run: Run) -> dict[str, Any]:
    """A run as a task gets it."""
    fields = {
        name: getattr(run, name) for name in Run.__struct_fields__ if name not in ("consumed", "number", "reason")
    }
    numbers = set(run.consumed)
    events = world.events if numbers else ()
    fields["consumed_asset_events"] = [event_fields(event) for event in events if event.number in numbers]
    return fields


def event_fields(event: Any) -> dict[str, Any]:
    """An asset event as a task gets it."""
    return {name: getattr(event, name) for name in event.__struct_fields__}


def _prior(world: World, dag_id: str, run_id: str, wanted: bool) -> list[tuple[str, str]]:
    """The run, and with ``include_prior_dates`` those before it, the newest first."""
    run = world.runs.get((dag_id, run_id))
    if not wanted or run is None or run.logical_date is None:
        return [(dag_id, run_id)]
    date = run.logical_date
    before = [
        other
        for other in world.runs.members(OF_DAG, dag_id)
        if other.logical_date is not None and other.logical_date <= date
    ]
    return [other.key for other in sorted(before, key=lambda other: other.logical_date or date, reverse=True)]


def _xcom(world: World, ti: TaskInstance, asked: questions.GetXCom) -> Any:
    index = -1 if asked.map_index is None else asked.map_index
    for key in _prior(world, asked.dag_id, asked.run_id, asked.include_prior_dates):
        found = world.stored(key).get((asked.task_id, index, asked.key))
        if found is not None:
            return found.value
    return None


def _xcoms(world: World, ti: TaskInstance, asked: questions.GetXComs) -> Any:
    if asked.task_id is None:
        table = list(world.stored((asked.dag_id, asked.run_id)).items())
        return [stored.value for (_, _, name), stored in reversed(table) if name == asked.key]
    found: list[tuple[int, Stored]] = [  # by map index, and of one index the oldest first (checked)
        (index, stored)
        for key in reversed(_prior(world, asked.dag_id, asked.run_id, asked.include_prior_dates))
        for (_, index, _), stored in world.stored(key).entries(OF_TASK, (asked.task_id, asked.key))
        if index >= 0 or not asked.mapped_only
    ]
    return [stored.value for _, stored in sorted(found, key=lambda pair: pair[0])]


def _connection(world: World, ti: TaskInstance, asked: questions.GetConnection) -> Any:
    return world.connections.get(asked.conn_id)


def _variable(world: World, ti: TaskInstance, asked: questions.GetVariable) -> Any:
    return world.variables.get(asked.key)


def _variable_keys(world: World, ti: TaskInstance, asked: questions.GetVariableKeys) -> Any:
    return sorted(key for key in world.variables if key.startswith(asked.prefix or ""))


def _run(world: World, ti: TaskInstance, asked: questions.GetDagRun) -> Any:
    run = world.runs.get((asked.dag_id, asked.run_id))
    if run is None:
        raise NotThere("GENERIC_ERROR", {"message": f"no run {asked.run_id} of {asked.dag_id}"})
    return run_fields(world, run)


def _dag(world: World, ti: TaskInstance, asked: questions.GetDag) -> Any:
    if asked.dag_id not in world.dags:
        raise NotThere("DAG_NOT_FOUND", {"message": f"Dag with dag_id: '{asked.dag_id}' not found"})
    return {"dag_id": asked.dag_id, "is_paused": asked.dag_id not in world.unpaused}


def _runs(world: World, dag_id: str, dates: Any, run_ids: Any) -> Iterable[Run]:
    dated = [(dag_id, date) for date in dates or ()]
    for run in world.runs.members(DATED, *dated) if dated else world.runs.members(OF_DAG, dag_id):
        if not run_ids or run.run_id in run_ids:
            yield run


def _run_count(world: World, ti: TaskInstance, asked: questions.GetDRCount) -> Any:
    runs = _runs(world, asked.dag_id, asked.logical_dates, asked.run_ids)
    return sum(1 for run in runs if not asked.states or run.state in asked.states)


def _instances(world: World, asked: questions.GetTICount | questions.GetTaskStates) -> Iterable[TaskInstance]:
    names = set(asked.task_ids or ())
    if asked.task_group_id:
        dag = world.dags.get(asked.dag_id)
        group = dag.groups.get(asked.task_group_id) if dag else None
        if group is None:
            raise NotThere("GENERIC_ERROR", {"message": f"Task group {asked.task_group_id} not found"})
        names |= set(group.tasks)
    for run in _runs(world, asked.dag_id, asked.logical_dates, asked.run_ids):
        table = world.instances[run.key]
        for ti in table.members(TASK, *sorted(names)) if names else table.values():
            if asked.map_index in (None, ti.map_index):
                yield ti


def _instance_count(world: World, ti: TaskInstance, asked: questions.GetTICount) -> Any:
    states = [None if state in ("null", "None") else state for state in asked.states or ()]
    return sum(1 for other in _instances(world, asked) if not states or other.state in states)


def _states(world: World, ti: TaskInstance, asked: questions.GetTaskStates) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for other in _instances(world, asked):
        label = other.task_id if other.map_index < 0 else f"{other.task_id}_{other.map_index}"
        found.setdefault(other.run_id, {})[label] = other.state
    return found


def _breadcrumbs(world: World, ti: TaskInstance, asked: questions.GetTaskBreadcrumbs) -> Any:
    ended = (
        other
        for run in _runs(world, asked.dag_id, None, [asked.run_id])
        for other in world.instances[run.key].values()
        if other.state in FINISHED
    )
    return [
        {
            "task_id": other.task_id,
            "map_index": other.map_index,
            "state": other.state,
            "operator": task.operator if (task := world.dags[other.dag_id].tasks.get(other.task_id)) else None,
            "duration": (other.end_date - other.start_date).total_seconds()
            if other.end_date and other.start_date
            else None,
        }
        for other in sorted(ended, key=lambda other: other.at)
    ]


def _previous(world: World, dag_id: str, before: datetime | None, state: str | None) -> Run | None:
    runs = [
        run
        for run in world.runs.members(OF_DAG, dag_id)
        if run.logical_date is not None
        and (before is None or run.logical_date < before)
        and (state is None or run.state == state)
    ]
    return max(runs, key=lambda run: run.logical_date or run.run_after, default=None)


def _previous_run(world: World, ti: TaskInstance, asked: questions.GetPreviousDagRun) -> Any:
    run = _previous(world, asked.dag_id, asked.logical_date, asked.state)
    return run_fields(world, run) if run else None


def _previous_ti(world: World, ti: TaskInstance, asked: questions.GetPreviousTI) -> Any:
    date = asked.logical_date
    runs = [r for r in world.runs.members(OF_DAG, asked.dag_id) if r.logical_date is not None]
    for run in sorted(runs, key=lambda run: run.logical_date or run.run_after, reverse=True):
        found = world.instance(run, asked.task_id, asked.map_index)
        if found and (date is None or (run.logical_date or date) < date) and asked.state in (None, found.state):
            names = ("task_id", "dag_id", "run_id", "state", "start_date", "end_date", "try_number", "map_index")
            return {**{name: getattr(found, name) for name in names}, "logical_date": run.logical_date}
    return None


def _previous_success(world: World, ti: TaskInstance, asked: Any) -> Any:
    run = world.runs[ti.dag_id, ti.run_id]
    found = _previous(world, ti.dag_id, run.logical_date, "success") if run.logical_date else None
    if found is None:
        return None
    dates = {"start_date": found.start_date, "end_date": found.end_date, "logical_date": found.logical_date}
    return {**dates, "data_interval_start": found.start, "data_interval_end": found.end}


def _mapped_count(world: World, ti: TaskInstance, asked: questions.GetMappedCount) -> Any:
    key = (ti.dag_id, ti.run_id)
    dag = world.dag_of(world.runs[key])
    expand = dag.groups[asked.group_id].expand if asked.group_id else dag.tasks[asked.task_id].expand
    return mapping.total(world, key, dag, expand or {})


def _asset_events(world: World, ti: TaskInstance, asked: questions.GetAssetEvents) -> Any:
    def fits(event: Any) -> bool:
        return (
            (asked.name is None or event.name == asked.name)
            and (asked.uri is None or event.uri == asked.uri)
            and (asked.alias is None or asked.alias in event.aliases)
            and (asked.after is None or event.timestamp >= asked.after)
            and (asked.before is None or event.timestamp <= asked.before)
        )

    found = [event_fields(event) for event in world.events if fits(event)]
    found = found if asked.ascending else found[::-1]
    return found[: asked.limit] if asked.limit is not None else found


def _asset(world: World, ti: TaskInstance, asked: questions.GetAsset) -> Any:
    found = assets.find(world, asked.name, asked.uri)
    if found is None:
        what = f"name {asked.name}" if asked.name else f"uri {asked.uri}"
        raise NotThere("ASSET_NOT_FOUND", {"message": f"Asset with {what} not found"})
    return found


def _validate(world: World, ti: TaskInstance, asked: Any) -> Any:
    task = world.dag_of(world.runs[ti.dag_id, ti.run_id]).tasks[ti.task_id]
    return assets.inactive(world, (*task.inlets, *task.outlets))


ANSWERS: dict[type, Callable[[World, TaskInstance, Any], Any]] = {
    questions.GetXCom: _xcom,
    questions.GetXComs: _xcoms,
    questions.GetVariable: _variable,
    questions.GetVariableKeys: _variable_keys,
    questions.GetConnection: _connection,
    questions.GetDagRun: _run,
    questions.GetDag: _dag,
    questions.GetDRCount: _run_count,
    questions.GetTICount: _instance_count,
    questions.GetTaskStates: _states,
    questions.GetTaskBreadcrumbs: _breadcrumbs,
    questions.GetPreviousDagRun: _previous_run,
    questions.GetPreviousTI: _previous_ti,
    questions.GetPrevSuccessfulDagRun: _previous_success,
    questions.GetMappedCount: _mapped_count,
    questions.GetAssetEvents: _asset_events,
    questions.GetAsset: _asset,
    questions.GetState: lambda world, ti, asked: world.kept.get(asked.scope, {}).get(asked.key),
    questions.ValidateInletsAndOutlets: _validate,
}


def answer(world: World, ti: TaskInstance, question: msgspec.Struct) -> Any:
    """The answer. Raises ``NotThere``."""
    return ANSWERS[type(question)](world, ti, question)
