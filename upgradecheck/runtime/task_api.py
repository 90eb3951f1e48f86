"""The messages between a task's process and the rest: the only door from task code to the world.

A process gets ``Startup``; then it sends requests, each answered by a ``Reply`` (or refused by a ``Refusal``),
and one
``End``. Frames are msgpack. The names are those of Airflow's task execution API. What Airflow does not have:
``Sleep``
(time in a task is virtual: the supervisor answers when it has come) and ``error`` in the ends (for the report).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from upgradecheck.runtime.model import Failure
from upgradecheck.runtime.questions import Message, Question


class SetXCom(Message, frozen=True):
    """Store one."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    key: str
    value: Any
    mapped_length: int | None = None


class DeleteXCom(Message, frozen=True):
    """Delete one."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    key: str


class PutVariable(Message, frozen=True):
    """Set a variable."""

    key: str
    value: str


class DeleteVariable(Message, frozen=True):
    """Delete a variable."""

    key: str


class SetRenderedFields(Message, frozen=True):
    """What the templates became."""

    fields: dict[str, Any]


class SetRenderedMapIndex(Message, frozen=True):
    """The name of a map index."""

    value: str


class SetState(Message, frozen=True):
    """Keep a value for a task or an asset."""

    scope: str
    key: str
    value: Any


class DeleteState(Message, frozen=True):
    """Forget a value, or all of them."""

    scope: str
    key: str | None = None


class SkipDownstreamTasks(Message, frozen=True):
    """Skip these: ids, or ids with map indexes."""

    tasks: list[Any]


class TriggerDagRun(Message, frozen=True):
    """Make a run of another DAG."""

    dag_id: str
    run_id: str
    logical_date: datetime | None = None
    run_after: datetime | None = None
    conf: dict[str, Any] | None = None
    reset_dag_run: bool = False


class Sleep(Message, frozen=True):
    """Wake me in so many seconds."""

    seconds: float


class SucceedTask(Message, frozen=True):
    """Success."""

    outlets: tuple[dict[str, Any], ...] = ()
    outlet_events: tuple[dict[str, Any], ...] = ()
    rendered_map_index: str | None = None


class TaskState(Message, frozen=True):
    """Failed or skipped."""

    state: str
    error: Failure | None = None
    rendered_map_index: str | None = None


class RetryTask(Message, frozen=True):
    """Failed, and tries are left. ``delay`` in seconds where a policy chose one."""

    error: Failure | None = None
    delay: float | None = None


class DeferTask(Message, frozen=True):
    """Waits for a trigger."""

    classpath: str
    trigger_kwargs: Any
    next_method: str
    next_kwargs: Any
    timeout: float | None = None


class AwaitInputTask(Message, frozen=True):
    """Waits for a person; ``defaults``: the answer where none comes in time."""

    next_method: str
    timeout: float | None = None
    defaults: list[str] | None = None
    params: Any = None


class RescheduleTask(Message, frozen=True):
    """Comes back at a date."""

    date: datetime


class Died(Message, frozen=True):
    """The process ended without a word, or was ended; ``well``: with exit code 0; ``error``: what is in its log."""

    said: str
    well: bool = False
    error: Failure | None = None


class FiredEvent(Message, frozen=True):
    """A trigger's process: the event."""

    payload: Any = None
    state: str = ""
    xcoms: dict[str, Any] | None = None
    error: str = ""


End = SucceedTask | TaskState | RetryTask | DeferTask | AwaitInputTask | RescheduleTask | Died
Request = (
    SetXCom
    | DeleteXCom
    | PutVariable
    | DeleteVariable
    | SetRenderedFields
    | SetRenderedMapIndex
    | SetState
    | DeleteState
    | SkipDownstreamTasks
    | TriggerDagRun
    | Sleep
    | Question
)


class Reply(Message, frozen=True):
    """The answer; ``now`` is the world's time in seconds since 1970."""

    value: Any = None
    now: float = 0


INVALID = "INVALID"  # the error of a message that is none: a text where a number has to be


class Refusal(Message, frozen=True):
    """``error`` is an ErrorType of Airflow."""

    error: str
    detail: Any = None
    now: float = 0
