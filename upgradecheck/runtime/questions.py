"""What tasks ask of the world: the requests of ``task_api`` that change nothing. ``answers`` has a row for each."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


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
    """All of a task, by map index (``mapped_only``: of a mapped task); without a task of all, the newest first."""

    dag_id: str
    run_id: str
    task_id: str | None
    key: str
    include_prior_dates: bool = False
    mapped_only: bool = False


class GetVariable(Message, frozen=True):
    """A variable."""

    key: str


class GetVariableKeys(Message, frozen=True):
    """The names of variables."""

    prefix: str | None = None


class GetConnection(Message, frozen=True):
    """A connection's URI."""

    conn_id: str


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


class GetTaskBreadcrumbs(Message, frozen=True):
    """How the tasks of a run ended."""

    dag_id: str
    run_id: str


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


class GetState(Message, frozen=True):
    """A value that a task or an asset keeps."""

    scope: str
    key: str


class ValidateInletsAndOutlets(Message, frozen=True):
    """Which of the task's assets nobody may use?"""


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
    | GetTaskBreadcrumbs
    | GetPreviousDagRun
    | GetPreviousTI
    | GetPrevSuccessfulDagRun
    | GetMappedCount
    | GetAssetEvents
    | GetAsset
    | GetState
    | ValidateInletsAndOutlets
)
