"""A DAG's own callbacks: run by the DAG processor when a run ended."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime import context as contexts
from upgradecheck.runtime import task_api
from upgradecheck.runtime.current import Here, door
from upgradecheck.runtime.instance import Instance, RunRecord


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
    Here.context = context
    given = dag.on_success_callback if startup["success"] else dag.on_failure_callback
    for callback in given if isinstance(given, list | tuple) else [given]:
        try:
            callback(context)
        except Exception:  # Airflow logs it, and goes on
            continue
    door().tell(task_api.SucceedTask())
