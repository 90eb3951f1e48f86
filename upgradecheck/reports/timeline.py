"""The runs of a DAG along the time, a lane for each release: when each starts, and which interval it is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

MOST = 240  # runs that are drawn in a lane
TICKS = 7
ROOM = 96  # percent of the width: beyond it a label would not fit
STEPS = [timedelta(minutes=n) for n in (1, 5, 15, 30)]
STEPS += [timedelta(hours=n) for n in (1, 3, 6, 12)] + [timedelta(days=n) for n in (1, 2, 4, 7, 14, 30, 90, 365)]


class Mark(Struct, frozen=True):
    """A run: where it starts, where its interval lies (in percent of the width), what to say, where it leads."""

    at: float
    left: float
    width: float
    told: str
    state: str = ""
    link: str = ""


class Lane(Struct, frozen=True):
    """The runs of one release."""

    name: str
    marks: tuple[Mark, ...]


class Picture(Struct, frozen=True):
    """Lanes and the dates below them."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    hidden: int


class _Run(Struct, frozen=True):
    starts: datetime
    begin: datetime | None
    end: datetime | None
    logical: datetime | None
    state: str = ""
    link: str = ""

    @property
    def dates(self) -> list[datetime]:
        return [each for each in (self.starts, self.begin, self.end) if each is not None]


def differs(against: dict[str, Any]) -> bool:
    """Does a DAG anything else than before?"""
    runs = any(run["before"] != run["after"] for run in against["runs"])
    return bool(runs or against["keys"] or against["templates"] or not against["loads"])


def picture(
    runs: list[dict[str, Any]],
    anchors: list[str],
    against: dict[str, Any] | None,
    comparison: dict[str, Any] | None,
) -> Picture | None:
    """The picture, or None where there is one run at most. With a comparison its window is what is drawn."""
    own = [_replayed(run, anchor) for run, anchor in zip(runs, anchors, strict=True) if run.get("run_after")]
    lanes = [("3.x", own)]
    if against and comparison and against["runs"]:
        there = {run.starts: run for run in own}
        old = [_compared(run["starts"], run["before"]) for run in against["runs"] if run["before"]]
        new = [_compared(run["starts"], run["after"]) for run in against["runs"] if run["after"]]
        new = [
            run if run.starts not in there else _Run(run.starts, run.begin, run.end, run.logical, *_end(there, run))
            for run in new
        ]
        lanes = [(comparison["release"], old), ("3.x", new)]
    drawn = [(name, found[-MOST:]) for name, found in lanes]
    dates = [each for _, found in drawn for run in found for each in run.dates]
    if sum(len(found) for _, found in drawn) < 2:
        return None
    first, last = min(dates), max(dates)
    pad = (last - first) / 20 or timedelta(hours=1)
    scale = _Scale(first - pad, last + pad)
    made = tuple(Lane(name, tuple(scale.mark(run) for run in found)) for name, found in drawn)
    hidden = sum(len(found) for _, found in lanes) - sum(len(found) for _, found in drawn)
    return Picture(made, tuple(scale.ticks()), hidden)


def _replayed(run: dict[str, Any], anchor: str) -> _Run:
    made = _compared(run["run_after"], run)
    return _Run(made.starts, made.begin, made.end, made.logical, run["state"], anchor)


def _end(there: dict[datetime, _Run], run: _Run) -> tuple[str, str]:
    found = there[run.starts]
    return found.state, found.link


def _compared(starts: str, dates: dict[str, Any]) -> _Run:
    interval = (_parsed(dates["data_interval_start"]), _parsed(dates["data_interval_end"]))
    at = _parsed(starts)
    assert at is not None
    return _Run(at, *interval, _parsed(dates["logical_date"]))


def _parsed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class _Scale:
    """Dates to percent of the width."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first, self.length = first, last - first

    def place(self, date: datetime) -> float:
        return round(100 * ((date - self.first) / self.length), 3)

    def mark(self, run: _Run) -> Mark:
        begin, end = run.begin or run.starts, run.end or run.starts
        left = self.place(begin)
        told = f"starts {_short(run.starts)}; logical date {_short(run.logical)}; interval {_interval(run)}"
        told += f"; {run.state}" if run.state else ""
        return Mark(self.place(run.starts), left, round(self.place(end) - left, 3), told, run.state, run.link)

    def ticks(self) -> Iterable[tuple[float, str]]:
        """A few round dates."""
        step = next((each for each in STEPS if self.length / each <= TICKS), self.length / TICKS)
        midnight = self.first.replace(hour=0, minute=0, second=0, microsecond=0)
        date = midnight + step * -(-(self.first - midnight) // step)
        while date <= self.first + self.length:
            if self.place(date) > ROOM:
                return
            yield self.place(date), f"{date:%d %b %Y}" if step >= timedelta(days=1) else f"{date:%d %b %H:%M}"
            date += step


def _short(date: datetime | None) -> str:
    return f"{date:%Y-%m-%d %H:%M}" if date else "none"


def _interval(run: _Run) -> str:
    if run.begin is None or run.end is None:
        return "none"
    return _short(run.begin) if run.begin == run.end else f"{_short(run.begin)} to {_short(run.end)}"
