"""``ti`` and ``dag_run`` as a task sees them: plain records with the methods that 3.3.2 has, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from typing import Any
from urllib.parse import quote

import pendulum

from upgradecheck.runtime import questions, serde, task_api
from upgradecheck.runtime.current import door, invalid
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.enums import DagRunState, DagRunType, TaskInstanceState
from upgradecheck.runtime.sdk.names import NOTSET, is_arg_set

RETURN_KEY = "return_value"
ADDRESS = "http://localhost:8080/"


def _date(value: Any) -> Any:
    return pendulum.instance(value) if isinstance(value, datetime) else value


class RunRecord:
    """``dag_run``."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self.stored_events = stored.pop("consumed_asset_events", [])
        self.dag_id, self.run_id = stored["dag_id"], stored["run_id"]
        self.logical_date, self.run_after = _date(stored["logical_date"]), _date(stored["run_after"])
        self.data_interval_start, self.data_interval_end = _date(stored["start"]), _date(stored["end"])
        self.start_date, self.end_date = _date(stored["start_date"]), _date(stored["end_date"])
        self.clear_number, self.conf = stored["clear_number"], stored["conf"]
        self.run_type: Any = DagRunType(stored["run_type"])
        self.state = DagRunState(stored["state"])
        self.triggering_user_name: str | None = None
        self.consumed_asset_events: list[Any] = []
        self.partition_key: str | None = stored["partition_key"]
        self.partition_date: Any = _date(stored["partition_date"])
        self.note: str | None = None

    def __repr__(self) -> str:
        return f"DagRun(dag_id={self.dag_id!r}, run_id={self.run_id!r})"


class LazyXComSequence(Sequence[Any]):
    """The values of a mapped task, in the order of their map indexes."""

    def __init__(self, ti: Any, task_id: str, key: str) -> None:
        self._ti, self._task_id, self._key = ti, task_id, key
        self._got: list[Any] | None = None

    @property
    def _values(self) -> list[Any]:
        if self._got is None:
            request = questions.GetXComs(
                self._ti.dag_id, self._ti.run_id, self._task_id, self._key, mapped_only=True
            )
            self._got = [serde.deserialize(value) for value in door().ask(request)]
        return self._got

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self._got is None:
            return "LazyXComSequence(<unevaluated length>)"
        return f"LazyXComSequence([{len(self)} item{'s' * (len(self) != 1)}])"


class Instance:
    """``ti``."""

    def __init__(self, stored: dict[str, Any], task: Any) -> None:
        self.id = stored["id"]
        self.dag_id, self.run_id, self.task_id = stored["dag_id"], stored["run_id"], stored["task_id"]
        self.map_index, self.try_number, self.max_tries = (
            stored["map_index"],
            stored["try_number"],
            stored["max_tries"],
        )
        self.start_date = _date(stored["start_date"])
        self.end_date: Any = None
        self.first_reschedule = stored["first_reschedule"]
        self.reschedules = stored["reschedules"]
        self.state: TaskInstanceState | None = TaskInstanceState.RUNNING
        self.task = task
        self.is_mapped = bool(getattr(task, "is_mapped", False))
        self.queue = getattr(task, "queue", "default")
        self.hostname, self.bundle_instance, self.sentry_integration = "localhost", None, ""
        self.rendered_map_index: str | None = None
        place = f"/mapped/{self.map_index}" if self.map_index >= 0 else ""
        address = conf.get("api", "base_url", fallback=ADDRESS).rstrip("/")
        run = f"{address}/dags/{self.dag_id}/runs/{quote(self.run_id)}"
        self.log_url = self.mark_success_url = f"{run}/tasks/{self.task_id}{place}?try_number={self.try_number}"
        self.cached_context: Any = None

    def get_template_context(self) -> Any:
        """The context."""
        return self.cached_context

    def lazy_sequence(self, task_id: str, key: str) -> LazyXComSequence:
        """The values of a mapped task."""
        return LazyXComSequence(self, task_id, key)

    def relevant_map_indexes(self, upstream: Any) -> int | range | None:
        """Which map indexes of an upstream in the same mapped group are meant; None: all."""
        from upgradecheck.runtime.sizes import relevant

        return relevant(self, upstream)

    def xcom_push(self, key: str, value: Any) -> None:
        """Store a value. Raises ``TypeError`` and others for what is no JSON and has no form in it."""
        self.push(key, value)

    async def axcom_push(self, key: str, value: Any) -> None:
        """The same."""
        self.push(key, value)

    def push(self, key: str, value: Any, mapped_length: int | None = None) -> None:
        """Store a value that others may map over. Raises ``ValueError`` for a key without a character: the address
        that it is sent to has no such resource (checked)."""
        if not key:
            raise ValueError("API_SERVER_ERROR: {'status_code': 404, 'message': 'Not Found'}")
        stored = serde.serialize(value)
        door().ask(
            task_api.SetXCom(self.dag_id, self.run_id, self.task_id, self.map_index, key, stored, mapped_length)
        )

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = RETURN_KEY,
        include_prior_dates: bool = False,
        *,
        map_indexes: Any = NOTSET,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """Values that tasks pushed. Without ``map_indexes`` all of each task, and the default is not looked at
        (3.3.2)."""
        if not isinstance(key, str):
            raise invalid("GetXCom", "key", "Input should be a valid string", "string_type", key)
        single = task_ids is None or isinstance(task_ids, str)
        names = [self.task_id] if task_ids is None else [task_ids] if isinstance(task_ids, str) else list(task_ids)
        place = (dag_id or self.dag_id, run_id or self.run_id)
        if not is_arg_set(map_indexes):
            return self._all(place, names, key, include_prior_dates, single)
        one_index = map_indexes is None or isinstance(map_indexes, int)
        indexes = [map_indexes] if one_index else list(map_indexes)
        found = []
        for name, index in product(names, indexes):
            request = questions.GetXCom(*place, name, key, index, include_prior_dates)
            value = serde.deserialize(door().ask(request))
            found.append(default if value is None else value)
        return found[0] if single and one_index else found

    def _all(self, place: tuple[str, str], names: list[str], key: str, prior: bool, single: bool) -> Any:
        found: list[Any] = []
        for name in names:
            values = door().ask(questions.GetXComs(*place, name, key, prior))
            found += [None] if not values else [serde.deserialize(value) for value in values]
        return found[0] if single and len(found) == 1 else found

    async def axcom_pull(self, *args: Any, **kwargs: Any) -> Any:
        """The same."""
        return self.xcom_pull(*args, **kwargs)

    def get_first_reschedule_date(self, context: Any) -> Any:
        """When the first poke of this try began."""
        return _date(self.first_reschedule)

    def get_previous_dagrun(self, state: str | None = None) -> Any:
        """The run before, by logical date."""
        date = self.cached_context["dag_run"].logical_date
        if date is None:
            return None
        found = door().ask(
            questions.GetPreviousDagRun(self.dag_id, date, str(getattr(state, "value", state) or "") or None)
        )
        return RunRecord(found) if found else None

    def get_previous_ti(self, state: Any = None, logical_date: Any = None, map_index: int = -1) -> Any:
        """This task in the run before."""
        date = logical_date or self.cached_context["dag_run"].logical_date
        wanted = str(getattr(state, "value", state) or "") or None
        found = door().ask(questions.GetPreviousTI(self.dag_id, self.task_id, date, map_index, wanted))
        return _Record(found) if found else None

    @staticmethod
    def get_ti_count(
        dag_id: str,
        map_index: int | None = None,
        task_ids: list[str] | None = None,
        task_group_id: str | None = None,
        logical_dates: Any = None,
        run_ids: list[str] | None = None,
        states: Any = None,
    ) -> int:
        """How many instances."""
        found: int = door().ask(
            questions.GetTICount(
                dag_id, map_index, task_ids, task_group_id, _dates(logical_dates), run_ids, _names(states)
            )
        )
        return found

    @staticmethod
    def get_task_states(
        dag_id: str,
        map_index: int | None = None,
        task_ids: list[str] | None = None,
        task_group_id: str | None = None,
        logical_dates: Any = None,
        run_ids: list[str] | None = None,
    ) -> Any:
        """States by run and task."""
        return door().ask(
            questions.GetTaskStates(dag_id, map_index, task_ids, task_group_id, _dates(logical_dates), run_ids)
        )

    @staticmethod
    def get_task_breadcrumbs(dag_id: str, run_id: str) -> Iterable[dict[str, Any]]:
        """How the tasks of a run that are over ended."""
        found: list[dict[str, Any]] = door().ask(questions.GetTaskBreadcrumbs(dag_id, run_id))
        return iter(found)

    @staticmethod
    def get_dr_count(dag_id: str, logical_dates: Any = None, run_ids: Any = None, states: Any = None) -> int:
        """How many runs."""
        found: int = door().ask(questions.GetDRCount(dag_id, _dates(logical_dates), run_ids, _names(states)))
        return found

    @staticmethod
    def get_dagrun_state(dag_id: str, run_id: str) -> DagRunState:
        """The state of a run."""
        return DagRunState(door().ask(questions.GetDagRun(dag_id, run_id))["state"])

    @staticmethod
    def get_dag(dag_id: str) -> Any:
        """A DAG's id and whether it is paused."""
        return _Record(door().ask(questions.GetDag(dag_id)))


for _class, _home in (
    (Instance, "airflow.sdk.execution_time.task_runner.RuntimeTaskInstance"),
    (RunRecord, "airflow.sdk.api.datamodels._generated.DagRun"),
):  # as Jinja names them, where a member is missing
    _class.__module__, _, _class.__name__ = _home.rpartition(".")


class _Record:
    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update({name: _date(value) for name, value in fields.items()})


def _dates(given: Any) -> Any:
    return None if given is None else list(given)


def _names(given: Any) -> Any:
    return None if given is None else [str(getattr(each, "value", each)) for each in given]
