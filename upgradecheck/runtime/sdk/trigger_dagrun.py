"""``TriggerDagRunOperator``."""

from __future__ import annotations

import datetime
import json
from typing import Any

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.configuration import conf as configuration
from upgradecheck.runtime.sdk.enums import DagRunState
from upgradecheck.runtime.sdk.exceptions import AirflowException, DagRunTriggerException
from upgradecheck.runtime.sdk.names import NOTSET
from upgradecheck.runtime.sdk.operator import BaseOperator

HOME = "airflow.providers.standard.operators.trigger_dagrun"


class DagIsPaused(AirflowException):
    """The DAG to trigger is paused."""

    def __init__(self, dag_id: str) -> None:
        super().__init__(dag_id)
        self.dag_id = dag_id

    def __str__(self) -> str:
        return f"Dag {self.dag_id} is paused"


def _date(name: str, value: Any) -> Any:
    if value is NOTSET or value is None or isinstance(value, str | datetime.datetime):
        return value
    raise TypeError(f"Expected str, datetime.datetime, or None for parameter '{name}'. Got {type(value).__name__}")


def _parsed(value: Any) -> Any:
    if value is None or isinstance(value, datetime.datetime):
        return value
    return timezone.parse(value)


class TriggerDagRunOperator(BaseOperator):
    """Starts a run of another DAG, and may wait for it."""

    template_fields: Any = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "run_after",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: Any = None,
        logical_date: Any = NOTSET,
        run_after: Any = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: Any = 60,
        allowed_states: Any = None,
        failed_states: Any = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: str | None = None,
        deferrable: bool | None = None,
        openlineage_inject_parent_info: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trigger_dag_id, self.trigger_run_id, self.conf, self.note = trigger_dag_id, trigger_run_id, conf, note
        self.reset_dag_run, self.wait_for_completion = reset_dag_run, wait_for_completion
        self.poke_interval, self.skip_when_already_exists = poke_interval, skip_when_already_exists
        self.allowed_states = [DagRunState(state) for state in allowed_states or ["success"]]
        self.failed_states = [
            DagRunState(state) for state in (["failed"] if failed_states is None else failed_states)
        ]
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        default = configuration.getboolean("operators", "default_deferrable")
        self.deferrable = default if deferrable is None else deferrable
        self.logical_date, self.run_after = logical_date, _date("run_after", run_after)

    def execute(self, context: Any) -> None:
        """Raises ``DagRunTriggerException``: the task runner does it."""
        _date("logical_date", self.logical_date)
        if self.logical_date is not NOTSET:
            logical_date = _parsed(self.logical_date)
        else:
            logical_date = timezone.utcnow() if self.run_after is NOTSET else None
        run_after = logical_date if self.run_after is NOTSET else _parsed(self.run_after)
        self._read_conf()
        date = run_after or timezone.utcnow()
        self.trigger_run_id = str(self.trigger_run_id or f"manual__{date.isoformat()}")
        if self.fail_when_dag_is_paused and context["ti"].get_dag(self.trigger_dag_id).is_paused:
            raise DagIsPaused(dag_id=self.trigger_dag_id)
        raise DagRunTriggerException(
            trigger_dag_id=self.trigger_dag_id,
            dag_run_id=self.trigger_run_id,
            conf=self.conf,
            logical_date=logical_date,
            run_after=None if self.run_after is NOTSET else run_after,
            reset_dag_run=self.reset_dag_run,
            skip_when_already_exists=self.skip_when_already_exists,
            wait_for_completion=self.wait_for_completion,
            allowed_states=self.allowed_states,
            failed_states=self.failed_states,
            poke_interval=self.poke_interval,
            deferrable=self.deferrable,
            note=self.note,
        )

    def _read_conf(self) -> None:
        try:
            if self.conf and isinstance(self.conf, str):
                self.conf = json.loads(self.conf)
            json.dumps(self.conf)
        except (TypeError, json.JSONDecodeError):
            raise ValueError(f"conf parameter should be JSON Serializable: {self.conf}") from None

    def execute_complete(self, context: Any, event: Any) -> None:
        """After a deferral. Raises ``AirflowException`` where the run failed."""
        _, data = event
        failed = [run_id for run_id in data["run_ids"] if data.get(run_id) in self.failed_states]
        if failed:
            raise AirflowException(
                f"{self.trigger_dag_id} failed with failed states {self.failed_states} for run_ids {failed}"
            )


__all__ = ["DagIsPaused", "TriggerDagRunOperator"]
