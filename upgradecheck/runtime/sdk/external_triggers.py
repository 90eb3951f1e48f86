"""Triggers of the standard provider that wait for other DAGs, and for files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from upgradecheck.runtime.sdk.triggers import BaseTrigger, TriggerEvent

HOME = "airflow.providers.standard.triggers.external_task"


def matched(by_run: dict[str, dict[str, Any]], states: Any) -> int:
    """How many runs have all their tasks in some states."""
    return sum(1 for tasks in by_run.values() if all(state in states for state in tasks.values()))


class WorkflowTrigger(BaseTrigger):
    """Waits for tasks, a group or a run of another DAG."""

    def __init__(
        self,
        external_dag_id: str,
        run_ids: Any = None,
        execution_dates: Any = None,
        logical_dates: Any = None,
        external_task_ids: Any = None,
        external_task_group_id: str | None = None,
        failed_states: Any = None,
        skipped_states: Any = None,
        allowed_states: Any = None,
        poke_interval: float = 2.0,
        soft_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.external_dag_id, self.external_task_ids = external_dag_id, external_task_ids
        self.external_task_group_id, self.run_ids, self.logical_dates = (
            external_task_group_id,
            run_ids,
            logical_dates,
        )
        self.failed_states, self.skipped_states, self.allowed_states = failed_states, skipped_states, allowed_states
        self.poke_interval, self.soft_fail = poke_interval, soft_fail

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All that it was given."""
        names = [
            "external_dag_id",
            "external_task_ids",
            "external_task_group_id",
            "failed_states",
            "skipped_states",
            "allowed_states",
            "poke_interval",
            "soft_fail",
            "run_ids",
            "logical_dates",
        ]
        return f"{HOME}.WorkflowTrigger", {name: getattr(self, name) for name in names}

    def _count(self, states: Any) -> int:
        from upgradecheck.runtime.instance import Instance

        where = {"logical_dates": self.logical_dates, "run_ids": self.run_ids}
        if self.external_task_ids:
            names = list(self.external_task_ids)
            found = Instance.get_ti_count(self.external_dag_id, task_ids=names, states=states, **where)
            return int(found / len(names))
        if self.external_task_group_id:
            group = self.external_task_group_id
            return matched(
                Instance.get_task_states(self.external_dag_id, task_group_id=group, **where), states or []
            )
        return Instance.get_dr_count(self.external_dag_id, states=states, **where)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask again and again."""
        wanted = len(self.run_ids or self.logical_dates or [])
        while True:
            for status in ("failed", "skipped"):
                states = getattr(self, f"{status}_states")
                if states and self._count(states) > 0:
                    yield TriggerEvent({"status": status})
                    return
            if self._count(self.allowed_states) == wanted:
                yield TriggerEvent({"status": "success"})
                return
            await asyncio.sleep(self.poke_interval)


class DagStateTrigger(BaseTrigger):
    """Waits for runs of another DAG to end."""

    def __init__(
        self,
        dag_id: str,
        states: Any,
        run_ids: Any = None,
        execution_dates: Any = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id, self.states, self.run_ids = dag_id, states, run_ids
        self.execution_dates, self.poll_interval = execution_dates, poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All that it was given."""
        names = ("dag_id", "states", "poll_interval", "run_ids", "execution_dates")
        return f"{HOME}.DagStateTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask again and again."""
        from upgradecheck.runtime.instance import Instance

        wanted = len(self.run_ids or self.execution_dates or [])
        classpath, data = self.serialize()
        while Instance.get_dr_count(self.dag_id, self.execution_dates, self.run_ids, self.states) != wanted:
            await asyncio.sleep(self.poll_interval)
        if self.run_ids:
            data[self.run_ids[0]] = Instance.get_dagrun_state(self.dag_id, self.run_ids[0])
        yield TriggerEvent((classpath, data))


__all__ = ["DagStateTrigger", "WorkflowTrigger"]
