"""Timetables that projects write: their code runs in the process of the DAG file, and the scheduler asks there.

``schedules`` stores that a schedule has to be asked; ``timetables`` asks here, and a replay says whom (``asking``)
for as long as the processes live; ``answer`` is the other end, in the file's process. A timetable gives the same
answer to the same question, as the tables of our own do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pendulum
from msgspec import Struct

from upgradecheck.runtime.model import Schedule, Upcoming


class Asked(Struct, frozen=True):
    """A question: the next run after ``last``, or with ``manual`` the data interval of a run at that date."""

    dag_id: str
    now: datetime
    last: Upcoming | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    catchup: bool = False
    manual: datetime | None = None


Ask = Callable[[Asked], Upcoming | None]


class _Door:
    """Whom to ask."""

    ask: Ask | None = None


@contextmanager
def asking(ask: Ask) -> Iterator[None]:
    """Meanwhile schedules of projects are asked so."""
    _Door.ask = ask
    try:
        yield
    finally:
        _Door.ask = None


def next_run(schedule: Schedule, last: Upcoming | None, within: Any, now: datetime) -> Upcoming | None:
    """The next run. Raises ``LookupError`` where nobody can be asked any more."""
    return _asked(Asked(schedule.asked, now, last, within.earliest, within.latest, within.catchup))


def manual_interval(schedule: Schedule, at: datetime) -> tuple[datetime, datetime]:
    """The data interval of a run that a person makes. Raises ``LookupError``."""
    found = _asked(Asked(schedule.asked, at, manual=at))
    if found is None or found.start is None or found.end is None:
        return at, at
    return found.start, found.end


def _asked(question: Asked) -> Upcoming | None:
    if _Door.ask is None:
        raise LookupError(f"the timetable of {question.dag_id} can be asked during a replay only")
    return _Door.ask(question)


def answer(timetable: Any, asked: Asked) -> Upcoming | None:
    """What a timetable says; where it raises, there is no run (Airflow logs it)."""
    from upgradecheck.runtime.sdk.timetable_base import DataInterval, TimeRestriction

    if asked.manual is not None:
        found = timetable.infer_manual_data_interval(run_after=pendulum.instance(asked.manual))
        return Upcoming(_plain(found.start), _plain(found.start), _plain(found.end), asked.manual)
    last = None
    if asked.last is not None and asked.last.start is not None and asked.last.end is not None:
        last = DataInterval(pendulum.instance(asked.last.start), pendulum.instance(asked.last.end))
    earliest, latest = (pendulum.instance(date) if date else None for date in (asked.earliest, asked.latest))
    within = TimeRestriction(earliest, latest, asked.catchup)
    info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=within)
    if info is None:
        return None
    interval = info.data_interval
    start, end = (_plain(interval.start), _plain(interval.end)) if interval else (None, None)
    return Upcoming(start, start, end, _plain(info.run_after), info.partition_key)


def _plain(date: Any) -> datetime:
    return datetime.fromisoformat(date.isoformat())
