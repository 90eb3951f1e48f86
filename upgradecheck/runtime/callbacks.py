"""Callbacks that the DAG processor runs: a DAG's own when a run ended, and those of tasks that cannot do it."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime import context as contexts
from upgradecheck.runtime import task_api
from upgradecheck.runtime.current import Here, door
from upgradecheck.runtime.instance import Instance, RunRecord


def call_task(task: Any, startup: dict[str, Any]) -> None:
    """A task's own, for a process that ended without a word or a trigger that ended it."""
    ti = Instance(startup["ti"], task)
    ti.state = None  # the DAG processor gets an instance without its state
    context = ti.cached_context = contexts.build(ti, RunRecord(startup["run"]))
    _call(getattr(task, startup["kind"]), context)


def call_dag(dag: Any, startup: dict[str, Any]) -> None:
    """Each in order; an error in one is its own."""
    run = RunRecord(startup["run"])
    context: dict[str, Any] = {"dag": dag, "run_id": run.run_id}
    if startup["ti"]:
        task = dag.get_task(startup["ti"]["task_id"])
        ti = Instance(startup["ti"], task)
        ti.state = None  # the DAG processor gets an instance without its state
        context = contexts.build(ti, run)
        ti.cached_context = context
    context["reason"] = startup["reason"]
    _call(dag.on_success_callback if startup["success"] else dag.on_failure_callback, context)


def _call(given: Any, context: dict[str, Any]) -> None:
    Here.context = context
    for callback in given if isinstance(given, list | tuple) else [given] if given else []:
        try:
            callback(context)
        except Exception:  # Airflow logs it, and goes on
            continue
    door().tell(task_api.SucceedTask())
