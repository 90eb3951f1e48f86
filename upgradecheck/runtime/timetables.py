"""When a schedule makes its next run, and the data interval of a run that a person makes: pure functions.

Each timetable of Airflow 3.3.2 is a row of ``NEXT``: (last run, restriction, now) -> next run or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pendulum
from dateutil.relativedelta import relativedelta, weekday
from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.runtime import custom_timetables
from upgradecheck.runtime.cron import Cron, Span, Steps, utc
from upgradecheck.runtime.model import Dag, Schedule, Upcoming


class Restriction(Struct, frozen=True):
    """Between which dates, and whether the past is made up for."""

    earliest: datetime | None
    latest: datetime | None
    catchup: bool


def restriction(dag: Dag) -> Restriction:
    """Of a DAG: the earliest start and the latest end of it and its tasks."""
    starts = [task.start_date for task in dag.tasks.values() if task.start_date]
    starts += [dag.start_date] if dag.start_date else []
    ends = [task.end_date for task in dag.tasks.values() if task.end_date]
    latest = dag.end_date
    if len(ends) == len(dag.tasks):
        latest = max(ends + ([dag.end_date] if dag.end_date else []), default=dag.end_date)
    return Restriction(min(starts, default=None), latest, dag.catchup)


def span(given: dict[str, float] | None) -> timedelta | relativedelta:
    """A span as it is stored: ``{"elapsed": seconds}``, or the fields of a relativedelta."""
    if not given:
        return timedelta()
    if "elapsed" in given:
        return timedelta(seconds=given["elapsed"])
    fields: dict[str, Any] = {name: int(value) if value == int(value) else value for name, value in given.items()}
    if "weekday" in fields:
        day, number = divmod(int(fields["weekday"]), 100)
        fields["weekday"] = weekday(day, number - 50 or None)
    return relativedelta(**fields)


def steps(schedule: Schedule) -> Steps:
    """The ticks of a schedule."""
    return Span(span(schedule.delta)) if schedule.delta else Cron(schedule.expression, schedule.timezone)


def exactly(date: datetime) -> Upcoming:
    """A run of one moment."""
    return Upcoming(date, date, date, date)


def _never(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    return None


def _once(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    at = within.earliest or now
    return None if last is not None or _beyond(at, within) else exactly(at)


def _beyond(date: datetime, within: Restriction) -> bool:
    return within.latest is not None and date > within.latest


def _continuous(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    first = within.earliest or now
    if last is None or last.end is None or last.start is None:
        start, end = first, max(first, now)
    elif last.end > now:
        start, end = first, first + (last.end - last.start)
    else:
        start, end = last.end, now
    return None if _beyond(end, within) else Upcoming(start, start, end, end)


def _first(schedule: Schedule, ticks: Steps, now: pendulum.DateTime) -> pendulum.DateTime:
    """Without a start date: the tick before where it is near enough, else the next."""
    past = ticks.at_or_before(now)
    if schedule.delta or schedule.run_immediately is True:
        return past
    if schedule.run_immediately is not False:
        near = timedelta(seconds=schedule.run_immediately)
    else:
        near = max((ticks.at_or_after(now) - past) / 10, timedelta(minutes=5))
    return past if now - past <= near else ticks.at_or_after(now)


def _ticked(schedule: Schedule, last: datetime | None, within: Restriction, at: datetime) -> datetime | None:
    ticks, now = steps(schedule), utc(at)
    earliest = utc(within.earliest) if within.earliest else None
    following = ticks.after(utc(last)) if last is not None else None
    if within.catchup:
        found = following or (ticks.at_or_after(earliest) if earliest else _first(schedule, ticks, now))
    else:
        options = [ticks.at_or_before(now)]
        if following is not None:
            options.append(following)
        elif earliest is None:
            options.append(_first(schedule, ticks, now))
        if earliest is not None:
            options.append(ticks.at_or_after(earliest))
        found = max(options)
    return None if _beyond(found, within) else found


def _trigger(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    tick = _ticked(schedule, last.end if last else None, within, now)
    if tick is None:
        return None
    start = utc(pendulum.instance(tick) - span(schedule.interval))
    return Upcoming(start, start, tick, tick)


def _partition(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    tick = _ticked(schedule, last.run_after if last else None, within, now)
    if tick is None:
        return None
    ticks, date = steps(schedule), utc(tick)
    for _ in range(abs(schedule.run_offset)):
        date = ticks.after(date) if schedule.run_offset > 0 else ticks.before(date)
    key = date.in_timezone(pendulum.timezone(schedule.timezone)).strftime(schedule.key_format)
    return Upcoming(None, None, None, tick, key, date)


def _multiple(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    each = [_trigger(replace(schedule, expression=cron), last, within, now) for cron in schedule.crons]

    def order(info: Upcoming | None) -> float:
        if info is None or info.logical_date is None:
            return math.inf
        stamp = info.logical_date.timestamp()
        return -stamp if not within.catchup and stamp <= now.timestamp() else stamp

    return min(each, key=order)


def _interval(schedule: Schedule, last: Upcoming | None, within: Restriction, at: datetime) -> Upcoming | None:
    ticks, now = steps(schedule), utc(at)
    earliest = utc(within.earliest) if within.earliest else None
    if not within.catchup:
        earliest = latest_start(ticks, now, earliest)
    elif earliest is not None:
        earliest = ticks.at_or_after(earliest)
    if last is None or last.end is None or last.start is None:
        if earliest is None:
            return None
        start = earliest
    else:
        aligned = ticks.at_or_before(utc(last.end))
        start = max(aligned, earliest) if earliest is not None else aligned
        if start <= last.start:
            start = ticks.after(start)
    if _beyond(start, within):
        return None
    end = ticks.after(start)
    return Upcoming(start, start, end, end)


def latest_start(ticks: Steps, now: pendulum.DateTime, earliest: Any) -> pendulum.DateTime:
    """Without catchup: where the latest whole interval begins, or the first one that is to come."""
    if isinstance(ticks, Span):
        start = ticks.before(ticks.floor(now, earliest or now))
        return max(start, earliest) if earliest else start
    last = ticks.before(now)
    following = ticks.after(last)
    if following < now:  # half an hour that comes twice: Airflow fails an assertion, and makes no run
        raise ValueError("next schedule shouldn't be earlier")
    start = last if following == now else ticks.before(last)
    return max(start, ticks.at_or_after(earliest)) if earliest else start


def _events(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    earliest = within.earliest
    if not within.catchup:
        earliest = max(earliest, now) if earliest is not None else now
    done = last.end if last is not None else None
    left = (date for date in schedule.dates if earliest is None or date >= earliest)
    found = next((date for date in left if done is None or date > done), None)
    return None if found is None or _beyond(found, within) else exactly(found)


NEXT: dict[str, Callable[[Schedule, Upcoming | None, Restriction, datetime], Upcoming | None]] = {
    "NullTimetable": _never,
    "PartitionedAtRuntime": _never,
    "AssetTriggeredTimetable": _never,
    "PartitionedAssetTimetable": _never,
    "OnceTimetable": _once,
    "EventsTimetable": _events,
    "ContinuousTimetable": _continuous,
    "CronTriggerTimetable": _trigger,
    "DeltaTriggerTimetable": _trigger,
    "MultipleCronTriggerTimetable": _multiple,
    "CronPartitionTimetable": _partition,
    "CronDataIntervalTimetable": _interval,
    "DeltaDataIntervalTimetable": _interval,
}


def table(release: str) -> dict[str, Callable[[Schedule, Upcoming | None, Restriction, datetime], Upcoming | None]]:
    """The rows of 3.3.2, or those of the release that a schedule was read by."""
    if not release:
        return NEXT
    from upgradecheck.runtime.earlier import timetables as earlier

    return earlier.NEXT


def next_run(schedule: Schedule, last: Upcoming | None, within: Restriction, now: datetime) -> Upcoming | None:
    """The next run that the schedule makes by itself after ``last``, looked at ``now``; None: none."""
    chosen = schedule.inner or schedule
    try:
        if chosen.asked:
            return custom_timetables.next_run(chosen, last, within, now)
        return table(schedule.release)[chosen.name](chosen, last, within, now)
    except Exception:  # a date out of range, a span of no length: Airflow logs it, and there is no next run
        return None


def manual_interval(schedule: Schedule, at: datetime) -> tuple[datetime, datetime]:
    """The data interval of a run that a person makes at this date."""
    chosen = schedule.inner or schedule
    date = utc(at)
    if chosen.asked:
        return custom_timetables.manual_interval(chosen, date)
    if chosen.name == "CronDataIntervalTimetable":
        ticks = steps(chosen)
        end = ticks.at_or_before(date)
        return ticks.before(end), end
    if chosen.name == "DeltaDataIntervalTimetable":
        return steps(chosen).before(date), date
    if chosen.only_dates and chosen.dates:
        date = utc(max((each for each in chosen.dates if each <= date), default=chosen.dates[0]))
    if chosen.interval:
        return utc(date - span(chosen.interval)), date
    return date, date
