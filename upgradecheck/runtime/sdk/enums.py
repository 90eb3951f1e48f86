"""States, trigger rules, kinds of runs: the words of the data model, as DAG files import them."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any, cast

from upgradecheck.runtime import dialect

HOME = "airflow.sdk"


class Word(str, Enum):
    """A word that prints with its class (checked: 3.3.2), or as itself where the release prints it so."""

    def __str__(self) -> str:
        return self.value if dialect.current().plain_words else f"{type(self).__name__}.{self.name}"

    def __format__(self, spec: str) -> str:
        plain = sys.version_info < (3, 11)  # where Python itself formats the value
        return format(self.value if plain else str(self), spec)


class TaskInstanceState(Word):
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


class DagRunState(Word):
    """The state of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunType(Word):
    """Who made a run."""

    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class TriggerRule(Word):
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


class WeightRule(Word):
    """How the priorities of a task's neighbours count."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"


class _Plain(str, Enum):
    """Prints as itself, and knows its members."""

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def all_triggers(cls) -> set[Any]:
        """All of them."""
        return set(cls)

    all_weight_rules = all_triggers

    @classmethod
    def is_valid(cls, word: str) -> bool:
        """Is this one of them?"""
        return word in cls.all_triggers()


CoreTriggerRule: Any = cast("Any", _Plain)(
    "TriggerRule", {rule.name: rule.value for rule in TriggerRule}, module="airflow.task.trigger_rule"
)  # this one prints as itself


def _plain(name: str, module: str, words: str) -> Any:
    """Words that print as themselves, each under its name in capitals."""
    return cast("Any", _Plain)(name, {word.upper(): word for word in words.split()}, module=module)


class DagRunTriggeredByType(Enum):
    """By what a run was started."""

    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


STATES = "airflow.utils.state"
ENDED = "success failed skipped upstream_failed removed"
WAITING = "scheduled queued restarting up_for_retry up_for_reschedule deferred awaiting_input"
__all__ = ["DagRunState", "DagRunTriggeredByType", "DagRunType", "TaskInstanceState", "TriggerRule", "WeightRule"]
HOMES = {
    "DagRunTriggeredByType": "airflow.utils.types",
    "DagRunType": "airflow.sdk.api.datamodels._generated",
}
# Where Airflow has a second class of the same members, which compares equal.
ALSO = {
    "airflow.task.trigger_rule.TriggerRule": CoreTriggerRule,
    "airflow.task.weight_rule.WeightRule": _plain(
        "WeightRule", "airflow.task.weight_rule", "downstream upstream absolute"
    ),
    f"{STATES}.TerminalTIState": _plain(
        "TerminalTIState", STATES, "success failed skipped upstream_failed removed"
    ),
    f"{STATES}.IntermediateTIState": _plain("IntermediateTIState", STATES, WAITING),
    "airflow.jobs.job.JobState": _plain("JobState", "airflow.jobs.job", "running success restarting failed"),
}
