"""When 2.11.2 makes the next run, where it is not as 3.3.2 does: rows for ``timetables.next_run``.

Read off ``airflow/timetables/*.py`` of 2.11.2, and held against it by ``scripts/check_schedules.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pendulum
from dateutil.relativedelta import relativedelta

from upgradecheck.runtime import timetables
from upgradecheck.runtime.cron import Span, Steps, utc
from upgradecheck.runtime.model import Schedule, Upcoming
from upgradecheck.runtime.timetables import Restriction, span, steps

INTERVALS = ("CronDataIntervalTimetable", "DeltaDataIntervalTimetable")
SECONDS = {"years": 365 * 86400, "months": 30 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def _once(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    return timetables.NEXT["OnceTimetable"](schedule, last, within, now) if within.earliest else None


def _continuous(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    if within.earliest is None:
        return None
    start = last.end if last is not None and last.end is not None else within.earliest
    end = now if last is not None else max(within.earliest, now)
    return None if within.latest is not None and end > within.latest else Upcoming(start, start, end, end)


def _trigger(schedule: Schedule, last: Upcoming | None, within: Restriction, at: datetime) -> Upcoming | None:
    ticks = steps(schedule)
    following = ticks.after(utc(last.end)) if last is not None and last.end is not None else None
    first = ticks.at_or_after(utc(within.earliest)) if within.earliest else None
    if within.catchup:
        tick = following or first
    else:
        tick = max(each for each in (ticks.at_or_before(utc(at)), following, first) if each is not None)
    if tick is None or (within.latest is not None and within.latest < tick):
        return None
    start = utc(tick - span(schedule.interval))
    return Upcoming(start, start, tick, tick)


def _interval(schedule: Schedule, last: Upcoming | None, within: Restriction, at: datetime) -> Upcoming | None:
    ticks = steps(schedule)
    earliest = utc(within.earliest) if within.earliest else None
    if not within.catchup:
        earliest = _latest_start(ticks, utc(at), earliest)
    elif earliest is not None:
        earliest = ticks.at_or_after(earliest)
    start = earliest
    if last is not None and last.end is not None:
        aligned = ticks.at_or_before(utc(last.end))
        start = max(aligned, earliest) if earliest is not None else aligned
    if start is None or (within.latest is not None and start > within.latest):
        return None
    end = ticks.after(start)
    return Upcoming(start, start, end, end)


def _latest_start(ticks: Steps, now: pendulum.DateTime, earliest: Any) -> pendulum.DateTime:
    if not isinstance(ticks, Span):
        return timetables.latest_start(ticks, now, earliest)
    start = ticks.before(_rounded(ticks.delta, now))
    return max(start, earliest) if earliest else start


def _rounded(delta: timedelta | relativedelta, date: pendulum.DateTime) -> pendulum.DateTime:
    """Down to whole spans since 1970, of 30 days a month and 365 a year."""
    if isinstance(delta, timedelta):
        seconds = delta.total_seconds()
    else:
        seconds = sum(getattr(delta, name) * number for name, number in SECONDS.items())
    stamp = date.timestamp()
    return pendulum.DateTime.fromtimestamp(stamp - stamp % seconds, tz=date.tzinfo)


NEXT: dict[str, Callable[[Schedule, Upcoming | None, Restriction, datetime], Upcoming | None]] = {
    **timetables.NEXT,
    "OnceTimetable": _once,
    "ContinuousTimetable": _continuous,
    "CronTriggerTimetable": _trigger,
    "DeltaTriggerTimetable": _trigger,
    "CronDataIntervalTimetable": _interval,
    "DeltaDataIntervalTimetable": _interval,
}


def before(schedule: Schedule, within: Restriction, moment: datetime) -> Upcoming | None:
    """The last run that 2.11 made before the moment, where it ran the DAG all along; None: none."""
    just_before = moment - timedelta(microseconds=1)
    first = timetables.next_run(schedule, None, within, just_before)
    if first is None or first.run_after >= moment:
        return None
    chosen = schedule.inner or schedule
    if not within.catchup or not (chosen.expression or chosen.delta):
        return first
    last = _jumped(chosen, first, moment)
    while (found := timetables.next_run(schedule, last, within, just_before)) and found.run_after < moment:
        last = found
    return last


def _jumped(schedule: Schedule, first: Upcoming, moment: datetime) -> Upcoming:
    """A run of the schedule not long before the moment: nobody counts the minutes of five years."""
    ticks = steps(schedule)
    if first.start is None or first.end is None:
        return first
    if isinstance(ticks, Span):
        if not isinstance(ticks.delta, timedelta):  # months: there are not that many
            return first
        seconds = ticks.delta.total_seconds()
        whole = max((moment.timestamp() - first.run_after.timestamp()) // seconds - 2, 0)
        ahead = timedelta(seconds=whole * seconds)
        start, end = utc(first.start + ahead), utc(first.end + ahead)
    else:
        end = max(ticks.before(ticks.before(utc(moment))), utc(first.end))
        start = ticks.before(end) if schedule.name in INTERVALS else utc(end - span(schedule.interval))
    return Upcoming(start, start, end, end)
