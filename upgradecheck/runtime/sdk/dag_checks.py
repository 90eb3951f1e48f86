"""What makes a DAG invalid; the errors and words are Airflow's."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from upgradecheck.runtime.sdk.attributes import wrong_type
from upgradecheck.runtime.sdk.enums import DagRunType, TriggerRule
from upgradecheck.runtime.sdk.exceptions import OF_SERVER, ParamValidationError
from upgradecheck.runtime.sdk.timetable import AssetTriggeredTimetable

UnknownExecutorException: Any = OF_SERVER["UnknownExecutorException"]
TYPES: dict[str, Any] = {
    "description": str,
    "max_active_tasks": int,
    "max_active_runs": int,
    "max_consecutive_failed_dag_runs": int,
    "dagrun_timeout": timedelta,
    "dag_display_name": str,
}


# What Airflow asks of a value before it looks at its type: None, or another kind, fails there.
ASKED = {"default_args": "get", "owner_links": "items"}
TAKES_NONE = {"access_control": "items"}
ALERT = "DeadlineAlert"


def check_given(given: dict[str, Any]) -> None:
    """Raises ``AttributeError`` and ``TypeError`` for arguments that are given, and are none (checked)."""
    for name, member in ASKED.items():
        if name in given and not hasattr(given[name], member):
            raise AttributeError(f"{type(given[name]).__name__!r} object has no attribute {member!r}")
    for name, member in TAKES_NONE.items():
        if given.get(name) is not None and not hasattr(given[name], member):
            raise AttributeError(f"{type(given[name]).__name__!r} object has no attribute {member!r}")
    if "dag_display_name" in given and given["dag_display_name"] is None:
        raise wrong_type("dag_display_name", None)
    text = given.get("doc_md")
    if text is not None and not hasattr(text, "endswith"):
        raise AttributeError(f"{type(text).__name__!r} object has no attribute 'endswith'")


def check_dag(dag: Any) -> None:
    """Raises ``TypeError`` and ``ValueError`` where a field of a DAG does not fit."""
    for name, kind in TYPES.items():
        value = getattr(dag, name)
        if value is not None and not isinstance(value, kind):
            raise wrong_type(name, value)
    _check_deadline(dag.deadline)
    scheduled = dag.timetable.can_be_scheduled
    limit = dag.timetable.active_runs_limit
    if limit is not None and limit < dag.max_active_runs:
        name = type(dag.timetable).__name__
        raise ValueError(f"Invalid max_active_runs: {name} requires max_active_runs <= {limit}")
    if scheduled and dag.catchup and not ("start_date" in dag.default_args or dag.start_date):
        raise ValueError("start_date is required when catchup=True")
    if scheduled:
        _check_params(dag)
    if any(len(tag) > 100 for tag in dag.tags):
        raise ValueError("tag cannot be longer than 100 characters")
    _check_run_types(dag, scheduled)
    check_owner_links(dag)


def _check_deadline(given: Any) -> None:
    alerts = () if given is None else [given] if type(given).__name__ == ALERT else list(given)
    for alert in alerts:
        if type(alert).__name__ != ALERT:
            raise wrong_type("deadline", alert)


def check_owner_links(dag: Any) -> None:
    """Raises ``ValueError`` for links that lead nowhere."""
    wrong = {}
    for owner, link in dag.owner_links.items():
        parts = urlsplit(link)
        if not parts.path if parts.scheme == "mailto" else not parts.scheme or not parts.netloc:
            wrong[owner] = link
    if wrong:
        raise ValueError(
            f"Wrong link format was used for the owner. Use a valid link \nBad formatted links are: {wrong}"
        )


def _check_params(dag: Any) -> None:
    try:
        dag.params.validate()
    except ParamValidationError as error:
        raise ValueError(
            f"Dag {dag.dag_id!r} is not allowed to define a Schedule, as there are required params without default "
            "values, or the default values are not valid."
        ) from error


def _check_run_types(dag: Any, scheduled: bool) -> None:
    given = dag.allowed_run_types
    if not given:
        return
    allowed = {DagRunType(each) for each in ([given] if isinstance(given, str) else given)}
    if isinstance(dag.timetable, AssetTriggeredTimetable):
        if DagRunType.ASSET_TRIGGERED not in allowed:
            raise ValueError("allowed_run_types must include ASSET_TRIGGERED when the Dag is scheduled by assets")
    elif scheduled and DagRunType.SCHEDULED not in allowed:
        raise ValueError("allowed_run_types must include SCHEDULED when the Dag has a schedule defined")
    elif not scheduled and DagRunType.MANUAL not in allowed:
        raise ValueError(
            "allowed_run_types must include MANUAL when the Dag has no schedule defined (schedule=None)"
        )


def check_executors(dag: Any) -> None:
    """Raises ``UnknownExecutorException`` for a task's executor that the environment does not configure. Where it
    says nothing of executors, the deployment is not known: every name is taken."""
    given = os.environ.get("AIRFLOW__CORE__EXECUTOR", "")
    words = [word for entry in given.split(",") for word in entry.split(":")]
    known = {*words, *(word.rpartition(".")[2] for word in words)}
    for task in dag.tasks if given else ():
        if task.executor and task.executor not in known:
            raise UnknownExecutorException(
                f"Task '{task.task_id}' specifies executor '{task.executor}', which is not available. Make sure it "
                "is listed in your [core] executors configuration, or update the task's executor to use one of the "
                "configured executors."
            )


def check_setups(dag: Any) -> None:
    """Raises ``ValueError`` where a task right behind a setup has another rule than all_success."""
    for task in dag.tasks:
        if task.is_setup:
            for down in task.downstream_list:
                if not down.is_teardown and down.trigger_rule != TriggerRule.ALL_SUCCESS:
                    raise ValueError("Setup tasks must be followed with trigger rule ALL_SUCCESS.")
