"""Triggers: what deferred tasks wait for."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from typing import Any

import pendulum

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.exceptions import AirflowException, TaskDeferralError, TaskDeferralTimeout
from upgradecheck.runtime.sdk.templater import Templater

HOME = "airflow.triggers.base"


def failed_deferral(error: str = "Unknown", traceback: str | None = None, **more: Any) -> AirflowException:
    """What is raised in a task whose trigger failed or came too late. Airflow logs the trigger's own error."""
    if error == "Trigger timeout":
        return TaskDeferralTimeout(error)
    failed = TaskDeferralError(error)
    failed.logged = traceback  # type: ignore[attr-defined]
    return failed


class StartTriggerArgs:
    """What a task needs that starts in the triggerer."""

    def __init__(
        self,
        trigger_cls: str,
        next_method: str,
        trigger_kwargs: Any = None,
        next_kwargs: Any = None,
        timeout: Any = None,
    ) -> None:
        self.trigger_cls, self.next_method, self.trigger_kwargs = trigger_cls, next_method, trigger_kwargs
        self.next_kwargs, self.timeout = next_kwargs, timeout

    def replaced(self, **kwargs: Any) -> StartTriggerArgs:
        """With other arguments."""
        return StartTriggerArgs(**{**vars(self), "trigger_kwargs": kwargs})


class BaseTrigger(Templater):
    """Waits, and yields an event."""

    supports_triggerer_queue = True

    def __init__(self, **kwargs: Any) -> None:
        self.task_instance: Any = None
        self.trigger_id: Any = None
        self.task_id: Any = None

    @property
    def log(self) -> Any:
        """A logger."""
        import logging

        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments that make it anew."""
        raise NotImplementedError("Triggers must implement serialize()")

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event."""
        if type(self).run is BaseTrigger.run:
            raise NotImplementedError("Triggers must implement run()")
        yield TriggerEvent(None)

    async def cleanup(self) -> None:
        """At the end."""

    async def on_kill(self) -> None:
        """When a person ends the task."""

    def __repr__(self) -> str:
        classpath, kwargs = self.serialize()
        return f"<{classpath} {', '.join(f'{key}={value}' for key, value in kwargs.items())}>"


class BaseEventTrigger(BaseTrigger):
    """A trigger that writes asset events."""

    supports_triggerer_queue = False


class TriggerEvent:
    """What happened."""

    def __init__(self, payload: Any, **kwargs: Any) -> None:
        self.payload = payload

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    def __hash__(self) -> int:
        return hash(repr(self.payload))


class BaseTaskEndEvent(TriggerEvent):
    """Ends the task without running it again."""

    task_instance_state: str = ""

    def __init__(self, *, xcoms: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(payload=self.task_instance_state)
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    """The task succeeded."""

    task_instance_state = "success"


class TaskFailedEvent(BaseTaskEndEvent):
    """The task failed."""

    task_instance_state = "failed"


class TaskSkippedEvent(BaseTaskEndEvent):
    """The task is skipped."""

    task_instance_state = "skipped"


class DateTimeTrigger(BaseTrigger):
    """Waits for a moment."""

    def __init__(self, moment: Any = None, *, target_time: Any = None, end_from_trigger: bool = False) -> None:
        super().__init__()
        if (moment is None) == (target_time is None):
            raise TypeError("DateTimeTrigger requires exactly one of 'moment' or 'target_time'")
        self.target_time, self.end_from_trigger, self._moment = target_time, end_from_trigger, None
        if moment is not None:
            if not isinstance(moment, datetime.datetime):
                raise TypeError(f"Expected datetime.datetime type for moment. Got {type(moment)}")
            if moment.tzinfo is None:
                raise ValueError("You cannot pass naive datetimes")
            self._moment = timezone.convert_to_utc(moment)

    @property
    def moment(self) -> Any:
        """The moment. Raises ``TypeError``."""
        if self._moment is None:
            given = self.target_time
            given = given.isoformat() if isinstance(given, datetime.datetime) else given
            if not isinstance(given, str) or not given:
                raise TypeError("DateTimeTrigger has neither a 'moment' nor a usable 'target_time'")
            self._moment = timezone.convert_to_utc(timezone.parse(given))
        return self._moment

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """With whichever of the two was given."""
        kwargs = {"target_time": self.target_time} if self._moment is None else {"moment": self._moment}
        kwargs["end_from_trigger"] = self.end_from_trigger
        return "airflow.providers.standard.triggers.temporal.DateTimeTrigger", kwargs

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep until then, in steps that get shorter."""
        for step in (3600, 60, 10):
            while (self.moment - pendulum.instance(timezone.utcnow())).total_seconds() > 2 * step:
                await asyncio.sleep(step)
        while self.moment > pendulum.instance(timezone.utcnow()):
            await asyncio.sleep(1)
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Waits for a span."""

    def __init__(self, delta: datetime.timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=timezone.utcnow() + delta, end_from_trigger=end_from_trigger)


__all__ = [
    "BaseEventTrigger",
    "BaseTaskEndEvent",
    "BaseTrigger",
    "DateTimeTrigger",
    "StartTriggerArgs",
    "TaskFailedEvent",
    "TaskSkippedEvent",
    "TaskSuccessEvent",
    "TimeDeltaTrigger",
    "TriggerEvent",
]
HOMES = dict.fromkeys(("DateTimeTrigger", "TimeDeltaTrigger"), "airflow.providers.standard.triggers.temporal")
