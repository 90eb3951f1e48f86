"""Which moments belong to the newest run of a schedule: what ``LatestOnlyOperator`` asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from upgradecheck.runtime.model import Upcoming
from upgradecheck.runtime.schedules import schedule
from upgradecheck.runtime.timetables import Restriction, next_run


def latest_window(dag: Any, run: Any) -> tuple[datetime, datetime] | None:
    """(after this moment, up to this one); None: the run is always the newest."""
    when = schedule(dag.timetable)
    date = run.logical_date or run.run_after
    start, end = run.data_interval_start or date, run.data_interval_end or date
    current = Upcoming(start, start, end, end)
    before = Restriction(None, end - timedelta(microseconds=1), True)
    previous = next_run(when, current, before, end)
    left = previous.end if previous and previous.end else start
    following = next_run(when, current, Restriction(end, None, True), end)
    return (left, following.end) if following and following.end else None
