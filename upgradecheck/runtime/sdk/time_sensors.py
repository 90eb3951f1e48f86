"""The sensors of the standard provider that wait for time."""

from __future__ import annotations

import datetime
import time
from typing import Any, NoReturn

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.exceptions import AirflowSkipException
from upgradecheck.runtime.sdk.sensor import BaseSensorOperator
from upgradecheck.runtime.sdk.triggers import DateTimeTrigger, StartTriggerArgs, TimeDeltaTrigger
from upgradecheck.runtime.sdk.weekday import WeekDay

HOME = "airflow.providers.standard.sensors"
DATE_TRIGGER = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"


def _deferrable(given: bool | None) -> bool:
    return conf.getboolean("operators", "default_deferrable") if given is None else given


class DateTimeSensor(BaseSensorOperator):
    """Waits for a date."""

    template_fields: Any = ("target_time",)

    def __init__(self, *, target_time: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time

    @property
    def _moment(self) -> Any:
        given = self.target_time
        given = given.isoformat() if isinstance(given, datetime.datetime) else given
        if not isinstance(given, str):
            raise TypeError(f"Expected str or datetime.datetime type for target_time. Got {type(given)}")
        return timezone.parse(given)

    def poke(self, context: Any) -> bool:
        """Is it later?"""
        return bool(timezone.utcnow() > self._moment)


class DateTimeSensorAsync(DateTimeSensor):
    """Waits for a date in the triggerer."""

    start_trigger_args = StartTriggerArgs(
        DATE_TRIGGER, "execute_complete", {"moment": "", "end_from_trigger": False}
    )

    def __init__(
        self,
        *,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.end_from_trigger, self.start_from_trigger = end_from_trigger, start_from_trigger
        if start_from_trigger:
            self.start_trigger_args = self.start_trigger_args.replaced(
                target_time=self.target_time, end_from_trigger=end_from_trigger
            )

    def execute(self, context: Any) -> NoReturn:
        """Defer."""
        trigger = DateTimeTrigger(moment=self._moment, end_from_trigger=self.end_from_trigger)
        self.defer(method_name="execute_complete", trigger=trigger)
        raise AssertionError("defer raises")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Nothing more."""


class TimeSensor(BaseSensorOperator):
    """Waits for a time of the day that it is when the file is loaded."""

    start_trigger_args = StartTriggerArgs(
        DATE_TRIGGER, "execute_complete", {"moment": "", "end_from_trigger": False}
    )

    def __init__(
        self,
        *,
        target_time: datetime.time,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        zone = self.dag.timezone
        aware = datetime.datetime.combine(datetime.datetime.now(zone), target_time, zone)
        self.target_datetime = timezone.convert_to_utc(timezone.coerce_datetime(aware))
        self.deferrable, self.end_from_trigger = _deferrable(deferrable), end_from_trigger
        self.start_from_trigger = start_from_trigger
        if start_from_trigger:
            self.start_trigger_args = self.start_trigger_args.replaced(
                moment=self.target_datetime, end_from_trigger=end_from_trigger
            )

    def execute(self, context: Any) -> Any:
        """Defer, or poke."""
        if not self.deferrable:
            return super().execute(context)
        trigger = DateTimeTrigger(moment=self.target_datetime, end_from_trigger=self.end_from_trigger)
        return self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Nothing more."""

    def poke(self, context: Any) -> bool:
        """Is it later?"""
        return bool(timezone.utcnow() > self.target_datetime)


class TimeSensorAsync(TimeSensor):
    """Deprecated."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(deferrable=True, **kwargs)


class TimeDeltaSensor(BaseSensorOperator):
    """Waits until a span after the data interval's end, or after the moment that the run was due."""

    template_fields: Any = ("delta",)

    def __init__(
        self, *, delta: Any, deferrable: bool | None = None, end_from_trigger: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.delta, self.deferrable, self.end_from_trigger = delta, _deferrable(deferrable), end_from_trigger

    def _target(self, context: Any) -> Any:
        base = context.get("data_interval_end") or context["dag_run"].run_after
        value = self.delta
        return base + (value if isinstance(value, datetime.timedelta) else datetime.timedelta(minutes=int(value)))

    def poke(self, context: Any) -> bool:
        """Is it later?"""
        return bool(timezone.utcnow() > self._target(context))

    def execute(self, context: Any) -> Any:
        """Defer, or poke."""
        if not self.deferrable:
            return super().execute(context)
        target = self._target(context)
        if timezone.utcnow() > target:
            return True
        try:
            trigger = DateTimeTrigger(moment=target, end_from_trigger=self.end_from_trigger)
        except (TypeError, ValueError) as error:
            if self.soft_fail:
                raise AirflowSkipException("Skipping due to soft_fail is set to True.") from error
            raise
        return self.defer(trigger=trigger, method_name="execute_complete", timeout=self.timeout)

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Nothing more."""


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """Deprecated."""

    def __init__(self, *, delta: Any, end_from_trigger: bool = False, **kwargs: Any) -> None:
        super().__init__(delta=delta, deferrable=True, end_from_trigger=end_from_trigger, **kwargs)


class WaitSensor(BaseSensorOperator):
    """Waits for a span from its start."""

    template_fields: Any = ("time_to_wait",)

    def __init__(self, time_to_wait: Any, deferrable: bool | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferrable, self.time_to_wait = _deferrable(deferrable), time_to_wait

    def execute(self, context: Any) -> Any:
        """Defer, or sleep."""
        value = self.time_to_wait
        span = value if isinstance(value, datetime.timedelta) else datetime.timedelta(minutes=int(value))
        if self.deferrable:
            return self.defer(trigger=TimeDeltaTrigger(span, end_from_trigger=True), method_name="execute_complete")
        time.sleep(int(span.total_seconds()))
        return None


class DayOfWeekSensor(BaseSensorOperator):
    """Waits for days of the week."""

    def __init__(self, *, week_day: Any, use_task_logical_date: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.week_day, self.use_task_logical_date = week_day, use_task_logical_date
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def poke(self, context: Any) -> bool:
        """Is it one of them?"""
        now = timezone.utcnow()
        if self.use_task_logical_date:
            now = context.get("logical_date") or context["dag_run"].run_after
        return now.isoweekday() in self._week_day_num


__all__ = [
    "DateTimeSensor",
    "DateTimeSensorAsync",
    "DayOfWeekSensor",
    "TimeDeltaSensor",
    "TimeDeltaSensorAsync",
    "TimeSensor",
    "TimeSensorAsync",
    "WaitSensor",
]
HOMES = {
    "DateTimeSensor": f"{HOME}.date_time",
    "DateTimeSensorAsync": f"{HOME}.date_time",
    "DayOfWeekSensor": f"{HOME}.weekday",
    "TimeDeltaSensor": f"{HOME}.time_delta",
    "TimeDeltaSensorAsync": f"{HOME}.time_delta",
    "TimeSensor": f"{HOME}.time",
    "TimeSensorAsync": f"{HOME}.time",
    "WaitSensor": f"{HOME}.time_delta",
}
