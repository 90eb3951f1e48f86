"""A task for a comparison: nothing of it is executed; each field is rendered alone, so that one that fails hides no
other, and the keys of the context that it uses are looked at."""

from __future__ import annotations

import copy
import re
from datetime import datetime
from typing import Any

from upgradecheck.runtime import dialect, task_api
from upgradecheck.runtime.current import Here, door
from upgradecheck.runtime.earlier.uses import used
from upgradecheck.runtime.outcomes import outcome
from upgradecheck.runtime.task_runner import _assumed, _dependants, shown
from upgradecheck.runtime.unmodelled import NotModelled

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
PLAIN = str | int | float | bool | datetime | None


def survey(task: Any, startup: dict[str, Any]) -> None:
    """Look at it, tell, and end well."""
    spoken = dialect.current()
    make_instance, make_run = spoken.records()
    ti, run = make_instance(startup["ti"], task), make_run(startup["run"])
    ti.cached_context = Here.context = {}
    context = spoken.context(ti, run)
    ti.cached_context = Here.context = context
    env = task.dag.get_template_env()
    names = used(task, env)
    said = {"fields": _fields(ti, context, env), "keys": {name: _value(context, name) for name in names}}
    door().ask(task_api.SetRenderedFields(said))
    _leave_result(ti, startup["result"])
    door().tell(outcome(ti, context, None).end)


def _value(context: dict[str, Any], key: str) -> Any:
    """None where there is no such key; its value as text where it is a plain one."""
    if key not in context:
        return None
    value = context[key]
    return {"value": str(value) if isinstance(value, PLAIN) else ""}


def _fields(ti: Any, context: dict[str, Any], env: Any) -> dict[str, Any]:
    task = ti.task
    if task.is_mapped:
        try:
            task = context["task"] = ti.task = task.unmap(task._mapped_kwargs(context)[0])
        except Exception as error:  # told as what becomes of its templates
            return {"": _told(error)}
    return {name: _field(copy.copy(task), name, context, env) for name in task.template_fields}


def _field(task: Any, name: str, context: dict[str, Any], env: Any) -> dict[str, Any]:
    try:
        task._do_render_template_fields(task, (name,), context, env, set())
        return {"value": _lasting(shown(getattr(task, name, None)))}
    except Exception as error:  # what a template raises is what is asked for
        return _told(error)


def _lasting(value: Any) -> Any:
    """Without addresses in memory, which are others each time."""
    if isinstance(value, str):
        return ADDRESS.sub("", value)
    if isinstance(value, dict):
        return {key: _lasting(item) for key, item in value.items()}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def _told(error: Exception) -> dict[str, Any]:
    kind = "unknown" if isinstance(error, NotModelled) else "error"
    return {kind: f"{type(error).__name__}: {error}"}


def _leave_result(ti: Any, result: Any) -> None:
    """What others pull: the plan's result, or a word in its place."""
    if not ti.task.do_xcom_push or getattr(ti.task, "multiple_outputs", False):
        return
    value = _assumed(ti) if result is None else result
    mapped_over = bool(_dependants(ti))
    if value is None and not mapped_over:
        value = f"<result of {ti.task_id}>"
    ti.push("return_value", value, len(value) if mapped_over else None)
