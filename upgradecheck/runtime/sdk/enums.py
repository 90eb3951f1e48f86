"""States, trigger rules, kinds of runs: the words of the data model, as DAG files import them."""

from __future__ import annotations

from enum import Enum

HOME = "airflow.sdk"


class TaskInstanceState(str, Enum):
    """The state of a task instance."""

    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


class DagRunState(str, Enum):
    """The state of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunType(str, Enum):
    """Who made a run."""

    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class TriggerRule(str, Enum):
    """What a task wants of its upstream tasks."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    ALL_SKIPPED = "all_skipped"

    def __str__(self) -> str:
        return self.value


class WeightRule(str, Enum):
    """How the priorities of a task's neighbours count."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"


__all__ = ["DagRunState", "DagRunType", "TaskInstanceState", "TriggerRule", "WeightRule"]
HOMES = {"DagRunType": "airflow.sdk.api.datamodels._generated"}
# Where Airflow has a second class of the same members, which compares equal.
ALSO = {
    "airflow.task.trigger_rule.TriggerRule": TriggerRule,
    "airflow.task.weight_rule.WeightRule": WeightRule,
}
