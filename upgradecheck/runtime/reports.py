"""What tasks and triggers say, and what becomes of their instances (the task execution API's side that writes)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import assets, people, runs, task_api
from upgradecheck.runtime.commands import CallBackOfTask, StartTrigger, StopTrigger
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.events import Ended, Fired, Said
from upgradecheck.runtime.indexes import DATED, RUN_STATE, STATE
from upgradecheck.runtime.model import Failure, Run, Stored, Task, TaskInstance, Trigger
from upgradecheck.runtime.states import RUN_ACTIVE
from upgradecheck.runtime.timetables import manual_interval

ENDS_BY_ITSELF = ("success", "failed", "queued")  # what was started at the same moment ends as it ends
NOT_SKIPPABLE = ("running", *ENDS_BY_ITSELF)


def _found(draft: Draft, event: Said | Ended) -> TaskInstance | None:
    run = draft.world.runs.get((event.dag_id, event.run_id))
    return draft.world.instance(run, event.task_id, event.map_index) if run else None


def said(draft: Draft, event: Said) -> None:
    """A request that changes the world. Raises ``runs.RunExists`` and others for ``TriggerDagRun``."""
    ti, request = _found(draft, event), event.request
    if isinstance(request, task_api.SetXCom):
        at = (request.task_id, request.map_index, request.key)
        draft.xcom((request.dag_id, request.run_id), at, Stored(request.value, request.mapped_length))
    elif isinstance(request, task_api.DeleteXCom):
        draft.xcom((request.dag_id, request.run_id), (request.task_id, request.map_index, request.key), None)
    elif isinstance(request, task_api.PutVariable):
        draft.variable(request.key, request.value)
    elif isinstance(request, task_api.DeleteVariable):
        draft.variable(request.key, None)
    elif isinstance(request, task_api.SetState):
        draft.keep(request.scope, {**draft.world.kept.get(request.scope, {}), request.key: request.value})
    elif isinstance(request, task_api.DeleteState):
        kept = draft.world.kept.get(request.scope, {})
        draft.keep(request.scope, {k: v for k, v in kept.items() if request.key not in (None, k)})
    elif isinstance(request, task_api.TriggerDagRun):
        _trigger_run(draft, request)
    elif ti is not None:
        _about_itself(draft, ti, request)


def _about_itself(draft: Draft, ti: TaskInstance, request: Any) -> None:
    if isinstance(request, task_api.SetRenderedFields):
        draft.put(replace(ti, rendered=request.fields))
    elif isinstance(request, task_api.SetRenderedMapIndex):
        draft.put(replace(ti, rendered_map_index=request.value))
    elif isinstance(request, task_api.SkipDownstreamTasks):
        for task in request.tasks:
            name, index = task if isinstance(task, list | tuple) else (task, -1)
            other = draft.world.instance(ti, name, index)
            if other is not None and other.state not in NOT_SKIPPABLE and other.state != "skipped":
                draft.put(replace(other, state="skipped", start_date=draft.world.now, end_date=draft.world.now))


def _trigger_run(draft: Draft, request: task_api.TriggerDagRun) -> None:
    now = draft.world.now
    dag = draft.world.dags[request.dag_id]
    existing = draft.world.runs.get((request.dag_id, request.run_id))
    if existing is None and request.logical_date is not None:
        existing = next(iter(draft.world.runs.members(DATED, (dag.dag_id, request.logical_date))), None)
    if existing is not None:
        if not request.reset_dag_run:
            raise runs.RunExists(existing.run_id)
        runs.clear(draft, existing)
        return
    after = request.run_after or now
    start = end = None
    if request.logical_date is not None:
        start, end = manual_interval(dag.schedule, after)
    run = Run(dag.dag_id, request.run_id, "operator_triggered", after, request.logical_date, start, end)
    runs.make(draft, replace(run, conf=request.conf or {}))


def ended(draft: Draft, event: Ended) -> None:
    """A task's process came to its end: its last word decides."""
    ti = _found(draft, event)
    if ti is None or ti.state not in ("running", "queued"):
        return
    draft.pass_moment()
    ENDS[type(event.end)](draft, ti, event.end)


def _succeed(draft: Draft, ti: TaskInstance, end: task_api.SucceedTask) -> None:
    name = end.rendered_map_index or ti.rendered_map_index
    ti = draft.change(ti, "task", state="success", end_date=draft.world.now, rendered_map_index=name, error=None)
    assets.succeeded(draft, ti, end.outlets, end.outlet_events)


def _state(draft: Draft, ti: TaskInstance, end: task_api.TaskState) -> None:
    ti = draft.change(ti, "task", state=end.state, end_date=draft.world.now, error=end.error)
    if end.state == "failed":
        _fail_fast(draft, ti)


def _fail_fast(draft: Draft, ti: TaskInstance) -> None:
    """``fail_fast``: all but teardowns and what ended is skipped; what runs is ended as failed."""
    run = draft.world.runs[ti.dag_id, ti.run_id]
    dag = draft.world.dag_of(run)
    if not dag.fail_fast:
        return
    for other in list(draft.world.instances[run.key].values()):
        task = dag.tasks.get(other.task_id)
        if other.task_id == ti.task_id or other.state in ENDS_BY_ITSELF or task is None or task.is_teardown:
            continue
        runs.stop(draft, other)
        state = "failed" if other.state == "running" else "skipped"
        draft.put(replace(other, state=state, end_date=draft.world.now, trigger=None))


def _retry(draft: Draft, ti: TaskInstance, end: task_api.RetryTask) -> None:
    task = draft.world.dag_of(draft.world.runs[ti.dag_id, ti.run_id]).tasks[ti.task_id]
    now = draft.world.now
    wait = timedelta(seconds=end.delay) if end.delay is not None else retry_delay(task, ti, draft)
    draft.change(
        ti,
        "task",
        state="up_for_retry",
        end_date=now,
        retry_at=now + wait,
        next_method="",
        next_kwargs=None,
        reschedule_at=None,
        first_reschedule=None,
        reschedules=0,
        error=end.error,
        tries=(*ti.tries, "failed"),
    )


def retry_delay(task: Task, ti: TaskInstance, draft: Draft) -> timedelta:
    """The delay before the next try; with a backoff it grows, with a share that hangs on the task's name."""
    factor = task.backoff
    if factor in (0, 1):
        return task.retry_delay
    least = max(math.ceil(task.retry_delay.total_seconds() * factor ** (ti.try_number - 1)), 1)
    date = draft.world.runs[ti.dag_id, ti.run_id].logical_date
    text = f"{ti.dag_id}#{ti.task_id}#{date}#{ti.try_number}"
    number = int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)
    seconds = least + number % least
    longest = (task.max_retry_delay or timedelta(days=1)).total_seconds()
    return timedelta(seconds=min(seconds, longest, 24 * 3600))


def _defer(draft: Draft, ti: TaskInstance, end: task_api.DeferTask) -> None:
    defer(draft, ti, end.classpath, end.trigger_kwargs, end.next_method, end.next_kwargs, end.timeout)


def defer(
    draft: Draft,
    ti: TaskInstance,
    classpath: str,
    kwargs: Any,
    next_method: str,
    next_kwargs: Any,
    timeout: float | None,
    *,
    rendered: bool = False,
) -> None:
    """An instance waits for a trigger."""
    number = draft.number()
    draft.trigger(Trigger(number, ti.dag_id, classpath, kwargs, (ti.run_id, *ti.at), rendered))
    until: datetime | None = draft.world.now + timedelta(seconds=timeout) if timeout is not None else None
    fields = {"next_method": next_method, "next_kwargs": next_kwargs, "trigger": number, "trigger_timeout": until}
    draft.change(ti, "task", state="deferred", start_date=ti.start_date or draft.world.now, **fields)
    draft.ask(StartTrigger(number))


def _reschedule(draft: Draft, ti: TaskInstance, end: task_api.RescheduleTask) -> None:
    draft.change(
        ti,
        "task",
        state="up_for_reschedule",
        end_date=draft.world.now,
        reschedule_at=end.date,
        first_reschedule=ti.first_reschedule or ti.start_date,
        reschedules=ti.reschedules + 1,
    )


def _died(draft: Draft, ti: TaskInstance, end: task_api.Died) -> None:
    """Without a word: a failure, also with exit code 0. Where the API server is told nothing that it takes, the
    scheduler finds the instance running and its executor done, and has it called back."""
    error = end.error or Failure("ProcessEnded", end.said)
    again = bool(ti.max_tries and ti.try_number <= ti.max_tries)
    if again or end.well:
        _called_back(draft, ti, again)
    if again:
        _retry(draft, ti, task_api.RetryTask(error))
    else:
        _state(draft, ti, task_api.TaskState("failed", error))


ENDS: dict[type, Callable[[Draft, TaskInstance, Any], None]] = {
    task_api.SucceedTask: _succeed,
    task_api.TaskState: _state,
    task_api.RetryTask: _retry,
    task_api.DeferTask: _defer,
    task_api.AwaitInputTask: people.wait,
    task_api.RescheduleTask: _reschedule,
    task_api.Died: _died,
}


def fired(draft: Draft, event: Fired) -> None:
    """A trigger came to its end: the task goes on, or ends with it."""
    trigger = draft.world.triggers.get(event.number)
    draft.triggered(event.number)
    if trigger is None:
        return
    run_id, task_id, index = trigger.waiting
    waiting = draft.world.instance(draft.world.runs[trigger.dag_id, run_id], task_id, index)
    if waiting is None or waiting.state != "deferred" or waiting.trigger != event.number:
        return
    if event.state:
        _end_of_trigger(draft, waiting, event)
    elif event.error:
        _resume(draft, waiting, "__fail__", {"error": "Trigger failure", "traceback": event.error})
    else:
        _resume(draft, waiting, waiting.next_method, {**(waiting.next_kwargs or {}), "event": event.payload})


def _end_of_trigger(draft: Draft, ti: TaskInstance, event: Fired) -> None:
    """A ``BaseTaskEndEvent`` ends the task; a failure is tried again where tries are left, and stores nothing."""
    again = event.state == "failed" and ti.max_tries and ti.try_number <= ti.max_tries
    ti = draft.put(replace(ti, trigger=None))
    if event.state == "failed":
        _called_back(draft, ti, bool(again))
    if again:
        _retry(draft, ti, task_api.RetryTask())
        return
    for key, value in (event.xcoms or {}).items():
        draft.xcom((ti.dag_id, ti.run_id), (*ti.at, key), Stored(value))
    draft.change(ti, "triggerer", state=event.state, end_date=draft.world.now, next_method="")


def _called_back(draft: Draft, ti: TaskInstance, again: bool) -> None:
    kind = "on_retry_callback" if again else "on_failure_callback"
    draft.ask(CallBackOfTask(ti.dag_id, ti.run_id, *ti.at, kind))


def _deferred(draft: Draft) -> list[TaskInstance]:
    running = draft.world.runs.members(RUN_STATE, *RUN_ACTIVE)
    return [ti for run in running for ti in draft.world.instances[run.key].members(STATE, "deferred")]


def _resume(draft: Draft, ti: TaskInstance, method: str, kwargs: Any) -> None:
    fields = {"next_method": method, "next_kwargs": kwargs, "trigger": None, "trigger_timeout": None}
    draft.change(ti, "triggerer", state="scheduled", **fields)


def time_out_triggers(draft: Draft) -> None:
    """Triggers whose time is over: the task goes on with an error."""
    for ti in _deferred(draft):
        if ti.trigger_timeout is not None and ti.trigger_timeout < draft.world.now and ti.trigger is not None:
            draft.triggered(ti.trigger)
            draft.ask(StopTrigger(ti.trigger))
            _resume(draft, ti, "__fail__", {"error": "Trigger timeout"})
