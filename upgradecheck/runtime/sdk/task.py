"""``task`` and its kinds."""

from __future__ import annotations

import functools
from typing import Any

from upgradecheck.runtime.sdk.exceptions import AirflowSkipException
from upgradecheck.runtime.sdk.isolated_ops import isolated_tasks
from upgradecheck.runtime.sdk.python_ops import branch_task, python_task, sensor_task, short_circuit_task
from upgradecheck.runtime.sdk.standard_ops import bash_task
from upgradecheck.runtime.unmodelled import NotModelled

HOME = "airflow.sdk"
KINDS: dict[str, Any] = {
    "python": python_task,
    "branch": branch_task,
    "short_circuit": short_circuit_task,
    "sensor": sensor_task,
    "bash": bash_task,
    **isolated_tasks,
}
NOT_MODELLED = [
    "docker",
    "kubernetes",
    "kubernetes_cmd",
    "pyspark",
    "snowpark",
    "llm",
    "agent",
    "stub",
]


def _condition(condition: Any, said: str, wanted: bool, name: str) -> Any:
    def decorator(task: Any) -> Any:
        if not getattr(task, "_is_task_decorator", False):
            raise TypeError(f"{name} can only be used with task. decorate with @task before @{name}.")
        before = task.kwargs.get("pre_execute")

        @functools.wraps(condition)
        def pre_execute(context: Any) -> None:
            if before is not None:
                before(context)
            found = condition(context)
            found, message = found if isinstance(found, tuple) else (found, None)
            if bool(found) is not wanted:
                raise AirflowSkipException(message or said)

        task.kwargs["pre_execute"] = pre_execute
        return task

    return decorator


def run_if(condition: Any, skip_message: str | None = None) -> Any:
    """Skip unless."""
    return _condition(condition, skip_message or "Task was skipped due to condition.", True, "run_if")


def skip_if(condition: Any, skip_message: str | None = None) -> Any:
    """Skip if."""
    return _condition(condition, skip_message or "Task was skipped due to condition.", False, "skip_if")


class TaskDecoratorCollection:
    """``@task``, ``@task.branch`` …"""

    run_if = staticmethod(run_if)
    skip_if = staticmethod(skip_if)

    def __getattr__(self, name: str) -> Any:
        if name in KINDS:
            return KINDS[name]
        if name in NOT_MODELLED:
            raise NotModelled(f"@task.{name} is not modelled")
        raise AttributeError(f"task decorator {name!r} not found")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``@task``."""
        return python_task(*args, **kwargs)


task = TaskDecoratorCollection()


def result(decorated: Any) -> Any:
    """The task whose output is the DAG's."""
    if not getattr(decorated, "_is_task_decorator", False):
        raise TypeError("@result must be used on top of a @task-decorated function")
    decorated.returns_dag_result = True
    return decorated


__all__ = ["result", "run_if", "skip_if", "task"]
HOMES = dict.fromkeys(("run_if", "skip_if"), "airflow.sdk.definitions.decorators.condition")
