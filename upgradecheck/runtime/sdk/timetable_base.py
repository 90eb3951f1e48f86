"""What timetables of projects are made of: ``airflow.timetables.base``."""

from __future__ import annotations

from typing import Any, NamedTuple

HOME = "airflow.timetables.base"


class DataInterval(NamedTuple):
    """From when to when."""

    start: Any
    end: Any

    @classmethod
    def exact(cls, at: Any) -> DataInterval:
        """One moment."""
        return cls(start=at, end=at)


class TimeRestriction(NamedTuple):
    """Between which dates, and whether the past is made up for."""

    earliest: Any
    latest: Any
    catchup: bool


class DagRunInfo(NamedTuple):
    """A run to make."""

    run_after: Any
    data_interval: DataInterval | None
    partition_date: Any = None
    partition_key: str | None = None

    @classmethod
    def exact(cls, at: Any) -> DagRunInfo:
        """At one moment, about that moment."""
        return cls(run_after=at, data_interval=DataInterval.exact(at))

    @classmethod
    def interval(cls, start: Any, end: Any) -> DagRunInfo:
        """About an interval, when it is over."""
        return cls(run_after=end, data_interval=DataInterval(start, end))

    @property
    def logical_date(self) -> Any:
        """Where the interval begins."""
        return self.data_interval.start if self.data_interval else None


__all__ = ["DagRunInfo", "DataInterval", "TimeRestriction"]
