"""Ids, "not given", and the names that only a running task knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

HOME = "airflow.sdk.definitions._internal.types"
DAG_KEY = re.compile(r"^[\w.-]+$")
GROUP_KEY = re.compile(r"^[\w\-]+$")


class ArgNotSet:
    """The type of ``NOTSET``."""

    @staticmethod
    def serialize() -> str:
        """As an XCom."""
        return "NOTSET"

    def __repr__(self) -> str:
        return "NOTSET"

    def __copy__(self) -> ArgNotSet:
        return self

    def __deepcopy__(self, memo: Any) -> ArgNotSet:
        return self


NOTSET = ArgNotSet()


def is_arg_set(value: Any) -> bool:
    """Was a value given?"""
    return value is not NOTSET


KNOWN_CONTEXT_KEYS = frozenset(
    [
        "conn",
        "dag",
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "outlet_events",
        "ds",
        "ds_nodash",
        "expanded_ti_count",
        "exception",
        "inlets",
        "inlet_events",
        "logical_date",
        "macros",
        "map_index_template",
        "outlets",
        "params",
        "prev_data_interval_start_success",
        "prev_data_interval_end_success",
        "prev_start_date_success",
        "prev_end_date_success",
        "reason",
        "run_id",
        "start_date",
        "task",
        "task_reschedule_count",
        "task_instance",
        "task_instance_key_str",
        "templates_dict",
        "test_mode",
        "ti",
        "triggering_asset_events",
        "try_number",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "var",
        "partition_key",
        "partition_date",
        "task_state_store",
        "asset_state_store",
    ]
)


def validate_key(key: str, max_length: int = 250, shape: re.Pattern[str] = DAG_KEY, dots: str = ", dots,") -> None:
    """Raises ``TypeError`` or ``ValueError`` (as Airflow does) where this is no id of a DAG or task."""
    if not isinstance(key, str):
        raise TypeError(f"The key has to be a string and is {type(key)}:{key}")
    if len(key) > max_length:
        raise ValueError(f"The key has to be less than {max_length} characters, not {len(key)}")
    if not shape.match(key):
        raise ValueError(
            f"The key {key!r} has to be made of alphanumeric characters, dashes{dots} and underscores exclusively"
        )


def validate_group_key(key: str) -> None:
    """Raises ``TypeError`` or ``ValueError`` where this is no id of a group."""
    validate_key(key, 200, GROUP_KEY, ",")


def as_list(value: Any) -> list[Any]:
    """One or many, as many."""
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]


__all__ = ["NOTSET", "ArgNotSet", "is_arg_set"]
HOMES = {"ArgNotSet": "airflow.serialization.definitions.notset"}
