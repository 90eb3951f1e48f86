"""In a task's process: its door to the world, and what runs behind it. There is one of each."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from upgradecheck.runtime import task_api
from upgradecheck.runtime.wire import encode

ANSWERS = msgspec.msgpack.Decoder(task_api.Reply | task_api.Refusal)
TICK = 1e-6


class NoTask(RuntimeError):
    """Something that only a running task may do."""


class Refused(Exception):
    """The world said no."""

    def __init__(self, error: str, detail: Any) -> None:
        super().__init__(error, detail)
        self.error, self.detail = error, detail


class ValidationError(ValueError):
    """What pydantic raises for a message that it refuses."""


def invalid(message: str, field: str, problem: str, kind: str, value: Any) -> ValidationError:
    """In its words."""
    given = f"[type={kind}, input_value={value!r}, input_type={type(value).__name__}]"
    page = f"For further information visit https://errors.pydantic.dev/2.14/v/{kind}"
    return ValidationError(f"1 validation error for {message}\n{field}\n  {problem} {given}\n    {page}")


def _check(request: msgspec.Struct) -> None:
    """Raises `ValidationError` for a date that is in no zone."""
    for field, value in msgspec.structs.asdict(request).items():
        for number, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, datetime) and each.tzinfo is None:
                place = field if number is None else f"{field}.{number}"
                problem = "Input should have timezone info"
                raise invalid(type(request).__name__, place, problem, "timezone_aware", each)


class Door:
    """Requests out, answers in; time is what the world says it is."""

    def __init__(self, connection: Any, now: float, travel: Callable[[float], None]) -> None:
        self.connection, self.now, self.travel = connection, now, travel
        self.deadline: float | None = None
        self.expire: Callable[[], None] = lambda: None
        self.ticks = 0

    def ask(self, request: Any) -> Any:
        """The answer. Raises ``Refused``, `ValidationError`."""
        _check(request)
        self.connection.send_bytes(encode(request))
        answer = ANSWERS.decode(self.connection.recv_bytes())
        if answer.now > self.now:
            self.now = answer.now
            self.travel(self.now)
        if isinstance(answer, task_api.Refusal) and answer.error == task_api.INVALID:
            raise ValidationError(answer.detail)
        if isinstance(answer, task_api.Refusal):
            raise Refused(answer.error, answer.detail)
        return answer.value

    def tell(self, end: Any) -> None:
        """The last word; nothing comes back."""
        self.connection.send_bytes(encode(end))

    def sleep(self, seconds: float) -> None:
        """Virtual: others go on, the clock jumps. Where ``execution_timeout`` is nearer, that is what comes."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if self.deadline is not None and self.now + seconds >= self.deadline:
            self.ask(task_api.Sleep(max(self.deadline - self.now, 0)))
            self.deadline = None
            self.expire()
        self.ask(task_api.Sleep(seconds))

    def monotonic(self) -> float:
        """Never twice the same: a poke takes time."""
        self.ticks += 1
        return self.now + self.ticks * TICK


class Here:
    """What is going on in this process."""

    door: Door | None = None
    instance: Any = None
    context: Any = None


def door() -> Door:
    """The door. Raises ``NoTask`` where no task runs (as while a file is loaded)."""
    if Here.door is None:
        raise NoTask(
            "Current context was requested but no context was found! Are you running within an Airflow task?"
        )
    return Here.door


def in_task() -> bool:
    """Is there a door?"""
    return Here.door is not None


class _Current:
    def mapping(self) -> Any:
        """The context."""
        if Here.context is None:
            raise NoTask(
                "Current context was requested but no context was found! Are you running within an Airflow task?"
            )
        return Here.context


def current() -> _Current:
    """What runs."""
    return _Current()


@contextmanager
def door_of(made: Door) -> Iterator[None]:
    """Meanwhile this process sleeps, and tells time, as the world does."""
    kept = clock.sleep, clock.monotonic, clock.perf_counter
    Here.door = made
    clock.sleep = made.sleep  # type: ignore[assignment]
    clock.monotonic = made.monotonic
    clock.perf_counter = made.monotonic
    try:
        yield
    finally:
        Here.door = Here.instance = Here.context = None
        clock.sleep, clock.monotonic, clock.perf_counter = kept
