"""Days of the week."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

HOME = "airflow.providers.standard.utils.weekday"


class WeekDay(enum.IntEnum):
    """Monday is 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> int:
        """The number of a name. Raises ``AttributeError``."""
        name = week_day_str.upper()
        if name not in cls.__members__:
            raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')
        return cls[name]

    @classmethod
    def convert(cls, day: Any) -> int:
        """The number of a name or day."""
        return cls.get_weekday_number(day) if isinstance(day, str) else day

    @classmethod
    def validate_week_day(cls, week_day: Any) -> set[int]:
        """The numbers of one or several. Raises ``TypeError``."""
        if not isinstance(week_day, Iterable | WeekDay):
            raise TypeError(
                f"Unsupported Type for week_day parameter: {type(week_day)}."
                "Input should be iterable type:"
                "str, set, list, dict or Weekday enum type"
            )
        many = [week_day] if isinstance(week_day, str | WeekDay) else week_day
        return {cls.convert(day) for day in many}


__all__ = ["WeekDay"]
