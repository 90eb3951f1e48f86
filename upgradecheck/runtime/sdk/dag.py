"""``DAG`` and ``@dag``."""

from __future__ import annotations

import copy
import functools
import inspect
import os
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import jinja2
import pendulum

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.assets import AssetAll, BaseAsset
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.contexts import DagContext
from upgradecheck.runtime.sdk.dag_checks import check_dag, check_given, check_owner_links, check_setups
from upgradecheck.runtime.sdk.dag_graph import Graph
from upgradecheck.runtime.sdk.groups import TaskGroup
from upgradecheck.runtime.sdk.names import NOTSET, validate_key
from upgradecheck.runtime.sdk.params import DagParam, ParamsDict
from upgradecheck.runtime.sdk.templater import create_template_env
from upgradecheck.runtime.sdk.timetable import AssetTriggeredTimetable, BaseTimetable, create_timetable
from upgradecheck.runtime.unmodelled import lacks

HOME = "airflow.sdk"
NEW, OPEN, DONE = 0, 1, 2
ARGUMENTS: dict[str, Any] = {
    "description": None,
    "default_args": None,
    "start_date": None,
    "end_date": None,
    "schedule": None,
    "template_searchpath": None,
    "template_undefined": jinja2.StrictUndefined,
    "user_defined_macros": None,
    "user_defined_filters": None,
    "max_active_tasks": None,
    "max_active_runs": None,
    "max_consecutive_failed_dag_runs": None,
    "dagrun_timeout": None,
    "deadline": None,
    "sla_miss_callback": None,
    "catchup": NOTSET,
    "on_success_callback": None,
    "on_failure_callback": None,
    "doc_md": None,
    "params": None,
    "access_control": None,
    "is_paused_upon_creation": None,
    "jinja_environment_kwargs": None,
    "render_template_as_native_obj": False,
    "tags": None,
    "owner_links": None,
    "auto_register": True,
    "fail_fast": False,
    "allowed_run_types": None,
    "dag_display_name": None,
    "task_group": None,
    "disable_bundle_versioning": False,
    "rerun_with_latest_version": None,
}


def _signature() -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    fields = [inspect.Parameter("self", kind), inspect.Parameter("dag_id", kind)]
    fields += [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=v) for n, v in ARGUMENTS.items()]
    return inspect.Signature(fields)


class DAG(Graph):
    """Tasks, and when they run."""

    def __init__(self, dag_id: str, *more: Any, **given: Any) -> None:
        more, given = dialect.current().dag_arguments(more, given)
        if more:
            keywords = f" positional arguments (and {len(given)} keyword-only argument{'s' * (len(given) != 1)})"
            said = f"{2 + len(more)}{keywords if given else ''} were given"
            raise TypeError(f"DAG.__init__() takes 2 positional arguments but {said}")
        for name in given:
            if name not in ARGUMENTS:
                raise TypeError(f"DAG.__init__() got an unexpected keyword argument {name!r}")
        check_given(given)
        fields = {**ARGUMENTS, **given}
        validate_key(dag_id)
        self.dag_id = dag_id
        self.task_dict: dict[str, Any] = {}
        self.edge_info: dict[str, dict[str, Any]] = {}
        frame = inspect.currentframe()
        self.fileloc = frame.f_back.f_code.co_filename if frame and frame.f_back else ""
        self.relative_fileloc: str | None = None
        self._take(fields)
        self._take_schedule(fields)
        self.params = self._merged_params(fields["params"])
        check_dag(self)
        self.start_date = timezone.convert_to_utc(self.start_date)
        self.end_date = timezone.convert_to_utc(self.end_date)
        for name in ("start_date", "end_date"):
            if date := self.default_args.get(name):
                date = timezone.parse(date, timezone=self.timezone) if isinstance(date, str) else date
                self.default_args[name] = timezone.convert_to_utc(date)
        self.task_group = fields["task_group"] or TaskGroup.create_root(self)

    __init__.__signature__ = _signature()  # type: ignore[attr-defined]

    def _take(self, fields: dict[str, Any]) -> None:
        self.default_args: Any = copy.copy(fields["default_args"]) if fields["default_args"] is not None else {}
        self.default_args.get("start_date")
        for name, key in (
            ("max_active_tasks", "max_active_tasks_per_dag"),
            ("max_active_runs", "max_active_runs_per_dag"),
            ("max_consecutive_failed_dag_runs", "max_consecutive_failed_dag_runs_per_dag"),
        ):
            setattr(self, name, conf.getint("core", key) if fields[name] is None else fields[name])
        given = fields["catchup"]
        self.catchup = conf.getboolean("scheduler", "catchup_by_default") if given is NOTSET else given
        self.dag_display_name = fields["dag_display_name"] or self.dag_id
        self.tags = set(fields["tags"] or ())
        path = fields["template_searchpath"]
        self.template_searchpath = (path,) if isinstance(path, str) else path
        self.owner_links = fields["owner_links"] or {}
        taken = {*vars(self), "params", "schedule", "task_group", "default_args"}
        for name, value in fields.items():
            if name not in taken:
                setattr(self, name, value)
        if not self.start_date and (date := self.default_args.get("start_date")):
            self.start_date = date if isinstance(date, datetime) else timezone.parse(date)

    start_date: Any
    end_date: Any
    fail_fast: bool
    auto_register: bool
    max_active_runs: int
    max_active_tasks: int
    dagrun_timeout: timedelta | None
    render_template_as_native_obj: bool
    template_undefined: Any
    jinja_environment_kwargs: Any
    user_defined_macros: Any
    user_defined_filters: Any
    on_success_callback: Any
    on_failure_callback: Any
    allowed_run_types: Any
    doc_md: str | None

    def _take_schedule(self, fields: dict[str, Any]) -> None:
        date = self.start_date
        date = timezone.parse(date) if date and not isinstance(date, datetime) else date
        self.timezone = pendulum.instance(date, tz=date.tzinfo or timezone.utc).timezone if date else timezone.utc
        self.schedule = schedule = fields["schedule"]
        self.timetable: Any
        if isinstance(schedule, BaseTimetable):
            self.timetable = schedule
        elif isinstance(schedule, BaseAsset):
            self.timetable = AssetTriggeredTimetable(schedule)
        elif isinstance(schedule, Collection) and not isinstance(schedule, str):
            if not all(isinstance(each, BaseAsset) for each in schedule):
                raise ValueError(
                    "All elements in 'schedule' should be either assets, asset references, or asset aliases"
                )
            self.timetable = AssetTriggeredTimetable(AssetAll(*schedule))
        else:
            self.timetable = create_timetable(schedule, self.timezone)

    def _merged_params(self, params: Any) -> ParamsDict:
        merged = dict((params or {}).items()) if not isinstance(params, ParamsDict) else dict(params._params)
        merged.update(self.default_args.pop("params", None) or {})
        return ParamsDict(merged)

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"

    def __lt__(self, other: Any) -> bool:
        return bool(self.dag_id < other.dag_id)

    def __enter__(self) -> DAG:
        DagContext.push(self)
        return self

    def __exit__(self, *exc: Any) -> None:
        DagContext.pop()

    def validate(self) -> None:
        """What the DAG bag checks before it takes the DAG."""
        self.timetable.validate()
        check_setups(self)
        check_owner_links(self)

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        """A param as an argument of a task."""
        return DagParam(self, name, default)

    @property
    def folder(self) -> str:
        """Where its file is."""
        return os.path.dirname(self.fileloc)

    @property
    def owner(self) -> str:
        """The owners of its tasks."""
        return ", ".join({task.owner for task in self.tasks})

    @property
    def task(self) -> Any:
        """``@dag.task``."""
        from upgradecheck.runtime.sdk.task import task

        return functools.partial(task, dag=self)

    def get_template_env(self, *, force_sandboxed: bool = False, native: bool | None = None) -> Any:
        """The environment of its templates."""
        chosen = self.render_template_as_native_obj if native is None else native
        return create_template_env(
            native=bool(chosen) and not force_sandboxed,
            searchpath=[self.folder, *(self.template_searchpath or ())],
            template_undefined=self.template_undefined,
            jinja_environment_kwargs=self.jinja_environment_kwargs,
            user_defined_macros=self.user_defined_macros,
            user_defined_filters=self.user_defined_filters,
        )

    def test(self, **kwargs: Any) -> None:
        """Nothing: the replay runs the DAG."""

    def cli(self) -> None:
        """Nothing."""
        self.check_cycle()


lacks(
    DAG,
    "get_serialized_fields has_on_failure_callback has_on_success_callback has_task_group last_loaded partial "
    "partial_subset tasks_upstream_of_teardowns validate_setup_teardown",
)

__all__ = ["DAG"]
