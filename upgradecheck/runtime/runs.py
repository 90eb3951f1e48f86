"""Runs: made, started, looked after, ended (DagRun, and the scheduler's steps 1 to 3)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import assets, mapping, partitions, timetables, versions
from upgradecheck.runtime.agenda import EVERYTHING, graph
from upgradecheck.runtime.commands import CallBack, StopTask, StopTrigger
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.indexes import DAG_STATE, DATED, RUN_STATE, STATE, TASK
from upgradecheck.runtime.model import Dag, Run, Task, TaskInstance, Upcoming, World
from upgradecheck.runtime.params import ParamsRefused, check_params
from upgradecheck.runtime.states import FAILURES, FINISHED, RUN_ACTIVE, SUCCESSES, UNFINISHED


class RunExists(Exception):
    """A DAG has a run of this id or logical date."""


class RunRefused(Exception):
    """A run may not be made: its params do not fit, or its type is not allowed."""


def run_id(run_type: str, info: Upcoming, release: str = "") -> str:
    """``<type>__<date>``: the date is when the run may begin; 2.x took the logical one."""
    date = info.logical_date if release and info.logical_date else info.run_after
    return f"{run_type}__{date.isoformat()}{f'__{info.partition_key}' if info.partition_key else ''}"


def make(draft: Draft, run: Run) -> Run:
    """A new run with its instances. Raises ``RunExists``, ``RunRefused``."""
    dag = draft.world.dags[run.dag_id]
    there = draft.world.runs
    same_date = there.members(DATED, (run.dag_id, run.logical_date)) if run.logical_date is not None else []
    if run.key in there or same_date:
        name = run.run_id if run.key in there else same_date[0].run_id
        raise RunExists(f"A Dag Run already exists for Dag {run.dag_id} with run id {name}")
    if dag.allowed_run_types and run.run_type not in dag.allowed_run_types:
        raise RunRefused(f"Dag {dag.dag_id} does not allow run type {run.run_type}")
    try:
        check_params(dag.params, run.conf)
    except ParamsRefused as error:
        raise RunRefused(f"ParamValidationError: {error}") from error
    code = draft.world.code if draft.world.versioned and not dag.unpinned else None
    made = replace(run, version=dag.version, followed=dag.version, code=code)
    run = draft.run(replace(made, number=draft.number(), queued_at=draft.world.now))
    add_instances(draft, run)
    return run


def add_instances(draft: Draft, run: Run) -> None:
    """Instances for the tasks that have none (``verify_integrity``): one, or as many as the mapping is known
    to have."""
    dag = draft.world.dag_of(run)
    draft.instances(run.key)  # a DAG without tasks has none, and that is known
    have = {name for name in dag.tasks if draft.instances(run.key).size(TASK, name)}
    for task in dag.tasks.values():
        if task.task_id in have or not _dated(task, run):
            continue
        number = 0
        with suppress(mapping.NotMapped, mapping.NotPopulated):
            number = mapping.count(draft.world, run.key, dag, task)
        for index in range(number) if number else (-1,):
            draft.put(instance(dag, run, task, index))


def follow(draft: Draft, run: Run) -> Run:
    """A run without a version of the code is made fit for a new version of its DAG, until one of its instances has
    it: tasks that are new get instances, unfinished ones that are in some state (its SQL finds no NULL) are stamped
    anew (``_verify_integrity_if_dag_changed``)."""
    newest = draft.world.dags[run.dag_id].version
    if run.code is not None or run.followed == newest:
        return run
    if not _has_version(draft, run, newest):
        for ti in draft.world.instances[run.key].members(STATE, *(UNFINISHED - {None})):
            draft.put(replace(ti, version=newest))
        add_instances(draft, run)
    draft.mark(run.key, {EVERYTHING})
    return draft.run(run, followed=newest) if _has_version(draft, run, newest) else run


def _has_version(draft: Draft, run: Run, version: int) -> bool:
    return any(ti.version == version for ti in draft.world.instances[run.key].values())


def stamp(draft: Draft, run: Run, ti: TaskInstance) -> TaskInstance:
    """An instance that is scheduled is in some state: the next pass finds it, while it runs."""
    newest = draft.world.dags[run.dag_id].version
    late = run.code is None and run.followed != newest
    return draft.put(replace(ti, version=newest)) if late and ti.state is None else ti


def remove_gone(draft: Draft, run: Run) -> None:
    """Instances of tasks that the DAG has no more."""
    dag = draft.world.dag_of(run)
    for ti in list(draft.world.instances[run.key].values()):
        if ti.task_id not in dag.tasks and ti.state not in ("removed", "running"):
            draft.change(ti, "scheduler", state="removed")


def instance(dag: Dag, run: Run, task: Task, index: int = -1) -> TaskInstance:
    """A new instance."""
    made = TaskInstance(run.dag_id, run.run_id, task.task_id, index, max_tries=task.retries)
    return replace(made, version=dag.version, priority=task.priority)


def _dated(task: Task, run: Run) -> bool:
    date = run.logical_date
    if run.run_type == "backfill" or date is None:
        return True
    return (task.start_date is None or task.start_date <= date) and (task.end_date is None or date <= task.end_date)


def make_due(draft: Draft) -> None:
    """Runs whose time has come, or whose assets were written (``_create_dagruns_for_dags``)."""
    for dag_id in sorted(draft.world.unpaused):
        dag = draft.world.dags.get(dag_id)
        if dag is None:
            continue
        if dag.schedule.timed:
            _make_timed(draft, dag)
        if assets.due(draft.world, dag):
            _make_of_assets(draft, dag)
        for key, events in list(partitions.due(draft.world, dag)):
            with suppress(RunExists):
                make(draft, partitions.run(dag, key, events))
            partitions.done(draft, dag, key)


def active(world: World, dag_id: str, states: tuple[str, ...] = RUN_ACTIVE) -> list[Run]:
    """The unfinished runs of a DAG, backfills left out."""
    found = world.runs.members(DAG_STATE, *((dag_id, state) for state in states))
    return [run for run in found if run.run_type != "backfill"]


def plan_next(draft: Draft, dag: Dag, last: Upcoming | None) -> None:
    """Work out the next run of a schedule."""
    if draft.world.quota.get(dag.dag_id, 1) <= 0:
        draft.upcoming(dag.dag_id, None)
        return
    info = timetables.next_run(dag.schedule, last, timetables.restriction(dag), draft.world.now)
    draft.upcoming(dag.dag_id, info)


def _make_timed(draft: Draft, dag: Dag) -> None:
    while (info := draft.world.upcoming.get(dag.dag_id)) is not None and info.run_after <= draft.world.now:
        if len(active(draft.world, dag.dag_id)) >= dag.max_active_runs:
            return
        kind = "scheduled"
        name = run_id(kind, info, dag.schedule.release)
        made = Run(dag.dag_id, name, kind, info.run_after, info.logical_date, info.start, info.end)
        with suppress(RunExists):  # a person was faster: the schedule goes on
            make(draft, replace(made, partition_key=info.partition_key, partition_date=info.partition_date))
        if dag.dag_id in draft.world.quota:
            draft.quota(dag.dag_id, draft.world.quota[dag.dag_id] - 1)
        plan_next(draft, dag, info)


def _make_of_assets(draft: Draft, dag: Dag) -> None:
    mine = {key: at for key, at in draft.world.queue.items() if key[0] == dag.dag_id}
    at = max(mine.values())
    name = f"asset_triggered__{at.isoformat()}"
    events = assets.consumed(draft.world, dag, at)
    run = Run(dag.dag_id, name, "asset_triggered", at, consumed=events)
    if dag.schedule.release:
        run = replace(run, run_id=f"dataset_triggered__{at.isoformat()}", **_dates_of_events(draft, events, at))
    with suppress(RunExists):
        make(draft, run)
    draft.queue(remove=mine)


def _dates_of_events(draft: Draft, numbers: tuple[int, ...], at: datetime) -> dict[str, datetime]:
    """On 2.x the run has the dates of the runs that wrote its assets (``data_interval_for_events``)."""
    events = [event for event in draft.world.events if event.number in numbers]
    sources = [draft.world.runs.get((event.dag_id or "", event.run_id or "")) for event in events]
    pairs = list(zip(events, sources, strict=True))
    starts = [run.start if run and run.start else event.timestamp for event, run in pairs]
    ends = [run.end if run and run.end else event.timestamp for event, run in pairs]
    return {"logical_date": at, "start": min(starts, default=at), "end": max(ends, default=at)}


def start_queued(draft: Draft) -> None:
    """Queued runs start, within ``max_active_runs``; of a paused DAG none (``_start_queued_dagruns``)."""
    for run in draft.world.runs.members(RUN_STATE, "queued"):
        if run.dag_id not in draft.world.unpaused or run.run_after > draft.world.now:
            continue
        dag = draft.world.dag_of(run)
        if len(active(draft.world, dag.dag_id, ("running",))) < dag.max_active_runs:
            draft.run(run, state="running", start_date=run.start_date or draft.world.now)


def settle(draft: Draft, run: Run, runnable: bool) -> None:
    """Is the run over? ``runnable``: something could run, or changed, in this pass (``update_state``)."""
    dag, table = draft.world.dag_of(run), draft.world.instances[run.key]
    if runnable and run.followed == dag.version and table.size(STATE, *UNFINISHED):
        return
    instances = [ti for ti in table.values() if ti.task_id in dag.tasks]
    unfinished = [ti for ti in instances if ti.state in UNFINISHED]
    names = graph(dag).deciding
    deciding = [ti for ti in instances if ti.task_id in names and ti.state != "removed"]
    if not unfinished and any(ti.state in FAILURES for ti in deciding):
        finish(draft, run, "failed", "task_failure", _latest(instances, "failed"))
    elif not unfinished and all(ti.state in SUCCESSES for ti in deciding):
        finish(draft, run, "success", "success", _latest(instances, "success"))
    elif unfinished and not runnable and all(_free(dag.tasks[ti.task_id], ti) for ti in unfinished):
        ended = {ti.task_id for ti in instances if ti.state in FINISHED}
        blocked = next((ti for ti in unfinished if ended.intersection(dag.tasks[ti.task_id].upstream)), None)
        finish(draft, run, "failed", "all_tasks_deadlocked", blocked)


def _free(task: Task, ti: TaskInstance) -> bool:
    waits = task.depends_on_past or task.per_dag is not None or task.per_run is not None
    return not waits and ti.state not in ("deferred", "awaiting_input")


def _latest(instances: list[TaskInstance], state: str) -> TaskInstance | None:
    ended = [ti for ti in instances if ti.state == state and ti.end_date]
    return max(ended, key=lambda ti: ti.end_date or datetime.max, default=None)


def finish(draft: Draft, run: Run, state: str, reason: str, ti: TaskInstance | None = None) -> None:
    """End a run, and call the DAG back."""
    dag = draft.world.dag_of(run)
    draft.run(run, state=state, reason=reason, end_date=draft.world.now)
    if dag.on_success if state == "success" else dag.on_failure:
        at = ti.at if ti else (None, -1)
        draft.ask(CallBack(run.dag_id, run.run_id, state == "success", reason, *at))


def time_out(draft: Draft, run: Run) -> bool:
    """``dagrun_timeout``: what is unfinished is skipped, the run failed."""
    dag = draft.world.dag_of(run)
    if not dag.dagrun_timeout or not run.start_date or run.start_date >= draft.world.now - dag.dagrun_timeout:
        return False
    last = None
    for ti in list(draft.world.instances[run.key].values()):
        if ti.state in UNFINISHED:
            stop(draft, ti)
            last = draft.put(replace(ti, state="skipped", end_date=draft.world.now))
    finish(draft, run, "failed", "timed_out", last)
    return True


def stop(draft: Draft, ti: TaskInstance) -> None:
    """End what runs for an instance."""
    if ti.state in ("running", "restarting"):
        draft.ask(StopTask(ti.dag_id, ti.run_id, *ti.at))
    if ti.trigger is not None:
        draft.triggered(ti.trigger)
        draft.ask(StopTrigger(ti.trigger))


def clear(draft: Draft, run: Run, *, latest: bool = False, **fields: Any) -> None:
    """Run it again: instances as if new, tries go on from where they were. ``latest``: on the newest version of its
    DAG and code (``clear_task_instances``)."""
    if latest:
        run = draft.run(versions.newest(draft.world, run))
    dag = draft.world.dag_of(run)
    for ti in list(draft.world.instances[run.key].values()):
        stop(draft, ti)
        task = dag.tasks.get(ti.task_id)
        tries = ti.try_number + task.retries if task else max(ti.max_tries, ti.try_number)
        new = TaskInstance(ti.dag_id, ti.run_id, *ti.at, try_number=ti.try_number)
        version = dag.version if latest else ti.version
        draft.put(replace(new, max_tries=tries, tries=ti.tries, priority=ti.priority, version=version))
    if latest or run.code is None:
        remove_gone(draft, run)
        add_instances(draft, run)
    number = run.clear_number + 1
    draft.run(run, state="queued", start_date=None, end_date=None, clear_number=number, **fields)
