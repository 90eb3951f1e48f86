"""``airflow.sdk.timezone``: dates with zones, UTC where none is given."""

from __future__ import annotations

from datetime import datetime as plain
from typing import Any

import pendulum

HOME = "airflow.sdk.timezone"
utc = pendulum.timezone("UTC")


def utcnow() -> Any:
    """Now, in UTC."""
    return plain.now(tz=utc)


def is_localized(value: Any) -> bool:
    """Has the date a zone?"""
    return value.utcoffset() is not None


def is_naive(value: Any) -> bool:
    """Has the date no zone?"""
    return value.utcoffset() is None


def make_aware(value: Any, timezone: Any = None) -> Any:
    """The same wall time in a zone (UTC). Raises ``ValueError`` for a date that has one."""
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    return pendulum.instance((timezone or utc).convert(value.replace(fold=1)))


def convert_to_utc(value: Any) -> Any:
    """The date in UTC; one without a zone is taken to be in UTC."""
    if value is None:
        return None
    if is_naive(value):
        value = pendulum.instance(value, tz=utc)
    return pendulum.instance(value.astimezone(utc))


def coerce_datetime(value: Any, tz: Any = None) -> Any:
    """A pendulum date with a zone."""
    if value is None:
        return None
    if is_naive(value):
        value = make_aware(value, tz)
    return value if isinstance(value, pendulum.DateTime) else pendulum.instance(value)


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> Any:
    """A date out of text, in a zone (UTC)."""
    return pendulum.parse(string, tz=timezone or utc, strict=strict)


def parse_timezone(name: str | int) -> Any:
    """The zone of this name or offset."""
    return pendulum.timezone(name)


def datetime(*args: Any, **kwargs: Any) -> Any:
    """A date in UTC."""
    if "tzinfo" not in kwargs:
        kwargs["tzinfo"] = utc
    return plain(*args, **kwargs)


def initial_date() -> Any:
    """The beginning of time."""
    return datetime(1970, 1, 1)


def td_format(value: Any) -> str | None:
    """A span in words."""
    return None if value is None else str(value)


def from_timestamp(timestamp: float, tz: Any = None) -> Any:
    """A date out of seconds since 1970."""
    return pendulum.from_timestamp(timestamp, tz=tz or utc)


def make_naive(value: Any, timezone: Any = None) -> Any:
    """The wall time in a zone (UTC)."""
    return value.astimezone(timezone or utc).replace(tzinfo=None)


__all__ = [
    "coerce_datetime",
    "convert_to_utc",
    "datetime",
    "from_timestamp",
    "initial_date",
    "is_localized",
    "is_naive",
    "make_aware",
    "make_naive",
    "parse",
    "parse_timezone",
    "td_format",
    "utc",
    "utcnow",
]
ALSO = {f"airflow.{home}.timezone.utc": utc for home in ("sdk", "utils")} | {"airflow.settings.TIMEZONE": utc}
