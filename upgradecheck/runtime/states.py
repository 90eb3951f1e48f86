"""The states of task instances: what may become what, and who says so. Every change goes through ``check``."""

from __future__ import annotations

UNFINISHED = frozenset(
    [
        "scheduled",
        "queued",
        "running",
        "deferred",
        "awaiting_input",
        "up_for_reschedule",
        "up_for_retry",
        "restarting",
    ]
) | {None}
FINISHED = frozenset(["success", "failed", "skipped", "upstream_failed", "removed"])
FAILURES = frozenset({"failed", "upstream_failed"})
SUCCESSES = frozenset({"success", "skipped"})
SCHEDULABLE = (None, "up_for_retry", "up_for_reschedule")
STARTED = ("queued", "running")
RUN_DONE = frozenset({"success", "failed"})
RUN_ACTIVE = ("queued", "running")

TRANSITIONS: dict[str | None, frozenset[str | None]] = {
    # scheduler: dependencies met; or decided by rules, skips, mapping over nothing; EmptyOperator ends at once
    None: frozenset({"scheduled", "success", "skipped", "upstream_failed", "removed", "deferred"}),
    "up_for_retry": frozenset({"scheduled", "success", "skipped", "upstream_failed", "removed", None, "failed"}),
    "up_for_reschedule": frozenset({"scheduled", "skipped", "upstream_failed", "removed", None, "failed"}),
    # scheduler: slots are free; operators that start in the triggerer
    "scheduled": frozenset({"queued", "deferred", "skipped", "removed", "success", None, "failed"}),
    # the task's process reports
    "queued": frozenset({"running", "skipped", "failed", "removed", None}),
    "running": frozenset(
        [
            "success",
            "failed",
            "skipped",
            "up_for_retry",
            "deferred",
            "awaiting_input",
            "up_for_reschedule",
            "restarting",
        ]
    ),
    # the triggerer, a timeout, a person
    "deferred": frozenset({"scheduled", "success", "failed", "skipped", "up_for_retry", "removed", None}),
    "awaiting_input": frozenset({"scheduled", "skipped", "failed", "removed", None}),
    "restarting": frozenset({"queued", "running", "failed", "up_for_retry", "removed", None}),
    # a clear
    "success": frozenset({None, "removed", "restarting"}),
    "failed": frozenset({None, "removed"}),
    "skipped": frozenset({None, "removed"}),
    "upstream_failed": frozenset({None, "removed", "skipped"}),
    "removed": frozenset({None}),
}


class IllegalTransition(AssertionError):
    """A part of the runtime asked for a change that the table does not have."""


def check(old: str | None, new: str | None, who: str) -> None:
    """Raises ``IllegalTransition`` where the table says no."""
    if old != new and new not in TRANSITIONS[old]:
        raise IllegalTransition(f"{who}: {old} -> {new}")
