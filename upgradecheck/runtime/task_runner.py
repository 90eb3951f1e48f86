"""One try of one task, in a process of its own: context, templates, hooks, ``execute``, XCom, outcome,
callbacks."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any

from upgradecheck.runtime import context as contexts
from upgradecheck.runtime import questions, serde, task_api
from upgradecheck.runtime.current import Here, Refused, door
from upgradecheck.runtime.instance import Instance, RunRecord
from upgradecheck.runtime.outcomes import Outcome, failure, outcome
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.exceptions import (
    AirflowException,
    AirflowInactiveAssetInInletOrOutletException,
    AirflowTaskTimeout,
    UnmappableXComTypePushed,
    XComForMappingNotPushed,
)
from upgradecheck.runtime.sdk.expand import ListOfDicts
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.variable import refused

TOO_LONG = {
    "status_code": 400,
    "message": "Server returned error",
    "detail": {
        "detail": {
            "reason": "unmappable_return_value_length",
            "message": "pushed value is too large to map as a downstream's dependency",
        }
    },
}
CALLBACKS = {
    "success": "on_success_callback",
    "skipped": "on_skipped_callback",
    "up_for_retry": "on_retry_callback",
    "failed": "on_failure_callback",
}


def run_task(task: Any, startup: dict[str, Any]) -> None:
    """Run it, tell how it ended, call back."""
    ti = Instance(startup["ti"], task)
    ti.should_retry = startup["should_retry"]  # type: ignore[attr-defined]
    run = RunRecord(startup["run"])
    try:
        context = contexts.build(ti, run)
    except Exception as error:  # params that do not fit, a broken asset: it ends the process before the try begins
        door().tell(task_api.Died(str(error), error=failure(error, task.dag.folder)))
        return
    ti.cached_context = Here.context = context
    _end(ti, context, attempt(ti, context, startup), called=startup["execute"])


def attempt(ti: Any, context: Any, startup: dict[str, Any]) -> Outcome:
    """The try itself, up to its outcome."""
    try:
        for key in startup["clear"]:
            door().ask(task_api.DeleteXCom(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, key))
        _prepare(ti, context)
        if startup["failure"] is not None:
            raise AirflowException(startup["failure"])
        given = startup["result"]
        executed = startup["execute"] and getattr(ti.task, "_modelled", True) and given is None
        if executed:
            result = _execute(ti, context, startup)
        else:
            result = _assumed(ti) if given is None else ti.task.decided(context, given)
        _name_index(ti, context, quiet=not executed)  # what it names is often put there by the task's code
        _push(ti, result)
    except (
        BaseException
    ) as error:  # whatever a task raises, also SystemExit: the table of outcomes has a row for it
        if isinstance(error, Exception):
            _name_index(ti, context, quiet=True)
        return outcome(ti, context, error)
    return outcome(ti, context, None)


def _prepare(ti: Any, context: Any) -> None:
    was_mapped = ti.task.is_mapped
    ti.task.render_template_fields(context, ti.task.dag.get_template_env())
    ti.is_mapped = was_mapped
    context["task"] = ti.task
    door().ask(
        task_api.SetRenderedFields({name: shown(getattr(ti.task, name, None)) for name in ti.task.template_fields})
    )
    _name_index(ti, context, quiet=True)
    if (ti.task.inlets or ti.task.outlets) and (inactive := door().ask(questions.ValidateInletsAndOutlets())):
        raise AirflowInactiveAssetInInletOrOutletException(inactive)


def shown(value: Any) -> Any:
    """A rendered field as the report has it: JSON, or how the value prints."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return (
        str(value) if not callable(value) else f"<callable {getattr(value, '__qualname__', type(value).__name__)}>"
    )


def _name_index(ti: Any, context: Any, *, quiet: bool) -> None:
    template = context.get("map_index_template")
    if template is None:
        return
    try:
        name = ti.task.dag.get_template_env().from_string(template).render(context)
    except Exception:  # before and after a failure the name is a courtesy; after a success its error is the task's
        if quiet:
            return
        raise
    if name and name != ti.rendered_map_index:
        ti.rendered_map_index = name
        door().ask(task_api.SetRenderedMapIndex(name))


def _environment(ti: Any, context: Any) -> None:
    run = context["dag_run"]
    date = run.logical_date
    values = {
        "DAG_ID": ti.dag_id,
        "TASK_ID": ti.task_id,
        "LOGICAL_DATE": date.isoformat() if date is not None else "",
        "TRY_NUMBER": ti.try_number,
        "DAG_RUN_ID": ti.run_id,
        "DAG_OWNER": ti.task.owner,
        "DAG_EMAIL": "",
    }
    os.environ.update({f"AIRFLOW_CTX_{name}": str(value) for name, value in values.items() if value != ""})


def _hook(function: Any, context: Any, *args: Any) -> None:
    from upgradecheck.runtime.sdk.python_ops import drained

    found = function(context, *args)
    if inspect.isgenerator(found):
        drained(found, context)


def _execute(ti: Any, context: Any, startup: dict[str, Any]) -> Any:
    task = ti.task
    run = task.execute
    if startup["next_method"]:
        kwargs = serde.deserialize(startup["next_kwargs"] or {})
        run = functools.partial(task.resume_execution, startup["next_method"], kwargs)
    _environment(ti, context)
    if task._pre_execute_hook is not None:
        _hook(task._pre_execute_hook, context)
    if type(task).pre_execute is not BaseOperator.pre_execute:
        _hook(task.pre_execute, context)
    call_back(task, "on_execute_callback", context)
    result = _timed(task, run, context)
    if task._post_execute_hook is not None:
        _hook(task._post_execute_hook, context, result)
    if type(task).post_execute is not BaseOperator.post_execute:
        _hook(task.post_execute, context)  # no result: 3.3.2 forgets it
    return result


def _timed(task: Any, run: Any, context: Any) -> Any:
    timeout = task.execution_timeout
    if timeout is not None:
        if timeout.total_seconds() <= 0:
            raise AirflowTaskTimeout()
        door().deadline = door().now + timeout.total_seconds()

        def expire() -> None:
            task.on_kill()
            raise AirflowTaskTimeout(f"Timeout, PID: {os.getpid()}")

        door().expire = expire
    try:
        return run(context=context)
    finally:
        door().deadline = None


def _dependants(ti: Any) -> list[Any]:
    """What is mapped over what this task returns."""
    origin = ti.task.dag.task_dict.get(ti.task_id, ti.task)
    return [] if ti.is_mapped else list(origin.iter_mapped_dependants())


def _assumed(ti: Any) -> Any:
    """A task that is not executed, and whose result the plan does not have: one value where others map over it."""
    found = _dependants(ti)
    if not found:
        return None
    return [{}] if any(isinstance(each.mapped_over, ListOfDicts) for each in found) else [None]


def _push(ti: Any, result: Any) -> None:
    """Store what was returned; a task that others map over has to return a list or dictionary."""
    value = result if ti.task.do_xcom_push else None
    mapped_over = bool(_dependants(ti))
    if value is None:
        if mapped_over:
            raise XComForMappingNotPushed()
        return
    length = None
    if mapped_over:
        if not isinstance(value, Sequence | dict) or isinstance(value, str | bytes | bytearray):
            raise UnmappableXComTypePushed(value)
        length = len(value)
        if length > conf.getint("core", "max_map_length"):
            raise refused(Refused("API_SERVER_ERROR", TOO_LONG))
    if ti.task.multiple_outputs:
        if not isinstance(value, Mapping):
            raise TypeError(f"Returned output was type {type(value)} expected dictionary for multiple_outputs")
        for key in value:
            if not isinstance(key, str):
                raise TypeError(
                    "Returned dictionary keys must be strings when using "
                    f"multiple_outputs, found {key} ({type(key)}) instead"
                )
        for key, item in value.items():
            ti.xcom_push(key, item)
    ti.push("return_value", result, length)


def _end(ti: Any, context: Any, found: Outcome, *, called: bool) -> None:
    """Callbacks belong to the try: they run before the process says its last word, and see its outcome."""
    ti.state = found.state
    context["exception"] = found.error  # also where there is none (``task_runner.main``)
    if called and (name := CALLBACKS.get(found.state.value)):
        call_back(ti.task, name, context)
    door().tell(found.end)


def call_back(task: Any, kind: str, context: Any) -> None:
    """Each in order; an error in one is its own."""
    given = getattr(task, kind, None) or []
    for callback in given if isinstance(given, list | tuple) else [given]:
        try:
            callback(context)
        except Exception:  # Airflow logs it, and goes on
            continue
