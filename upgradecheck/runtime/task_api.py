"""The messages between a task's process and the rest: the only door from task code to the world.

A process gets ``Startup``; then it sends requests, each answered by a ``Reply`` (or refused by a ``Refusal``), and one
``End``. Frames are msgpack. The names are those of Airflow's task execution API. What Airflow does not have: ``Sleep``
(time in a task is virtual: the supervisor answers when it has come) and ``error`` in the ends (for the report).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from upgradecheck.runtime.model import Failure


class Message(Struct, frozen=True, tag_field="type", tag=True):
    """A request, or an end."""


class GetXCom(Message, frozen=True):
    """One XCom; ``map_index`` None: of an unmapped task."""

    dag_id: str
    run_id: str
    task_id: str
    key: str
    map_index: int | None = None
    include_prior_dates: bool = False


class GetXComs(Message, frozen=True):
    """All of a task, by map index; ``only``: those of a mapped task."""

    dag_id: str
    run_id: str
    task_id: str
    key: str
    include_prior_dates: bool = False
    mapped_only: bool = False


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


class GetVariable(Message, frozen=True):
    """A variable."""

    key: str


class GetVariableKeys(Message, frozen=True):
    """The names of variables."""

    prefix: str | None = None


class PutVariable(Message, frozen=True):
    """Set a variable."""

    key: str
    value: str


class DeleteVariable(Message, frozen=True):
    """Delete a variable."""

    key: str


class GetConnection(Message, frozen=True):
    """A connection's URI."""

    conn_id: str


class SetRenderedFields(Message, frozen=True):
    """What the templates became."""

    fields: dict[str, Any]


class SetRenderedMapIndex(Message, frozen=True):
    """The name of a map index."""

    value: str


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


class GetDagRun(Message, frozen=True):
    """A run."""

    dag_id: str
    run_id: str


class GetDag(Message, frozen=True):
    """Is a DAG paused?"""

    dag_id: str


class GetDRCount(Message, frozen=True):
    """How many runs."""

    dag_id: str
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None
    states: list[str] | None = None


class GetTICount(Message, frozen=True):
    """How many task instances."""

    dag_id: str
    map_index: int | None = None
    task_ids: list[str] | None = None
    task_group_id: str | None = None
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None
    states: list[str] | None = None


class GetTaskStates(Message, frozen=True):
    """States by run and task."""

    dag_id: str
    map_index: int | None = None
    task_ids: list[str] | None = None
    task_group_id: str | None = None
    logical_dates: list[datetime] | None = None
    run_ids: list[str] | None = None


class GetPreviousDagRun(Message, frozen=True):
    """The run before, in some state."""

    dag_id: str
    logical_date: datetime | None = None
    state: str | None = None


class GetPreviousTI(Message, frozen=True):
    """The same task before, in some state."""

    dag_id: str
    task_id: str
    logical_date: datetime | None = None
    map_index: int = -1
    state: str | None = None


class GetPrevSuccessfulDagRun(Message, frozen=True):
    """The newest successful run before this task's."""


class GetMappedCount(Message, frozen=True):
    """How many values something has that this task is mapped over, or its mapped groups: ``TaskMap``."""

    group_id: str = ""
    task_id: str = ""


class GetAssetEvents(Message, frozen=True):
    """Events of an asset, or through an alias."""

    name: str | None = None
    uri: str | None = None
    alias: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    limit: int | None = None
    ascending: bool = True


class GetAsset(Message, frozen=True):
    """An asset by its name or URI."""

    name: str | None = None
    uri: str | None = None


class ValidateInletsAndOutlets(Message, frozen=True):
    """Which of the task's assets nobody may use?"""


class Sleep(Message, frozen=True):
    """Wake me in so many seconds."""

    seconds: float


class SucceedTask(Message, frozen=True):
    """Success."""

    outlets: list[dict[str, Any]] = []
    outlet_events: list[dict[str, Any]] = []
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


class RescheduleTask(Message, frozen=True):
    """Comes back at a date."""

    date: datetime


class Died(Message, frozen=True):
    """The process ended without a word, or was ended."""

    said: str
    exit_code: int | None = None


class FiredEvent(Message, frozen=True):
    """A trigger's process: the event."""

    payload: Any = None
    state: str = ""
    xcoms: dict[str, Any] | None = None
    error: str = ""


End = SucceedTask | TaskState | RetryTask | DeferTask | RescheduleTask | Died
Question = (
    GetXCom
    | GetXComs
    | GetVariable
    | GetVariableKeys
    | GetConnection
    | GetDagRun
    | GetDag
    | GetDRCount
    | GetTICount
    | GetTaskStates
    | GetPreviousDagRun
    | GetPreviousTI
    | GetPrevSuccessfulDagRun
    | GetMappedCount
    | GetAssetEvents
    | GetAsset
    | ValidateInletsAndOutlets
)
Request = (
    SetXCom
    | DeleteXCom
    | PutVariable
    | DeleteVariable
    | SetRenderedFields
    | SetRenderedMapIndex
    | SkipDownstreamTasks
    | TriggerDagRun
    | Sleep
    | Question
)


class Reply(Message, frozen=True):
    """The answer; ``now`` is the world's time in seconds since 1970."""

    value: Any = None
    now: float = 0


class Refusal(Message, frozen=True):
    """``error`` is an ErrorType of Airflow."""

    error: str
    detail: Any = None
    now: float = 0
