"""May a task instance run now? Airflow's dependencies (``task.deps``), each a function: (state to set or None,
met).

All are asked, as in Airflow; what one sets counts for others in the next pass only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from upgradecheck.runtime import mapping
from upgradecheck.runtime.indexes import OF_DAG, TASK
from upgradecheck.runtime.model import Run, Task, TaskInstance, World
from upgradecheck.runtime.states import FAILURES, FINISHED, SUCCESSES
from upgradecheck.runtime.trigger_rules import verdict
from upgradecheck.runtime.view import View

Answer = tuple[str | None, bool]
MET: Answer = (None, True)
NOT_MET: Answer = (None, False)


def retry_period(view: View, ti: TaskInstance) -> Answer:
    """NotInRetryPeriodDep: the delay has passed."""
    waits = ti.state == "up_for_retry" and ti.retry_at is not None and ti.retry_at > view.world.now
    return NOT_MET if waits else MET


def reschedule_period(view: View, ti: TaskInstance) -> Answer:
    """ReadyToRescheduleDep: the date that the sensor asked for has come."""
    waits = ti.state == "up_for_reschedule" and ti.reschedule_at is not None and ti.reschedule_at > view.world.now
    return NOT_MET if waits else MET


def trigger_rule(view: View, ti: TaskInstance) -> Answer:
    """TriggerRuleDep: setups that are not right before it, the rule over its upstream, a teardown's scope."""
    task = view.dag.tasks[ti.task_id]
    if not task.upstream or task.trigger_rule == "always":
        return MET
    if not task.is_teardown:
        state, met = _setups(view, ti, task)
        if state:
            return state, False
        set_by_rule, runs = verdict(task.trigger_rule, view.counts(ti, task.upstream), ti.map_index)
        return set_by_rule, met and runs
    state, runs = verdict(task.trigger_rule, view.counts(ti, task.upstream), ti.map_index)
    return state, runs and (not task.scope or view.counts(ti, task.scope).done)


def _setups(view: View, ti: TaskInstance, task: Task) -> Answer:
    indirect = [name for name in task.setups if name not in task.upstream]
    if not indirect:
        return MET
    counts = view.counts(ti, indirect)
    if counts.bad:
        return "upstream_failed", False
    if counts.skipped:
        return "skipped", False
    if counts.removed and counts.success and ti.map_index > -1 and counts.success <= ti.map_index:
        return "removed", False
    left = counts.n - counts.success - (counts.removed if ti.map_index > -1 else 0)
    return None, left <= 0


def previously_skipped(view: View, ti: TaskInstance) -> Answer:
    """NotPreviouslySkippedDep: no branch or short circuit before it said so. 3.3.2 looks at map index -1 unless the
    branch is a mapped operator: a branch inside a mapped group skips nothing."""
    stored = view.world.stored(view.run.key)
    for name in view.dag.tasks[ti.task_id].upstream:
        parent = view.dag.tasks[name]
        if not parent.skips or not view.ended(name):
            continue
        found = stored.get((name, ti.map_index if parent.expand is not None else -1, "skipmixin_key"))
        said = found.value if found else {}
        if "followed" in said and ti.task_id not in said["followed"]:
            return "skipped", False
        if "followed" not in said and ti.task_id in said.get("skipped", ()):
            return "skipped", False
    return MET


def mapped_upstream(view: View, ti: TaskInstance) -> Answer:
    """MappedTaskUpstreamDep: what it is mapped over did not fail and was not skipped."""
    names = mapping.dependencies(view.dag, view.dag.tasks[ti.task_id])
    whole = [view.world.instance(ti, name) for name in names]
    ends = {other.state for other in whole if other is not None and other.state in FINISHED}
    if not ends or ends == {"success"}:
        return MET
    if ends & FAILURES:
        return "upstream_failed", False
    return ("skipped" if "skipped" in ends else None), False


def previous_run(view: View, ti: TaskInstance) -> Answer:
    """PrevDagrunDep: with depends_on_past the same task of the run before succeeded or was skipped."""
    task = view.dag.tasks[ti.task_id]
    if not task.depends_on_past:
        return MET
    before = _run_before(view.world, view.run, view.dag.catchup)
    if before is None or (
        view.dag.catchup and task.start_date and before.logical_date and before.logical_date < task.start_date
    ):
        return MET
    there = view.world.instances[before.key]
    mine = there.members(TASK, ti.task_id)
    if not mine:
        return MET if task.ignore_first and not _ever(view, ti) else NOT_MET
    if any(other.state not in SUCCESSES for other in mine):
        return NOT_MET
    if task.waits_for_downstream and any(
        other.state not in SUCCESSES for other in there.members(TASK, *task.downstream)
    ):
        return NOT_MET
    return MET


def _run_before(world: World, run: Run, scheduled_only: bool) -> Run | None:
    if run.logical_date is None:
        return None
    kinds = ("scheduled", "backfill") if scheduled_only else ()
    return max(
        (
            other
            for other in world.runs.members(OF_DAG, run.dag_id)
            if other.logical_date is not None
            and other.logical_date < run.logical_date
            and (not kinds or other.run_type in kinds)
        ),
        key=lambda other: other.logical_date or run.run_after,
        default=None,
    )


def _ever(view: View, ti: TaskInstance) -> bool:
    date = view.run.logical_date
    return date is not None and any(
        other.logical_date is not None and other.logical_date < date and ti.at in view.world.instances[other.key]
        for other in view.world.runs.members(OF_DAG, ti.dag_id)
    )


TIMED: tuple[Callable[[View, TaskInstance], Answer], ...] = (retry_period, reschedule_period)
OTHERS: tuple[Callable[[View, TaskInstance], Answer], ...] = (
    previous_run,
    trigger_rule,
    previously_skipped,
    mapped_upstream,
)


def evaluate(view: View, ti: TaskInstance, *, ignore_periods: bool = False) -> Answer:
    """(the state that the scheduler sets, are all met). A failure outranks a skip."""
    answers = [ask(view, ti) for ask in (OTHERS if ignore_periods else TIMED + OTHERS)]
    states = {state for state, _ in answers if state}
    met = all(met for _, met in answers)
    waits = view.dag.tasks[ti.task_id].waits_for_past_to_skip
    if states == {"skipped"} and waits and not previous_run(view, ti)[1]:
        return None, False
    for state in ("upstream_failed", "removed", "skipped"):
        if state in states:
            return state, False
    return None, met


def deadline(ti: TaskInstance) -> datetime | None:
    """When the clock has to look at it again."""
    if ti.state == "up_for_retry":
        return ti.retry_at
    if ti.state == "up_for_reschedule":
        return ti.reschedule_at
    return ti.trigger_timeout if ti.state in ("deferred", "awaiting_input") else None
