"""``ExternalTaskSensor``, and other sensors of the standard provider."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.exceptions import AirflowException, AirflowSkipException
from upgradecheck.runtime.sdk.external_triggers import WorkflowTrigger, matched
from upgradecheck.runtime.sdk.odds import State
from upgradecheck.runtime.sdk.sensor import BaseSensorOperator
from upgradecheck.runtime.sdk.standard_ops import EmptyOperator

HOME = "airflow.providers.standard.sensors.external_task"
ERRORS = "airflow.providers.standard.exceptions"
TASK_STATES = [
    "removed",
    "scheduled",
    "queued",
    "running",
    "success",
    "restarting",
    "failed",
    "up_for_retry",
    "up_for_reschedule",
    "upstream_failed",
    "skipped",
    "deferred",
    "awaiting_input",
]
RUN_STATES = ("queued", "running", "success", "failed")


class DuplicateStateError(AirflowException):
    """A state is named twice."""


class ExternalDagNotFoundError(AirflowException):
    """No such DAG."""


class ExternalTaskNotFoundError(AirflowException):
    """No such task."""


class ExternalDagFailedError(AirflowException):
    """The DAG failed."""


class ExternalTaskFailedError(AirflowException):
    """A task failed."""


class ExternalTaskGroupFailedError(AirflowException):
    """A group failed."""


class ExternalTaskSensor(BaseSensorOperator):
    """Waits for tasks, a group or a run of another DAG at the same logical date, or another one."""

    template_fields: Any = ("external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Any = None,
        external_task_group_id: str | None = None,
        allowed_states: Any = None,
        skipped_states: Any = None,
        failed_states: Any = None,
        execution_delta: datetime.timedelta | None = None,
        execution_date_fn: Any = None,
        check_existence: bool = False,
        poll_interval: float | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.allowed_states = list(allowed_states) if allowed_states else ["success"]
        self.skipped_states, self.failed_states = list(skipped_states or ()), list(failed_states or ())
        self.external_dag_id, self.external_task_id = external_dag_id, external_task_id
        self.external_task_ids = external_task_ids or None
        self.external_task_group_id = external_task_group_id
        self.execution_delta, self.execution_date_fn = execution_delta, execution_date_fn
        self.check_existence = check_existence
        self.deferrable = conf.getboolean("operators", "default_deferrable") if deferrable is None else deferrable
        self._check()

    def _check(self) -> None:
        states = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(set(states)) != len(states):
            raise DuplicateStateError(
                "Duplicate values provided across allowed_states, skipped_states and failed_states."
            )
        for first, second in (
            ("external_task_id", "external_task_ids"),
            ("external_task_group_id", "external_task_ids"),
        ):
            if getattr(self, first) is not None and self.external_task_ids is not None:
                raise ValueError(
                    f"Only one of `{first}` or `{second}` may be provided to ExternalTaskSensor; "
                    "use external_task_id or external_task_ids or external_task_group_id."
                )
            if first == "external_task_id" and self.external_task_id is not None:
                self.external_task_ids = [self.external_task_id]
        of_tasks = bool(self.external_task_ids or self.external_task_group_id)
        if not set(states) <= {*(TASK_STATES if of_tasks else RUN_STATES)}:
            names = (
                "`external_task_id` or `external_task_ids` or `external_task_group_id` is not `None`"
                if of_tasks
                else "`external_task_id` and `external_task_group_id` is `None`"
            )
            raise ValueError(
                "Valid values for `allowed_states`, `skipped_states` and `failed_states` when "
                f"{names}: {State.task_states if of_tasks else State.dag_states}"
            )
        if self.execution_delta is not None and self.execution_date_fn is not None:
            raise ValueError(
                "Only one of `execution_delta` or `execution_date_fn` may be provided to ExternalTaskSensor; "
                "not both."
            )

    def _dates(self, context: Any) -> Sequence[Any]:
        date = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta:
            return [date - self.execution_delta]
        if self.execution_date_fn:
            from upgradecheck.runtime.sdk.decorated import determine_kwargs

            rest = {key: value for key, value in context.items() if key != "logical_date"}
            found = self.execution_date_fn(date, **determine_kwargs(self.execution_date_fn, [date], rest))
            return found if isinstance(found, list) else [found]
        return [date]

    def _count(self, context: Any, dates: Sequence[Any], states: list[str]) -> float:
        ti, dag_id = context["ti"], self.external_dag_id
        if self.external_task_ids:
            names = list(self.external_task_ids)
            return float(ti.get_ti_count(dag_id, task_ids=names, logical_dates=dates, states=states)) / len(names)
        if self.external_task_group_id:
            group = self.external_task_group_id
            return matched(ti.get_task_states(dag_id, task_group_id=group, logical_dates=dates), states)
        return float(ti.get_dr_count(dag_id, logical_dates=dates, states=states))

    def poke(self, context: Any) -> bool:
        """Are all in a state that is wanted? Raises where one is in a state that fails or skips."""
        if self.external_task_ids and len(self.external_task_ids) > len(set(self.external_task_ids)):
            raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        dates = self._dates(context)
        if self.failed_states and self._count(context, dates, self.failed_states) > 0:
            self._failed()
        if self.skipped_states and self._count(context, dates, self.skipped_states) > 0:
            raise AirflowSkipException(
                f"The external DAG {self.external_dag_id} reached a state in our states-to-skip-on list. Skipping."
            )
        return self._count(context, dates, self.allowed_states) == len(dates)

    def _failed(self) -> None:
        dag = f"DAG {self.external_dag_id}"
        error: type[AirflowException] = ExternalDagFailedError
        said = f"The external {dag} failed."
        if self.external_task_ids:
            error = ExternalTaskFailedError
            said = f"Some of the external tasks {self.external_task_ids} in {dag} failed."
        elif self.external_task_group_id:
            error = ExternalTaskGroupFailedError
            group = self.external_task_group_id
            said = f"The external task_group '{group}' in DAG '{self.external_dag_id}' failed."
        if self.soft_fail:
            raise AirflowSkipException(f"{said} Skipping due to soft_fail.")
        raise error(said)

    def execute(self, context: Any) -> Any:
        """Defer, or poke."""
        if not self.deferrable:
            super().execute(context)
            return None
        seconds = self.timeout or (self.execution_timeout.total_seconds() if self.execution_timeout else 0)
        trigger = WorkflowTrigger(
            external_dag_id=self.external_dag_id,
            external_task_group_id=self.external_task_group_id,
            external_task_ids=self.external_task_ids,
            allowed_states=self.allowed_states,
            failed_states=self.failed_states,
            skipped_states=self.skipped_states,
            poke_interval=self.poke_interval,
            soft_fail=self.soft_fail,
            logical_dates=list(self._dates(context)),
        )
        timeout = datetime.timedelta(seconds=seconds) if seconds else None
        return self.defer(timeout=timeout, trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """After a deferral."""
        if event is None:
            raise ExternalTaskNotFoundError("No event received from trigger")
        status = event["status"]
        if status == "success":
            return
        if status == "skipped":
            raise AirflowSkipException("External job has skipped skipping.")
        if self.soft_fail:
            raise AirflowSkipException("External job has failed skipping.")
        if status == "failed":
            raise ExternalDagFailedError("External job has failed.")
        raise ExternalTaskNotFoundError(
            "Error occurred while trying to retrieve task status. Please, check the name of executed task and Dag."
        )


class ExternalTaskMarker(EmptyOperator):
    """Says that another DAG waits for this task."""

    template_fields: Any = ("external_dag_id", "external_task_id", "logical_date")

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: Any = "{{ logical_date.isoformat() }}",
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.external_dag_id, self.external_task_id = external_dag_id, external_task_id
        self.logical_date, self.recursion_depth = logical_date, recursion_depth


__all__ = [
    "DuplicateStateError",
    "ExternalDagFailedError",
    "ExternalDagNotFoundError",
    "ExternalTaskFailedError",
    "ExternalTaskGroupFailedError",
    "ExternalTaskMarker",
    "ExternalTaskNotFoundError",
    "ExternalTaskSensor",
]
HOMES = {
    **{name: ERRORS for name in __all__ if name.endswith("Error")},
}
