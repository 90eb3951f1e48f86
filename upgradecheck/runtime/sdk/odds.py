"""Smaller things that DAG files import: states as constants, XCom, helpers, logging, what only types need."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from upgradecheck.runtime.sdk.enums import DagRunState, DagRunType, TaskInstanceState
from upgradecheck.runtime.sdk.names import KNOWN_CONTEXT_KEYS

HOME = "airflow.sdk"


class Context(dict[str, Any]):
    """The context, for annotations."""


class TaskInstance:
    """``ti``, for annotations."""


class BaseXCom:
    """XComs, through the task API."""

    XCOM_RETURN_KEY = "return_value"

    @classmethod
    def get_one(
        cls, *, key: str, task_id: str, dag_id: str, run_id: str, map_index: Any = None, **more: Any
    ) -> Any:
        """One value."""
        from upgradecheck.runtime import questions, serde
        from upgradecheck.runtime.current import door

        prior = bool(more.get("include_prior_dates"))
        return serde.deserialize(door().ask(questions.GetXCom(dag_id, run_id, task_id, key, map_index, prior)))

    get_value = get_one

    @classmethod
    def get_all(cls, *, key: str, task_id: str, dag_id: str, run_id: str, **more: Any) -> Any:
        """All of a task."""
        from upgradecheck.runtime import questions, serde
        from upgradecheck.runtime.current import door

        prior = bool(more.get("include_prior_dates"))
        found = door().ask(questions.GetXComs(dag_id, run_id, task_id, key, prior))
        return [serde.deserialize(value) for value in found] or None

    @classmethod
    def set(
        cls, key: str, value: Any, *, dag_id: str, task_id: str, run_id: str, map_index: int = -1, **more: Any
    ) -> None:
        """Store one."""
        from upgradecheck.runtime import serde, task_api
        from upgradecheck.runtime.current import door

        door().ask(task_api.SetXCom(dag_id, run_id, task_id, map_index, key, serde.serialize(value)))

    @classmethod
    def delete(cls, key: str, task_id: str, dag_id: str, run_id: str, map_index: int = -1) -> None:
        """Delete one."""
        from upgradecheck.runtime import task_api
        from upgradecheck.runtime.current import door

        door().ask(task_api.DeleteXCom(dag_id, run_id, task_id, map_index, key))


class BaseOperatorLink:
    """A link in the interface."""

    operators: Any = ()
    name = ""

    @property
    def xcom_key(self) -> str:
        """Where it is kept."""
        return f"_link_{type(self).__name__}"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address."""
        return ""


class _Named(str, Enum):
    def __str__(self) -> str:
        return str(self.value)


def _named(kind: type[Enum]) -> Any:
    made: Any = _Named
    return made(kind.__name__, {each.name: each.value for each in kind})


CoreState, CoreRunState = _named(TaskInstanceState), _named(DagRunState)


class State:
    """States as constants."""

    SUCCESS = CoreState.SUCCESS
    RUNNING = CoreState.RUNNING
    FAILED = CoreState.FAILED
    NONE = None
    REMOVED = CoreState.REMOVED
    SCHEDULED = CoreState.SCHEDULED
    QUEUED, RESTARTING, DEFERRED = (
        CoreState.QUEUED,
        CoreState.RESTARTING,
        CoreState.DEFERRED,
    )
    UP_FOR_RETRY = CoreState.UP_FOR_RETRY
    UP_FOR_RESCHEDULE = CoreState.UP_FOR_RESCHEDULE
    UPSTREAM_FAILED = CoreState.UPSTREAM_FAILED
    SKIPPED = CoreState.SKIPPED
    finished_dr_states = frozenset([CoreRunState.SUCCESS, CoreRunState.FAILED])
    unfinished_dr_states = frozenset([CoreRunState.QUEUED, CoreRunState.RUNNING])
    task_states: tuple[Any, ...] = (None, *CoreState)
    dag_states = (CoreRunState.QUEUED, CoreRunState.SUCCESS, CoreRunState.RUNNING, CoreRunState.FAILED)
    finished = frozenset([SUCCESS, FAILED, SKIPPED, UPSTREAM_FAILED, REMOVED])
    unfinished: frozenset[Any] = frozenset(set(task_states) - finished)
    failed_states = frozenset([FAILED, UPSTREAM_FAILED])
    success_states = frozenset([SUCCESS, SKIPPED])
    state_color: ClassVar[dict[Any, str]] = {
        None: "lightblue",
        "queued": "gray",
        "running": "lime",
        "success": "green",
        "restarting": "violet",
        "failed": "red",
        "up_for_retry": "gold",
        "up_for_reschedule": "turquoise",
        "upstream_failed": "orange",
        "skipped": "hotpink",
        "removed": "lightgrey",
        "scheduled": "tan",
    }

    @classmethod
    def color(cls, state: Any) -> str:
        """Of a state, in the UI."""
        return cls.state_color.get(state, "white")


class TaskInstanceKey(NamedTuple):
    """What tells one instance from another."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1


class ParsingContext(NamedTuple):
    """Which DAG a file is loaded for: none in particular."""

    dag_id: str | None = None
    task_id: str | None = None


def get_parsing_context() -> ParsingContext:
    """Which DAG a file is loaded for."""
    return ParsingContext(os.environ.get("_AIRFLOW_PARSING_CONTEXT_DAG_ID"))


class LoggingMixin:
    """Has a logger."""

    def __init__(self, context: Any = None) -> None:
        """Nothing."""

    @property
    def log(self) -> logging.Logger:
        """It."""
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")


class Opaque:
    """A class whose objects are kept and never asked: partition mappers, windows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.given = (args, kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


class _Anything:
    """Attributes of attributes, calls of calls."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Anything()


OPAQUE = [
    "AllowedKeyMapper",
    "ChainMapper",
    "DayWindow",
    "FanOutMapper",
    "FixedKeyMapper",
    "HourWindow",
    "IdentityMapper",
    "MinimumCount",
    "MonthWindow",
    "PartitionMapper",
    "ProductMapper",
    "QuarterWindow",
    "RollupMapper",
    "SegmentWindow",
    "StartOfDayMapper",
    "StartOfHourMapper",
    "StartOfMonthMapper",
    "StartOfQuarterMapper",
    "StartOfWeekMapper",
    "StartOfYearMapper",
    "WaitForAll",
    "WeekWindow",
    "Window",
    "YearWindow",
    "ResumableJobMixin",
]


def _opaque(name: str) -> type:
    made = type(name, (Opaque,), {"__module__": "airflow.sdk"})
    if name.endswith("Window"):
        made.Direction = _Anything()  # type: ignore[attr-defined]
    return made


def apply_defaults(function: Callable[..., Any]) -> Callable[..., Any]:
    """Nothing: operators do that by themselves."""
    return function


__all__ = [
    "BaseOperatorLink",
    "BaseXCom",
    "Context",
    "TaskInstance",
    "get_parsing_context",
]
ALSO: dict[str, Any] = {
    **{f"airflow.sdk.{name}": _opaque(name) for name in OPAQUE},
    **{f"airflow.partition_mappers.window.{name}": _opaque(name) for name in OPAQUE if name.endswith("Window")},
    **{f"airflow.partition_mappers.base.{name}": _opaque(name) for name in ("PartitionMapper", "RollupMapper")},
    "airflow.sdk.NEVER_EXPIRE": timedelta.max,
    "airflow.utils.state.State": State,
    "airflow.utils.state.TaskInstanceState": CoreState,
    "airflow.utils.state.DagRunState": CoreRunState,
    "airflow.utils.types.DagRunType": _named(DagRunType),
    "airflow.models.taskinstancekey.TaskInstanceKey": TaskInstanceKey,
    "airflow.sdk.types.TaskInstanceKey": TaskInstanceKey,
    "airflow.sdk.execution_time.xcom.XCom": BaseXCom,
    "airflow.sdk.definitions._internal.logging_mixin.LoggingMixin": LoggingMixin,
    "airflow.utils.log.logging_mixin.LoggingMixin": LoggingMixin,
    "airflow.sdk.definitions.context.KNOWN_CONTEXT_KEYS": set(KNOWN_CONTEXT_KEYS),
}
