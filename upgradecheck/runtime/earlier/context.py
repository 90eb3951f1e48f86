"""What templates see on 2.11 and not on 3.3: keys, and members of ``ti`` and ``dag_run``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pendulum

from upgradecheck.runtime import questions, schedules, serde, timetables
from upgradecheck.runtime.current import door
from upgradecheck.runtime.earlier.timetables import INTERVALS
from upgradecheck.runtime.instance import RETURN_KEY, Instance, RunRecord
from upgradecheck.runtime.model import Schedule, Upcoming
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.names import NOTSET, is_arg_set
from upgradecheck.runtime.unmodelled import NotModelled

EVERYWHERE = timetables.Restriction(None, None, True)
OF_ASSETS = {"asset_triggered": "dataset_triggered"}


class EarlierRun(RunRecord):
    """``dag_run`` of 2.11: a row of the database; its methods that ask it are not modelled."""

    def __init__(self, stored: dict[str, Any]) -> None:
        kind = stored["run_type"]
        super().__init__(stored)
        self.execution_date = self.logical_date
        self.run_type: Any = OF_ASSETS.get(kind, kind)
        self.external_trigger = kind not in ("scheduled", "asset_triggered")
        self.is_backfill = kind == "backfill"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotModelled(f"dag_run.{name} of 2.11 is not modelled")


class EarlierInstance(Instance):
    """``ti`` of 2.11."""

    @property
    def execution_date(self) -> Any:
        """The run's logical date."""
        return self.cached_context["dag_run"].logical_date

    def get_dagrun(self, *args: Any) -> Any:
        """The run."""
        return self.cached_context["dag_run"]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotModelled(f"ti.{name} of 2.11 is not modelled")

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = RETURN_KEY,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        map_indexes: Any = NOTSET,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """Values that tasks pushed. Without ``task_ids`` the newest of any task; what is not there is left out of a
        list, and the default takes its place elsewhere."""
        if is_arg_set(map_indexes):
            return super().xcom_pull(
                task_ids, dag_id, key, include_prior_dates, map_indexes=map_indexes, default=default, run_id=run_id
            )
        place = (dag_id or self.dag_id, run_id or self.run_id)

        def of(task_id: str | None) -> list[Any]:
            asked = questions.GetXComs(*place, task_id, key, include_prior_dates)
            return [serde.deserialize(value) for value in door().ask(asked)]

        if task_ids is None:
            return next(iter(of(None)), default)
        if isinstance(task_ids, str):
            found = of(task_ids)
            return default if not found else found[0] if len(found) == 1 else found
        return Values(value for name in task_ids for value in of(name))


class Values(list[Any]):
    """What a list of task ids gives: it prints as what 2.11 has in its place."""

    def __str__(self) -> str:
        return f"LazySelectSequence([{len(self)} item{'s' * (len(self) != 1)}])"


def _nodash(ds: str | None) -> str | None:
    return ds.replace("-", "") if ds is not None else None


def _ds(date: Any) -> str | None:
    return date.strftime("%Y-%m-%d") if date is not None else None


def _next(schedule: Schedule, run: Any) -> Any:
    """The logical date of the run after this one; to a run that a person made its own
    (``get_next_execution_date``)."""
    if run.external_trigger:
        return run.logical_date
    last = Upcoming(run.logical_date, run.data_interval_start, run.data_interval_end, run.run_after)
    found = timetables.next_run(schedule, last, EVERYWHERE, pendulum.now("UTC"))
    return found.logical_date if found is not None else None


def _previous(schedule: Schedule, run: Any) -> Any:
    """That of the run before (``DAG.previous_schedule``: of schedules with intervals alone)."""
    if run.external_trigger:
        return run.logical_date
    chosen = schedule.inner or schedule
    return timetables.steps(chosen).before(run.logical_date) if chosen.name in INTERVALS else None


def _previous_success() -> Any:
    found = door().ask(questions.GetPrevSuccessfulDagRun()) or {}
    date = found.get("logical_date")
    return pendulum.instance(date) if date is not None else None


def _events(run: Any) -> dict[str, list[Any]]:
    from upgradecheck.runtime.asset_events import grouped

    found: dict[str, list[Any]] = defaultdict(list)
    for key, events in grouped(run.stored_events).items():
        found[key.uri] += events
    return found


def dated(ti: Any, run: Any) -> dict[str, Any]:
    """The keys that are no more."""
    date, schedule = run.logical_date, schedules.schedule(ti.task.dag.timetable)
    following, previous = _next(schedule, run), _previous(schedule, run)
    days = {"yesterday": _ds(date - timedelta(1)), "tomorrow": _ds(date + timedelta(1))}
    days |= {"next": _ds(following), "prev": _ds(previous)}
    return {
        "conf": conf,
        "execution_date": date,
        "next_execution_date": following,
        "prev_execution_date": previous,
        "prev_execution_date_success": _previous_success(),
        **{f"{name}_ds": day for name, day in days.items()},
        **{f"{name}_ds_nodash": _nodash(day) for name, day in days.items()},
        "expanded_ti_count": None,
        "test_mode": False,
        "triggering_dataset_events": _events(run),
    }
