"""What the runtime knows: DAGs as they were stored, runs, task instances, XComs, asset events; and the world
of them all.

Everything is frozen. ``scheduler.step`` makes a new world from an old one; ``draft.Draft`` is its pen.
Names and fields follow Airflow 3.3's tables (DagRun, TaskInstance, XComModel, AssetEvent, AssetDagRunQueue).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from upgradecheck.runtime import indexes
from upgradecheck.runtime.lenses import AnyLens
from upgradecheck.runtime.tables import Table

PLACES = 16  # [core] max_active_tasks_per_dag, where nothing is configured


class Schedule(Struct, frozen=True):
    """A timetable: its class in Airflow and what that class is made of. ``release``: whose, where not 3.3.2's.
    ``asked``: a project's own class; the process of this DAG is asked what it does (``custom_timetables``)."""

    name: str = "NullTimetable"
    expression: str = ""
    timezone: str | int = "UTC"
    delta: dict[str, float] | None = None
    interval: dict[str, float] | None = None
    run_immediately: bool | float = False
    crons: tuple[str, ...] = ()
    inner: Schedule | None = None
    condition: dict[str, Any] | None = None
    asked: str = ""
    dates: tuple[datetime, ...] = ()
    only_dates: bool = False
    run_offset: int = 0
    key_format: str = ""
    release: str = ""

    @property
    def can_be_scheduled(self) -> bool:
        """Does it ever make runs by itself?"""
        name = self.inner.name if self.inner else self.name
        return name not in ("NullTimetable", "PartitionedAtRuntime")

    @property
    def timed(self) -> bool:
        """Does the clock make its runs?"""
        return self.can_be_scheduled and not (self.condition and not self.inner)


class Task(Struct, frozen=True):
    """A task as the scheduler knows it. ``setups``: those whose end it waits for though they are not right
    before it;
    ``scope``: what a teardown waits for beyond its upstream."""

    task_id: str
    operator: str = ""
    upstream: tuple[str, ...] = ()
    downstream: tuple[str, ...] = ()
    trigger_rule: str = "all_success"
    is_setup: bool = False
    is_teardown: bool = False
    fails_run: bool = False
    setups: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    expand: dict[str, AnyLens] | None = None
    mapped_over: tuple[str, ...] = ()
    empty: bool = False
    skips: bool = False
    retries: int = 0
    retry_delay: timedelta = timedelta(seconds=300)
    backoff: float = 0
    max_retry_delay: timedelta | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    depends_on_past: bool = False
    ignore_first: bool = True
    waits_for_past_to_skip: bool = False
    waits_for_downstream: bool = False
    per_dag: int | None = None
    per_run: int | None = None
    priority: int = 1
    pool_slots: int = 1
    modelled: bool = True
    start_trigger: dict[str, Any] | None = None
    outlets: tuple[dict[str, Any], ...] = ()
    inlets: tuple[dict[str, Any], ...] = ()


class Group(Struct, frozen=True):
    """A task group; mapped where ``expand`` is there."""

    group_id: str
    tasks: tuple[str, ...] = ()
    expand: dict[str, AnyLens] | None = None
    mapped_over: tuple[str, ...] = ()


class Dag(Struct, frozen=True, eq=False):
    """A DAG as it was stored, of one version."""

    dag_id: str
    file: str = ""
    tasks: dict[str, Task] = {}
    groups: dict[str, Group] = {}
    schedule: Schedule = Schedule()
    start_date: datetime | None = None
    end_date: datetime | None = None
    catchup: bool = False
    max_active_runs: int = 16
    max_active_tasks: int = PLACES
    max_failed_runs: int = 0
    dagrun_timeout: timedelta | None = None
    fail_fast: bool = False
    params: dict[str, dict[str, Any]] = {}
    on_success: bool = False
    on_failure: bool = False
    allowed_run_types: tuple[str, ...] = ()
    paused: bool | None = None
    version: int = 1
    digest: str = ""
    rerun_latest: bool | None = None
    unpinned: bool = False  # ``disable_bundle_versioning``


class Run(Struct, frozen=True):
    """A run of a DAG. ``version``: the DAG's when it was made; ``code``: the bundle's version that its tasks run,
    None where it has none; ``followed``: the newest version of the DAG that its instances were made fit for."""

    dag_id: str
    run_id: str
    run_type: str
    run_after: datetime
    logical_date: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    state: str = "queued"
    conf: dict[str, Any] = {}
    number: int = 0
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    version: int = 1
    code: int | None = None
    followed: int = 1
    clear_number: int = 0
    backfill: int | None = None
    partition_key: str | None = None
    partition_date: datetime | None = None
    consumed: tuple[int, ...] = ()
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """DAG and run id."""
        return self.dag_id, self.run_id


class Failure(Struct, frozen=True):
    """What a task raised, and where in the DAG's files."""

    kind: str
    message: str
    where: str = ""


class TaskInstance(Struct, frozen=True):
    """A task in a run, at one map index (-1: none)."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    start_date: datetime | None = None
    end_date: datetime | None = None
    next_method: str = ""
    next_kwargs: Any = None
    trigger: int | None = None
    trigger_timeout: datetime | None = None
    retry_at: datetime | None = None
    reschedule_at: datetime | None = None
    first_reschedule: datetime | None = None
    reschedules: int = 0
    rendered_map_index: str | None = None
    rendered: dict[str, Any] | None = None
    version: int = 1
    error: Failure | None = None
    tries: tuple[str, ...] = ()
    priority: int = 1

    @property
    def at(self) -> tuple[str, int]:
        """Task and map index."""
        return self.task_id, self.map_index

    @property
    def label(self) -> str:
        """As reports name it."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


class Stored(Struct, frozen=True):
    """An XCom: its value as JSON, and its length where others map over it."""

    value: Any
    length: int | None = None


class AssetEvent(Struct, frozen=True):
    """Somebody wrote an asset."""

    number: int
    name: str
    uri: str
    timestamp: datetime
    extra: dict[str, Any] = {}
    aliases: tuple[str, ...] = ()
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    partition_key: str | None = None
    partition_date: datetime | None = None


class Trigger(Struct, frozen=True):
    """What a deferred task waits for. ``waiting``: its run, id and map index; ``rendered``: the trigger's templates
    are rendered with its context (a task that starts in the triggerer did not render any)."""

    number: int
    dag_id: str
    classpath: str
    kwargs: Any
    waiting: tuple[str, str, int]
    rendered: bool = False


class Upcoming(Struct, frozen=True):
    """The next run that a schedule makes."""

    logical_date: datetime | None
    start: datetime | None
    end: datetime | None
    run_after: datetime
    partition_key: str | None = None
    partition_date: datetime | None = None


class World(Struct, frozen=True):
    """All there is, at ``now``. ``agenda``: of each run the instances to look at in the next pass (``agenda``).
    ``code``: the number of the newest deployment of the DAG files; ``versioned``: their bundle keeps older ones."""

    now: datetime
    dags: dict[str, Dag] = {}
    runs: Table[tuple[str, str], Run] = field(default_factory=indexes.runs)
    instances: Table[tuple[str, str], Table[tuple[str, int], TaskInstance]] = field(default_factory=Table)
    xcoms: Table[tuple[str, str], Table[tuple[str, int, str], Stored]] = field(default_factory=Table)
    agenda: dict[tuple[str, str], frozenset[tuple[str, int | None]]] = {}
    variables: dict[str, str] = {}
    connections: dict[str, str] = {}
    kept: dict[str, dict[str, Any]] = {}
    events: tuple[AssetEvent, ...] = ()
    queue: dict[tuple[str, str, str], datetime] = {}
    parts: dict[tuple[str, str], tuple[int, ...]] = {}
    listening: dict[str, datetime] = {}
    triggers: dict[int, Trigger] = {}
    unpaused: frozenset[str] = frozenset()
    upcoming: dict[str, Upcoming | None] = {}
    quota: dict[str, int] = field(default_factory=dict)
    versions: dict[tuple[str, int], Dag] = {}
    code: int = 0
    versioned: bool = False
    count: int = 0

    def instance(self, run: Run | TaskInstance, task_id: str, map_index: int = -1) -> TaskInstance | None:
        """One instance of a run, or None."""
        table = self.instances.get((run.dag_id, run.run_id))
        return table.get((task_id, map_index)) if table is not None else None

    def stored(self, key: tuple[str, str]) -> Table[tuple[str, int, str], Stored]:
        """The XComs of a run."""
        return self.xcoms.get(key) or indexes.xcoms()

    def dag_of(self, run: Run) -> Dag:
        """The DAG as this run sees it: without bundle versions always the newest (``_version_from_dag_run``)."""
        return self.dags[run.dag_id] if run.code is None else self.versions[run.dag_id, run.version]

    def code_of(self, run: Run) -> int:
        """The deployment whose files the tasks of this run load."""
        return self.code if run.code is None else run.code
