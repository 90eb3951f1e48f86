"""``default_args`` of DAG, group and task merged; the values that fields of a task are checked against."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from upgradecheck.runtime.sdk.params import ParamsDict

EXPECTED: dict[str, Any] = {
    **dict.fromkeys(
        [
            "task_id",
            "queue",
            "pool",
            "trigger_rule",
            "run_as_user",
            "map_index_template",
            "executor",
            "doc",
            "doc_md",
            "doc_json",
            "doc_yaml",
            "doc_rst",
            "task_display_name",
            "logger_name",
        ],
        str,
    ),
    **dict.fromkeys(
        [
            "email_on_retry",
            "email_on_failure",
            "depends_on_past",
            "ignore_first_depends_on_past",
            "wait_for_downstream",
            "wait_for_past_depends_before_skipping",
            "do_xcom_push",
            "multiple_outputs",
            "allow_nested_operators",
        ],
        bool,
    ),
    **dict.fromkeys(
        [
            "retries",
            "priority_weight",
            "pool_slots",
            "task_concurrency",
            "max_active_tis_per_dag",
            "max_active_tis_per_dagrun",
        ],
        int,
    ),
    "email": (str, Sequence),
    "retry_exponential_backoff": (int, float),
    "start_date": datetime,
    "end_date": datetime,
}


def _sourced(params: ParamsDict, source: str) -> ParamsDict:
    for param in params._params.values():
        param.source = param.source or source
    return params


def merged(dag: Any, group: Any, params: Any, default_args: Any) -> tuple[dict[str, Any], ParamsDict]:
    """What a task gets where it says nothing itself. Raises ``TypeError``, as Airflow, for what is no mapping."""
    args: dict[str, Any] = {}
    found = ParamsDict()
    if dag:
        args.update(dag.default_args)
        found = _sourced(copy.deepcopy(dag.params), "dag")
        if group:
            if group.default_args and not isinstance(group.default_args, Mapping):
                raise TypeError("default_args must be a mapping")
            args.update(group.default_args)
    if params:
        if not isinstance(params, Mapping):
            raise TypeError(f"params must be a mapping, got {type(params)}")
        found.update(_sourced(ParamsDict(params), "task"))
    if default_args:
        if not isinstance(default_args, Mapping):
            raise TypeError(f"default_args must be a mapping, got {type(params)}")
        args.update(default_args)
        if default_args.get("params"):
            found.update(_sourced(ParamsDict(default_args["params"]), "task"))
    return args, found


def check_types(task: Any) -> None:
    """Raises ``TypeError`` where a field of a task has another type than it may."""
    for name, expected in EXPECTED.items():
        value = getattr(task, name, None)
        if value is not None and not isinstance(value, expected):
            raise TypeError(
                f"{name!r} for task {task.node_id!r} expects {expected}, got {type(value)} with value {value!r}"
            )


def retries(value: Any) -> int:
    """A number of retries. Raises ``TypeError``."""
    if value is None:
        return 0
    if type(value) is int:
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"'retries' type must be int, not {type(value).__name__}") from None


def span(value: Any) -> Any:
    """Seconds, or a span, as a span."""
    return value if value is None or isinstance(value, timedelta) else timedelta(seconds=value)
