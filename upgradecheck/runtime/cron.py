"""Cron and spans as Airflow 3.3.2 counts them: cron on the wall clock of a zone, spans as elapsed time in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

import pendulum
from croniter import croniter
from dateutil.relativedelta import relativedelta

UTC = pendulum.timezone("UTC")


def utc(date: datetime) -> pendulum.DateTime:
    """The date in UTC."""
    return pendulum.instance(date.astimezone(UTC))


class Steps(Protocol):
    """Something with ticks."""

    def after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The next tick."""

    def before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The tick before."""

    def at_or_after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date where it is a tick, else the next."""

    def at_or_before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date where it is a tick, else the one before."""


class Cron:
    """Ticks of a cron expression. A time that does not exist moves forward by the gap; one that comes twice
    ticks the
    second time, but where every hour ticks, in both (checked)."""

    def __init__(self, expression: str, zone: str | int) -> None:
        self.expression = expression
        self.zone: Any = pendulum.timezone(zone)

    def _step(self, date: pendulum.DateTime, forward: bool) -> pendulum.DateTime:
        naive = date.in_timezone(self.zone).naive()
        cron = croniter(self.expression, start_time=naive)
        tick = cron.get_next(datetime) if forward else cron.get_prev(datetime)
        if cron.expanded[1] == ["*"]:
            return utc(date.in_timezone(self.zone) + (tick - naive))
        return utc(self.zone.convert(tick.replace(fold=1)))

    def after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The next tick."""
        return self._step(date, True)

    def before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The tick before."""
        return self._step(date, False)

    def at_or_after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date where it is a tick, else the next."""
        tick = self.after(date)
        return tick if self.before(tick) != date else date

    def at_or_before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date where it is a tick, else the one before."""
        tick = self.before(date)
        return tick if self.after(tick) != date else date


class Span:
    """Ticks a span apart; every date is one."""

    def __init__(self, delta: timedelta | relativedelta) -> None:
        self.delta = delta

    def after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """One span later."""
        return utc(date + self.delta)

    def before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """One span earlier."""
        return utc(date - self.delta)

    def at_or_after(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date."""
        return date

    def at_or_before(self, date: pendulum.DateTime) -> pendulum.DateTime:
        """The date."""
        return date

    def floor(self, date: pendulum.DateTime, anchor: pendulum.DateTime) -> pendulum.DateTime:
        """The latest boundary: of whole months and years from the anchor, else from 1970."""
        delta = self.delta
        if isinstance(delta, relativedelta) and (delta.months or delta.years):
            boundary = anchor
            while self.after(boundary) <= date:
                boundary = self.after(boundary)
            return boundary
        if isinstance(delta, timedelta):
            seconds = delta.total_seconds()
        else:
            seconds = delta.days * 86400 + delta.hours * 3600 + delta.minutes * 60 + delta.seconds
        stamp = date.timestamp()
        return pendulum.DateTime.fromtimestamp(stamp - stamp % seconds, tz=date.tzinfo)
