"""What happens: time passes, a person asks for a run, a task's process says something, a trigger fires."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from upgradecheck.runtime.model import Dag, Upcoming
from upgradecheck.runtime.task_api import End, Request


class Tick(Struct, frozen=True):
    """It is ``now``: one pass of the scheduling loop."""

    now: datetime


class Freed(Struct, frozen=True):
    """What was started has ended, or waits: there may be places again."""


class Parsed(Struct, frozen=True):
    """The DAG processor stored a DAG (again)."""

    dag: Dag


class Deployed(Struct, frozen=True):
    """Other DAG files are there, with these DAGs; ``Parsed`` follows for each."""

    code: int
    dag_ids: frozenset[str]


class Unpause(Struct, frozen=True):
    """A person switched a DAG on. ``runs``: the schedule makes so many, then no more. ``last``: what it made
    before."""

    dag_id: str
    runs: int | None = None
    last: Upcoming | None = None


class AskRun(Struct, frozen=True):
    """A person asks for a run. ``started``: it runs at once, paused or not, as with ``dag.test()``."""

    dag_id: str
    logical_date: datetime | None = None
    conf: dict[str, Any] | None = None
    run_after: datetime | None = None
    run_id: str = ""
    run_type: str = "manual"
    started: bool = False


class Said(Struct, frozen=True):
    """A task's process asked for something that changes the world."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    request: Request


class Began(Struct, frozen=True):
    """A task's process runs."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


class Ended(Struct, frozen=True):
    """A task's process came to its end."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    end: End


class Fired(Struct, frozen=True):
    """A trigger has its event; or it failed (``error``), or it ends the task itself (``state``)."""

    number: int
    payload: Any = None
    error: str = ""
    state: str = ""
    xcoms: dict[str, Any] | None = None


class Answered(Struct, frozen=True):
    """A person answered a task that waits for input."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    chosen_options: list[str]
    params_input: dict[str, Any] = {}


class Cleared(Struct, frozen=True):
    """A person clears a run. ``started``: it runs at once, paused or not. ``latest``: on the newest version; None:
    as the DAG says, else not."""

    dag_id: str
    run_id: str
    started: bool = False
    latest: bool | None = None


class Backfilled(Struct, frozen=True):
    """A person asks for the runs of a span of dates. ``reprocess``: none, failed or completed. ``latest``: runs
    that are there already go on the newest version; None: as the DAG says, else so."""

    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: str = "none"
    started: bool = False
    latest: bool | None = None


class GaveUp(Struct, frozen=True):
    """What runs comes to no end."""


class AssetWritten(Struct, frozen=True):
    """Somebody outside of all DAGs wrote an asset."""

    name: str
    uri: str
    extra: dict[str, Any] = {}


Event = (
    Tick
    | Freed
    | Parsed
    | Deployed
    | Unpause
    | AskRun
    | Said
    | Began
    | Ended
    | Fired
    | Answered
    | Cleared
    | Backfilled
    | GaveUp
    | AssetWritten
)
