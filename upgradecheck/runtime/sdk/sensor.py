"""Sensors: poke until it is so, or too late."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from upgradecheck.runtime.sdk.operator import BaseOperator

HOME = "airflow.sdk"
LONGEST = timedelta.max.total_seconds() - 1


class PokeReturnValue:
    """Whether it is so, and the XCom to push then."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done, self.xcom_value = is_done, xcom_value

    def __bool__(self) -> bool:
        return self.is_done


def _span(name: str, value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and value >= 0:
        return timedelta(seconds=value)
    raise ValueError(f"Operator arg `{name}` must be timedelta object or a non-negative number")


class BaseSensorOperator(BaseOperator):
    """A task that waits."""

    ui_color = "#e6f1f2"
    valid_modes: Any = ("poke", "reschedule")
    _is_sensor = True

    def __init__(
        self,
        *,
        poke_interval: Any = 60,
        timeout: Any = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: Any = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = _span("poke_interval", poke_interval).total_seconds()
        self.soft_fail, self.mode, self.exponential_backoff = soft_fail, mode, exponential_backoff
        default = conf.getfloat("sensors", "default_timeout")
        self.timeout = _span("timeout", default if timeout is None else timeout).total_seconds()
        self.max_wait = None if max_wait is None else _span("max_wait", max_wait)
        if soft_fail is True and never_fail is True:
            raise ValueError("soft_fail and never_fail are mutually exclusive, you can not provide both.")
        self.silent_fail, self.never_fail = silent_fail, never_fail
        if self.mode not in self.valid_modes:
            dag_id = self.dag.dag_id if self.has_dag() else ""
            raise ValueError(
                f"The mode must be one of {list(self.valid_modes)},'{dag_id} .{self.task_id}'; "
                f"received '{self.mode}'."
            )

    @property
    def reschedule(self) -> bool:
        """Does it give its slot back between pokes?"""
        return self.mode == "reschedule"

    def poke(self, context: Any) -> Any:
        """Is it so?"""
        raise AirflowException("Override me.")

    def _skip(self, error: BaseException) -> None:
        for name in ("soft_fail", "never_fail"):
            if getattr(self, name):
                raise AirflowSkipException(f"Skipping due to {name} is set to True.") from error
        raise error

    def _poked(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            self._skip(error)
        except Exception as error:  # what a poke raises counts as its options say
            if self.silent_fail:
                return False
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def _since(self, context: Any) -> tuple[Any, Callable[[], float]]:
        if self.reschedule:
            began = context["ti"].get_first_reschedule_date(context) or timezone.utcnow()
            return began, lambda: float((timezone.utcnow() - began).total_seconds())
        start = time.monotonic()
        return start, lambda: time.monotonic() - start

    def execute(self, context: Any) -> Any:
        """Poke until it is so. Raises ``AirflowSensorTimeout``, ``AirflowRescheduleException``."""
        began, lasted = self._since(context)
        count = 1
        while not (found := self._poked(context)):
            if lasted() > self.timeout:
                said = (
                    f"Sensor has timed out; run duration of {lasted()} seconds exceeds "
                    f"the specified timeout of {self.timeout}."
                )
                raise AirflowSkipException(said) if self.soft_fail else AirflowSensorTimeout(said)
            pause = self._get_next_poke_interval(began, lasted, count)
            if self.reschedule:
                raise AirflowRescheduleException(timezone.utcnow() + timedelta(seconds=pause))
            time.sleep(pause)
            count += 1
        return found.xcom_value if isinstance(found, PokeReturnValue) else None

    def _get_next_poke_interval(self, started_at: Any, run_duration: Callable[[], float], poke_count: int) -> float:
        if not self.exponential_backoff:
            return self.poke_interval
        if self.reschedule:
            elapsed, gone, poke_count = run_duration(), 0.0, 0
            while gone <= elapsed:
                poke_count += 1
                gone += self._jittered(started_at, poke_count)
        pause = min(self.timeout - int(run_duration()), self._jittered(started_at, poke_count))
        return min(self.max_wait.total_seconds(), pause) if self.max_wait else pause

    def _jittered(self, started_at: Any, poke_count: int) -> float:
        least = max(int(self.poke_interval * (2 ** (poke_count - 2))), 1)
        text = f"{self.dag_id}#{self.task_id}#{started_at}#{poke_count}"
        number = int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)
        return min(least + number % least, LONGEST)

    def resume_execution(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        """After a deferral, errors count as the options say."""
        try:
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout as error:
                raise AirflowSensorTimeout(*error.args) from error
        except (AirflowException, TaskDeferralError) as error:
            self._skip(error)


def poke_mode_only(cls: Any) -> Any:
    """Sensors of this class never reschedule."""
    if not issubclass(cls, BaseSensorOperator):
        raise ValueError(
            f"poke_mode_only decorator should only be applied to subclasses of BaseSensorOperator, got:{cls}."
        )

    def set_mode(self: Any, value: str) -> None:
        if value != "poke":
            raise ValueError(f"Cannot set mode to '{value}'. Only 'poke' is acceptable")

    cls.mode = property(lambda self: "poke", set_mode)
    return cls


__all__ = ["BaseSensorOperator", "PokeReturnValue", "poke_mode_only"]
HOMES = {"poke_mode_only": "airflow.sdk.bases.sensor"}
