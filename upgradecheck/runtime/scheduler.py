"""The scheduler: ``step(world, event) -> world, [commands]``. No clock, no process, no file: the same in, the
same out.

What happens to a task instance between two ticks is what its process said (``reports``); a tick is one turn of the
loop: make runs that are due, start queued ones, decide for each run which instances may go, end runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import again, agenda, assets, events, mapping, people, reports, runs, versions
from upgradecheck.runtime.commands import Command, StartTask
from upgradecheck.runtime.dependencies import evaluate
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.indexes import RUN_STATE, STATE, TASK
from upgradecheck.runtime.model import PLACES, Run, Task, TaskInstance, World
from upgradecheck.runtime.room import Room
from upgradecheck.runtime.states import SCHEDULABLE, UNFINISHED, check
from upgradecheck.runtime.view import View


def step(world: World, event: events.Event) -> tuple[World, list[Command]]:
    """What the world becomes, and what is asked for. Raises ``runs.RunExists``, ``runs.RunRefused`` for
    ``AskRun``."""
    draft = Draft(world)
    HANDLERS[type(event)](draft, event)
    return draft.close(), draft.commands


def _tick(draft: Draft, event: events.Tick) -> None:
    draft._world = replace(draft.world, now=max(event.now, draft.world.now))
    runs.make_due(draft)
    runs.start_queued(draft)
    reports.time_out_triggers(draft)
    people.time_out(draft)
    for run in draft.world.runs.members(RUN_STATE, "running"):
        if not runs.time_out(draft, run):
            _schedule(draft, run)
    _enqueue(draft)


def _schedule(draft: Draft, run: Run) -> None:
    """One pass over a run: rules decide, mapped tasks are expanded, what may go is scheduled; then is it over?"""
    if run.logical_date is not None and run.logical_date > draft.world.now:
        return
    run = runs.follow(draft, run)
    ready, changed = _decide(draft, run)
    runnable = bool(ready) or changed
    if not runnable:
        runnable, changed = _premature(draft, run)
    runs.settle(draft, draft.world.runs[run.key], runnable)
    if draft.world.runs[run.key].state == "running":
        for ti in ready:
            _go(draft, draft.world.dag_of(run).tasks[ti.task_id], runs.stamp(draft, run, ti))


def _decide(draft: Draft, run: Run) -> tuple[list[TaskInstance], bool]:
    """(what may run, did anything change). Instances that a task is expanded into are looked at in the same
    pass; what is decided about others counts in the next one."""
    dag = draft.world.dag_of(run)
    entries = draft.marked(run)
    if agenda.EVERYTHING in entries:
        runs.remove_gone(draft, run)
    waiting = agenda.waiting(draft.world, run.key, dag, entries)
    if not waiting:
        return [], False
    view = View(draft, run)
    ready: list[TaskInstance] = []
    changes: list[TaskInstance] = []
    expanded = False
    revised: set[str] = set()
    for ti in waiting:
        state, met = evaluate(view, ti)
        if not met:
            changes += [_decided(draft, ti, state)] if state is not None else []
            continue
        task = view.dag.tasks[ti.task_id]
        if ti.map_index < 0 and mapping.needs_expansion(view.dag, task):
            waiting += _expand(draft, view, task, ti, changes)
            expanded = True
            continue
        if task.task_id not in revised:
            revised.add(task.task_id)
            ready += _revise(draft, view, task, changes)
        ready.append(ti)
    for ti in changes:
        draft.put(ti)
    return ready, expanded or bool(changes)


def _decided(draft: Draft, ti: TaskInstance, state: str) -> TaskInstance:
    """What the rules make of an instance that does not run."""
    check(ti.state, state, f"rules of {ti.dag_id}.{ti.label}")
    return replace(ti, state=state, start_date=draft.world.now, end_date=draft.world.now)


def _expand(
    draft: Draft, view: View, task: Task, ti: TaskInstance, changes: list[TaskInstance]
) -> list[TaskInstance]:
    """A mapped task whose values are known gets its instances; over nothing it is skipped, over what will never be
    known upstream_failed (``TaskMap.expand_mapped_task``)."""
    try:
        number = mapping.count(draft.world, view.run.key, view.dag, task)
    except mapping.NotPopulated:
        changes.append(replace(ti, state="upstream_failed", end_date=draft.world.now))
        return []
    if number < 1:
        changes.append(_decided(draft, ti, "skipped"))
        return []
    draft.drop(ti)
    return [draft.put(replace(ti, map_index=index)) for index in range(number)]


def _revise(draft: Draft, view: View, task: Task, changes: list[TaskInstance]) -> list[TaskInstance]:
    """More values than before: more instances; fewer: the rest is removed (``_revise_map_indexes_if_mapped``)."""
    try:
        number = mapping.count(draft.world, view.run.key, view.dag, task)
    except (mapping.NotMapped, mapping.NotPopulated):
        return []
    table = draft.world.instances[view.run.key]
    if table.size(TASK, task.task_id) == number and (task.task_id, number - 1) in table:
        return []
    have = {ti.map_index: ti for ti in table.members(TASK, task.task_id)}
    changes += [replace(have[index], state="removed") for index in have.keys() - range(number)]
    new = [runs.instance(view.dag, view.run, task, index) for index in range(number) if index not in have]
    return [draft.put(ti) for ti in new]


def _premature(draft: Draft, run: Run) -> tuple[bool, bool]:
    """(could anything run if retries and reschedules did not wait, did anything change). All others were looked at
    just now."""
    table = draft.world.instances[run.key]
    runnable = table.size(STATE, *SCHEDULABLE) < table.size(STATE, *UNFINISHED)
    view = View(draft, run)
    changes = []
    for ti in table.members(STATE, *agenda.TIMED):
        state, met = evaluate(view, ti, ignore_periods=True)
        runnable = runnable or met
        if state is not None and not met:
            changes.append(_decided(draft, ti, state))
    for ti in changes:
        draft.put(ti)
    return runnable or bool(changes), bool(changes)


def _go(draft: Draft, task: Task, ti: TaskInstance) -> None:
    """Schedule an instance; an EmptyOperator is done with that; some begin in the triggerer."""
    current = draft.world.instance(ti, *ti.at)
    if current is None or current.state not in SCHEDULABLE:
        return
    tries = current.try_number + (0 if current.state == "up_for_reschedule" else 1)
    now = draft.world.now
    if task.empty:
        draft.change(current, "scheduler", state="success", try_number=tries, start_date=now, end_date=now)
    elif task.start_trigger and current.next_method == "":
        waiting = draft.change(current, "scheduler", state="scheduled", try_number=tries)
        reports.defer(draft, waiting, **_start(task.start_trigger), rendered=True)
    else:
        draft.change(current, "scheduler", state="scheduled", try_number=tries)


def _start(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("classpath", "kwargs", "next_method", "next_kwargs", "timeout")}


def _freed(draft: Draft, event: events.Freed) -> None:
    """Tasks ended in the moment in which they began: those that only waited for a place begin in it too, before the
    rules look again. So what the rules see does not hang on the default limit. A smaller limit is the project's
    own: there the most important goes first, also what is only then scheduled."""
    _enqueue(draft, at_least=PLACES)


def _enqueue(draft: Draft, at_least: int = 0) -> None:
    """Scheduled instances start, within the limits, the most important first (``_critical_section``); of DAGs with
    at least so many places."""
    world = draft.world
    room = Room(world)
    active = world.runs.members(RUN_STATE, "running")
    wide = [run for run in active if world.dag_of(run).max_active_tasks >= at_least]
    waiting = [(ti, run) for run in wide for ti in room.candidates(run, "scheduled")]

    def rank(pair: tuple[TaskInstance, Run]) -> Any:
        ti, run = pair
        return -ti.priority, run.logical_date or run.run_after, run.number

    for ti, run in sorted(waiting, key=rank):
        task = world.dag_of(run).tasks.get(ti.task_id)
        if task is not None and room.take(run, task):
            draft.change(ti, "scheduler", state="queued")
            draft.ask(StartTask(ti.dag_id, ti.run_id, *ti.at))


def _ask_run(draft: Draft, event: events.AskRun) -> None:
    from upgradecheck.runtime.timetables import manual_interval

    dag = draft.world.dags[event.dag_id]
    after = event.run_after or draft.world.now
    date = event.logical_date
    if date is None and dag.schedule.release:
        date = after  # on 2.x every run has one
    start, end = manual_interval(dag.schedule, date) if date is not None else (None, None)
    # Where nobody says when it may begin, that is now: the logical date is the same in each replay.
    name = event.run_id or f"{event.run_type}__{(event.run_after or date or after).isoformat()}"
    conf = event.conf or {}
    run = Run(dag.dag_id, name, event.run_type, after, date, start, end, conf=conf)
    run = runs.make(draft, run)
    if event.started:
        draft.run(run, state="running", start_date=draft.world.now)


def _deployed(draft: Draft, event: events.Deployed) -> None:
    """DAGs that are gone make no more runs by themselves; those that they have go on."""
    draft._world = replace(draft.world, code=event.code, unpaused=draft.world.unpaused - _gone(draft.world, event))


def _gone(world: World, event: events.Deployed) -> frozenset[str]:
    return frozenset(world.dags) - event.dag_ids


def _parsed(draft: Draft, event: events.Parsed) -> None:
    draft.dag(versions.numbered(draft.world, event.dag))
    if event.dag.schedule.condition:
        draft._table("listening").setdefault(event.dag.dag_id, draft.world.now)


def _unpause(draft: Draft, event: events.Unpause) -> None:
    draft._world = replace(draft.world, unpaused=draft.world.unpaused | {event.dag_id})
    if event.runs is not None:
        draft.quota(event.dag_id, event.runs)
    dag = draft.world.dags[event.dag_id]
    if dag.schedule.timed:
        runs.plan_next(draft, dag, event.last)


def _began(draft: Draft, event: events.Began) -> None:
    draft.pass_moment()
    ti = draft.world.instance(draft.world.runs[event.dag_id, event.run_id], event.task_id, event.map_index)
    if ti is not None:
        start = ti.start_date if ti.next_method or ti.reschedules else None
        draft.change(ti, "task", state="running", start_date=start or draft.world.now)


def _gave_up(draft: Draft, event: events.GaveUp) -> None:
    for run in draft.world.runs.members(RUN_STATE, "running"):
        draft.run(run, state="failed", reason="given_up", end_date=draft.world.now)


def _written(draft: Draft, event: events.AssetWritten) -> None:
    assets.write(draft, event.name, event.uri, event.extra)


HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    events.Tick: _tick,
    events.Freed: _freed,
    events.Parsed: _parsed,
    events.Deployed: _deployed,
    events.Unpause: _unpause,
    events.AskRun: _ask_run,
    events.Began: _began,
    events.Said: reports.said,
    events.Ended: reports.ended,
    events.Fired: reports.fired,
    events.Answered: people.answered,
    events.AssetWritten: _written,
    events.Cleared: again.cleared,
    events.Backfilled: again.backfilled,
    events.GaveUp: _gave_up,
}
