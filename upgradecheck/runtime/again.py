"""Runs again: what a person clears, and backfills."""

from __future__ import annotations

from upgradecheck.runtime import runs, timetables, versions
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.events import Backfilled, Cleared
from upgradecheck.runtime.indexes import DATED
from upgradecheck.runtime.model import Run, Upcoming
from upgradecheck.runtime.states import RUN_DONE

KIND = "backfill"


def cleared(draft: Draft, event: Cleared) -> None:
    """A run begins again; tries go on from where they were."""
    run = draft.world.runs[event.dag_id, event.run_id]
    runs.clear(draft, run, latest=versions.on_latest(draft.world, run.dag_id, event.latest, otherwise=False))
    _start(draft, run, started=event.started)


def backfilled(draft: Draft, event: Backfilled) -> None:
    """A run for each date of the schedule whose interval is over; where there is one, what was asked for."""
    dag = draft.world.dags[event.dag_id]
    within = timetables.Restriction(event.from_date, event.to_date, True)
    latest = versions.on_latest(draft.world, dag.dag_id, event.latest, otherwise=True)
    last: Upcoming | None = None
    while (info := timetables.next_run(dag.schedule, last, within, draft.world.now)) is not None:
        if info.run_after > draft.world.now or info.logical_date is None:
            return
        last = info
        there = draft.world.runs.members(DATED, (dag.dag_id, info.logical_date))
        if not there:
            name = runs.run_id(KIND, info, dag.schedule.release)
            made = Run(dag.dag_id, name, KIND, info.run_after, info.logical_date, info.start, info.end)
            _start(draft, runs.make(draft, made), started=event.started)
        elif there[0].state in {"none": (), "failed": ("failed",), "completed": RUN_DONE}[event.reprocess]:
            runs.clear(draft, there[0], latest=latest, run_type=KIND)
            _start(draft, there[0], started=event.started)


def _start(draft: Draft, run: Run, *, started: bool) -> None:
    if started:
        draft.run(draft.world.runs[run.key], state="running", start_date=draft.world.now)
