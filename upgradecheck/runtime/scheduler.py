"""The scheduler: ``step(world, event) -> world, [commands]``. No clock, no process, no file: the same in, the
same out.

What happens to a task instance between two ticks is what its process said (``reports``); a tick is one turn of the
loop: make runs that are due, start queued ones, decide for each run which instances may go, end runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import assets, events, mapping, reports, runs
from upgradecheck.runtime.commands import Command, StartTask
from upgradecheck.runtime.dependencies import evaluate
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.model import Run, Task, TaskInstance, World
from upgradecheck.runtime.states import ACTIVE, FINISHED, SCHEDULABLE
from upgradecheck.runtime.view import View


def step(world: World, event: events.Event) -> tuple[World, list[Command]]:
    """What the world becomes, and what is asked for. Raises ``runs.RunExists``, ``runs.RunRefused`` for
    ``AskRun``."""
    draft = Draft(world)
    HANDLERS[type(event)](draft, event)
    return draft.world, draft.commands


def _tick(draft: Draft, event: events.Tick) -> None:
    draft._world = replace(draft.world, now=max(event.now, draft.world.now))
    runs.make_due(draft)
    runs.start_queued(draft)
    reports.time_out_triggers(draft)
    for run in sorted(draft.world.runs.values(), key=lambda run: (run.run_after, run.number)):
        if run.state == "running" and not runs.time_out(draft, run):
            _schedule(draft, run)
    _enqueue(draft)


def _schedule(draft: Draft, run: Run) -> None:
    """One pass over a run: rules decide, mapped tasks are expanded, what may go is scheduled; then is it over?"""
    if run.logical_date is not None and run.logical_date > draft.world.now:
        return
    ready, changed = _decide(draft, run)
    runnable = bool(ready) or changed
    if not runnable:
        runnable, changed = _premature(draft, run)
    runs.settle(draft, draft.world.runs[run.key], runnable)
    if draft.world.runs[run.key].state == "running":
        for ti in ready:
            _go(draft, draft.world.dag_of(run).tasks[ti.task_id], ti)


def _mark_removed(draft: Draft, run: Run) -> None:
    dag = draft.world.dag_of(run)
    for ti in list(draft.world.instances[run.key].values()):
        if ti.task_id not in dag.tasks and ti.state not in ("removed", "running"):
            draft.change(ti, "scheduler", state="removed")


def _decide(draft: Draft, run: Run) -> tuple[list[TaskInstance], bool]:
    """(what may run, did anything change). Instances that a task is expanded into are looked at in the same
    pass."""
    _mark_removed(draft, run)
    dag = draft.world.dag_of(run)
    table = draft.world.instances[run.key].values()
    waiting = [ti for ti in table if ti.state in SCHEDULABLE and ti.task_id in dag.tasks]
    if not waiting:
        return [], False
    view = View(draft.world, run)
    ready: list[TaskInstance] = []
    changed = False
    revised: set[str] = set()
    for ti in waiting:
        state, met = evaluate(view, ti)
        if not met:
            changed = changed or state is not None
            if state is not None:
                draft.change(ti, "rules", state=state, start_date=draft.world.now, end_date=draft.world.now)
            continue
        task = view.dag.tasks[ti.task_id]
        if ti.map_index < 0 and mapping.needs_expansion(view.dag, task):
            waiting += _expand(draft, view, task, ti)
            changed = True
            continue
        if task.task_id not in revised:
            revised.add(task.task_id)
            ready += _revise(draft, view, task)
        ready.append(ti)
    return ready, changed


def _expand(draft: Draft, view: View, task: Task, ti: TaskInstance) -> list[TaskInstance]:
    """A mapped task whose values are known gets its instances; over nothing it is skipped, over what will never be
    known upstream_failed (``TaskMap.expand_mapped_task``)."""
    try:
        number = mapping.count(draft.world, view.run.key, view.dag, task)
    except mapping.NotPopulated:
        draft.change(ti, "expansion", state="upstream_failed", end_date=draft.world.now)
        return []
    if number < 1:
        draft.change(ti, "expansion", state="skipped", start_date=draft.world.now, end_date=draft.world.now)
        return []
    draft.drop(ti)
    made = [draft.put(replace(ti, map_index=index)) for index in range(number)]
    view.expanded(task.task_id, set(range(number)))
    return made


def _revise(draft: Draft, view: View, task: Task) -> list[TaskInstance]:
    """More values than before: more instances; fewer: the rest is removed (``_revise_map_indexes_if_mapped``)."""
    try:
        number = mapping.count(draft.world, view.run.key, view.dag, task)
    except (mapping.NotMapped, mapping.NotPopulated):
        return []
    have = {ti.map_index: ti for ti in draft.world.instances[view.run.key].values() if ti.task_id == task.task_id}
    for index in have.keys() - range(number):
        draft.put(replace(have[index], state="removed"))
    new = [runs.instance(view.dag, view.run, task, index) for index in range(number) if index not in have]
    return [draft.put(ti) for ti in new]


def _premature(draft: Draft, run: Run) -> tuple[bool, bool]:
    """(could anything run if retries and reschedules did not wait, did anything change)."""
    dag = draft.world.dag_of(run)
    table = draft.world.instances[run.key].values()
    left = [ti for ti in table if ti.state not in FINISHED and ti.task_id in dag.tasks]
    waiting = [ti for ti in left if ti.state in SCHEDULABLE]
    runnable = len(waiting) < len(left)
    if not waiting:
        return runnable, False
    view = View(draft.world, run)
    changed = False
    for ti in waiting:
        state, met = evaluate(view, ti, ignore_periods=True)
        runnable = runnable or met
        if state is not None and not met:
            draft.change(ti, "rules", state=state, start_date=draft.world.now, end_date=draft.world.now)
            changed = runnable = True
    return runnable, changed


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


def _enqueue(draft: Draft) -> None:
    """Scheduled instances start, within the limits, the most important first (``_critical_section``)."""
    world = draft.world
    room = Room(world)
    waiting = [
        (ti, world.runs[key])
        for key, table in world.instances.items()
        if world.runs[key].state == "running" and not room.full(world.runs[key])
        for ti in table.values()
        if ti.state == "scheduled"
    ]
    order = {key: number for number, key in enumerate(world.runs)}

    def rank(pair: tuple[TaskInstance, Run]) -> Any:
        ti, run = pair
        task = world.dag_of(run).tasks.get(ti.task_id)
        return -(task.priority if task else 1), run.logical_date or run.run_after, order[run.key]

    for ti, run in sorted(waiting, key=rank):
        if room.full(run):
            continue
        task = world.dag_of(run).tasks.get(ti.task_id)
        if task is not None and room.take(run, task):
            draft.change(ti, "scheduler", state="queued")
            draft.ask(StartTask(ti.dag_id, ti.run_id, *ti.at))


class Room:
    """How many instances may still start: of a run, of a task in a run, of a task in all runs of its DAG."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: Counter[tuple[str, ...]] = Counter()
        for table in world.instances.values():
            for ti in table.values():
                if ti.state in ("queued", "running"):
                    self.taken.update([(ti.dag_id, ti.run_id), (ti.dag_id, ti.run_id, ti.task_id)])
                if ti.state in ACTIVE - {"deferred"}:
                    self.taken[ti.dag_id, "", ti.task_id] += 1

    def full(self, run: Run) -> bool:
        """Has the run all that it may have?"""
        return self.taken[run.key] >= self.world.dag_of(run).max_active_tasks

    def take(self, run: Run, task: Task) -> bool:
        """Is there room for one more? Then it is taken."""
        limits = {
            (*run.key, task.task_id): task.per_run,
            (run.dag_id, "", task.task_id): task.per_dag,
        }
        if self.full(run) or any(limit is not None and self.taken[key] >= limit for key, limit in limits.items()):
            return False
        self.taken.update([run.key, *limits])
        return True


def _ask_run(draft: Draft, event: events.AskRun) -> None:
    from upgradecheck.runtime.timetables import manual_interval

    dag = draft.world.dags[event.dag_id]
    after = event.run_after or draft.world.now
    start = end = None
    if event.logical_date is not None:
        start, end = manual_interval(dag.schedule, event.logical_date)
    name = event.run_id or runs.run_id(event.run_type, event.logical_date, after)
    conf = event.conf or {}
    run = Run(dag.dag_id, name, event.run_type, after, event.logical_date, start, end, conf=conf)
    run = runs.make(draft, run)
    if event.started:
        draft.run(run, state="running", start_date=draft.world.now)


def _parsed(draft: Draft, event: events.Parsed) -> None:
    draft.dag(event.dag)
    if event.dag.schedule.condition:
        draft._table("listening").setdefault(event.dag.dag_id, draft.world.now)


def _unpause(draft: Draft, event: events.Unpause) -> None:
    draft._world = replace(draft.world, unpaused=draft.world.unpaused | {event.dag_id})
    if event.runs is not None:
        draft.quota(event.dag_id, event.runs)
    dag = draft.world.dags[event.dag_id]
    if dag.schedule.timed:
        runs.plan_next(draft, dag, None)


def _began(draft: Draft, event: events.Began) -> None:
    draft.pass_moment()
    ti = draft.world.instance(draft.world.runs[event.dag_id, event.run_id], event.task_id, event.map_index)
    if ti is not None:
        start = ti.start_date if ti.next_method or ti.reschedules else None
        draft.change(ti, "task", state="running", start_date=start or draft.world.now)


def _written(draft: Draft, event: events.AssetWritten) -> None:
    assets.write(draft, event.name, event.uri, event.extra)


HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    events.Tick: _tick,
    events.Parsed: _parsed,
    events.Unpause: _unpause,
    events.AskRun: _ask_run,
    events.Began: _began,
    events.Said: reports.said,
    events.Ended: reports.ended,
    events.Fired: reports.fired,
    events.AssetWritten: _written,
}
