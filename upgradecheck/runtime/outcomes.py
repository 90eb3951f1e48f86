"""How a task ended decides what becomes of it: the first row that fits (``_run_task_and_map_outcome``)."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from upgradecheck.runtime import serde, task_api
from upgradecheck.runtime.current import Refused, door
from upgradecheck.runtime.model import Failure
from upgradecheck.runtime.sdk import exceptions as errors
from upgradecheck.runtime.sdk.enums import TaskInstanceState
from upgradecheck.runtime.sdk.variable import refused


class Outcome:
    """The last message, the state, and what was raised."""

    def __init__(self, end: Any, state: str, error: BaseException | None = None) -> None:
        self.end, self.state, self.error = end, TaskInstanceState(state), error


def failure(error: BaseException, folder: str = "") -> Failure:
    """What was raised, and the innermost line of the DAG's own files."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{frame.filename}:{frame.lineno}" for frame in frames if folder and frame.filename.startswith(folder)]
    message = str(error.msg if isinstance(error, SyntaxError) else error)
    if logged := getattr(error, "logged", None):
        message += f": {logged}"
    return Failure(type(error).__name__, message[:2000], own[-1] if own else "")


def _succeeded(ti: Any, context: Any, error: Any = None) -> Outcome:
    from upgradecheck.runtime.schedules import asset_leaf

    outlets = [asset_leaf(each) for each in ti.task.outlets]
    said = context["outlet_events"].events()
    end = task_api.SucceedTask(tuple(o for o in outlets if o), tuple(said), ti.rendered_map_index)
    return Outcome(end, "success")


def _downstream_skipped(ti: Any, context: Any, error: Any) -> Outcome:
    tasks = error.tasks if isinstance(error.tasks, list) else [error.tasks]
    door().ask(task_api.SkipDownstreamTasks(tasks))
    return _succeeded(ti, context)


def _skipped(ti: Any, context: Any, error: Any) -> Outcome:
    return Outcome(task_api.TaskState("skipped", failure(error, context["dag"].folder)), "skipped")


def _rescheduled(ti: Any, context: Any, error: Any) -> Outcome:
    return Outcome(task_api.RescheduleTask(error.reschedule_date), "up_for_reschedule")


def deferred(ti: Any, context: Any, error: Any) -> Outcome:
    """The task waits for its trigger."""
    classpath, kwargs = error.trigger.serialize()
    timeout = error.timeout.total_seconds() if error.timeout is not None else None
    end = task_api.DeferTask(
        classpath, serde.serialize(kwargs), error.method_name, serde.serialize(error.kwargs or {}), timeout
    )
    return Outcome(end, "deferred")


def _awaiting_input(ti: Any, context: Any, error: Any) -> Outcome:
    timeout = error.timeout.total_seconds() if error.timeout is not None else None
    end = task_api.AwaitInputTask(error.method_name, timeout, error.defaults, serde.serialize(error.params))
    return Outcome(end, "awaiting_input")


def _failed(ti: Any, context: Any, error: Any) -> Outcome:
    return Outcome(task_api.TaskState("failed", failure(error, context["dag"].folder)), "failed", error)


def _failed_or_retried(ti: Any, context: Any, error: Any) -> Outcome:
    decision = _decided(ti, context, error)
    action = decision.action.value if decision is not None else "default"
    if action == "fail":
        return _failed(ti, context, error)
    if ti.should_retry:
        delay = (
            decision.retry_delay.total_seconds() if action == "retry" and decision.retry_delay is not None else None
        )
        return Outcome(task_api.RetryTask(failure(error, context["dag"].folder), delay), "up_for_retry", error)
    return _failed(ti, context, error)


def _decided(ti: Any, context: Any, error: Any) -> Any:
    policy = getattr(ti.task, "retry_policy", None)
    if policy is None:
        return None
    try:
        return policy.evaluate(exception=error, try_number=ti.try_number, max_tries=ti.max_tries, context=context)
    except Exception:  # a policy that fails decides nothing: as in Airflow
        return None


def _run_triggered(ti: Any, context: Any, wanted: Any) -> Outcome:
    try:
        door().ask(
            task_api.TriggerDagRun(
                wanted.trigger_dag_id,
                wanted.dag_run_id,
                wanted.logical_date,
                wanted.run_after,
                wanted.conf,
                wanted.reset_dag_run,
            )
        )
    except Refused as said:
        if said.error != "DAGRUN_ALREADY_EXISTS":
            raise refused(said) from said
        if wanted.skip_when_already_exists:
            return Outcome(task_api.TaskState("skipped"), "skipped")
        return _failed(ti, context, refused(said))
    ti.xcom_push(key="trigger_run_id", value=wanted.dag_run_id)
    return _waited(ti, context, wanted) if wanted.wait_for_completion else _succeeded(ti, context)


def _waited(ti: Any, context: Any, wanted: Any) -> Outcome:
    if wanted.deferrable:
        from upgradecheck.runtime.sdk.external_triggers import DagStateTrigger

        states = [*wanted.allowed_states, *wanted.failed_states]
        trigger = DagStateTrigger(
            dag_id=wanted.trigger_dag_id,
            states=states,
            execution_dates=None,
            run_ids=[wanted.dag_run_id],
            poll_interval=wanted.poke_interval,
        )
        return deferred(ti, context, errors.TaskDeferred(trigger=trigger, method_name="execute_complete"))
    while True:
        time.sleep(wanted.poke_interval)
        state = ti.get_dagrun_state(wanted.trigger_dag_id, wanted.dag_run_id)
        if state in wanted.failed_states:
            error = errors.AirflowException(f"{wanted.trigger_dag_id} failed with failed state {state}")
            return _failed_or_retried(ti, context, error)
        if state in wanted.allowed_states:
            return _succeeded(ti, context)


Handler = Callable[[Any, Any, Any], Outcome]
OUTCOMES: tuple[tuple[tuple[type[BaseException], ...], Handler], ...] = (
    ((errors.DownstreamTasksSkipped,), _downstream_skipped),
    ((errors.DagRunTriggerException,), _run_triggered),
    ((errors.TaskDeferred,), deferred),
    ((errors.TaskAwaitingInput,), _awaiting_input),
    ((errors.AirflowSkipException,), _skipped),
    ((errors.AirflowRescheduleException,), _rescheduled),
    ((errors.AirflowFailException, errors.AirflowSensorTimeout, errors.AirflowTaskTerminated), _failed),
    ((BaseException,), _failed_or_retried),
)


def outcome(ti: Any, context: Any, error: BaseException | None) -> Outcome:
    """What becomes of a task that raised this, or nothing. An error while that is found out counts like one of
    the task."""
    if error is None:
        return _succeeded(ti, context)
    handle = next(handle for kinds, handle in OUTCOMES if isinstance(error, kinds))
    try:
        return handle(ti, context, error)
    except Exception as second:  # e.g. a deferral whose arguments are no JSON: fails like the task itself
        final = (errors.AirflowFailException, errors.AirflowSensorTimeout, errors.AirflowTaskTerminated)
        return (_failed if isinstance(second, final) else _failed_or_retried)(ti, context, second)
