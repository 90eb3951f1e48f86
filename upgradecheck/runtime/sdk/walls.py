"""The wall around the metadata database: what 3.x refuses to task code, with its words; and what it hands out
instead."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import Any

from upgradecheck.runtime.sdk.configuration import NO_DATABASE

HOME = "airflow.settings"
NO_ORM = "Direct database access via the ORM is not allowed in Airflow 3.0"


def _refuse(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError(NO_ORM)


class Session:
    """A session of the metadata database: there is none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse()

    remove = staticmethod(_refuse)


Session.__name__ = "BlockedDBSession"  # as Python names it in what it raises


class _Blocked:
    """An attribute that even to read is an error."""


BLOCKED = _Blocked()


def configure_orm(*args: Any, **kwargs: Any) -> None:
    """Refused."""
    raise RuntimeError("Database access is disabled from Dags and Triggers")


@contextmanager
def create_session(scoped: bool = True) -> Any:
    """Refused when it is entered."""
    yield Session()


def provide_session(func: Any) -> Any:
    """Refused when the function is called without a session."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("session") is not None:
            return func(*args, **kwargs)
        with create_session() as session:
            return func(*args, session=session, **kwargs)

    return wrapper


class _Column:
    """A column of a table: expressions can be written, nothing can be asked."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Column()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Column()

    def __eq__(self, other: object) -> Any:
        return _Column()

    def __ne__(self, other: object) -> Any:
        return _Column()

    __lt__ = __gt__ = __le__ = __ge__ = __and__ = __or__ = __eq__
    __hash__ = None  # type: ignore[assignment]


class _ModelMeta(type):
    """Methods of a table that ask the database are refused; columns are only words."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _refuse if name in QUERIES or name.startswith(("get_", "find", "clear_")) else _Column()


QUERIES = (
    "find",
    "query",
    "set",
    "get_one",
    "get_many",
    "get_all",
    "get_value",
    "clear",
    "delete",
    "active_runs_of_dags",
)


class _Row:
    """A row that code makes and cannot store."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        vars(self).update(kwargs)


def _model(home: str, name: str) -> Any:
    return _ModelMeta(name, (_Row,), {"__module__": home, "__doc__": "A table of the metadata database."})


MODELS = {
    f"{home}.{name}": _model(home, name)
    for home, names in {
        "airflow.models.dagrun": ("DagRun",),
        "airflow.models.taskinstance": ("TaskInstance",),
        "airflow.models.taskreschedule": ("TaskReschedule",),
        "airflow.models.dag": ("DagModel", "DagTag"),
        "airflow.models.serialized_dag": ("SerializedDagModel",),
        "airflow.models.pool": ("Pool",),
        "airflow.models.log": ("Log",),
        "airflow.models.trigger": ("Trigger",),
        "airflow.models.xcom": ("XComModel",),
        "airflow.models.dagbag": ("DagBag",),
        "airflow.models.dag_version": ("DagVersion",),
        "airflow.models.asset": ("AssetModel", "AssetEvent", "AssetDagRunQueue"),
        "airflow.models.dagcode": ("DagCode",),
        "airflow.models.dagwarning": ("DagWarning",),
        "airflow.models.errors": ("ParseImportError",),
        "airflow.jobs.job": ("Job",),
    }.items()
    for name in names
}

__all__ = ["Session", "configure_orm", "create_session", "provide_session"]
HOMES = dict.fromkeys(("create_session", "provide_session"), "airflow.utils.session")
ALSO: dict[str, Any] = {
    **MODELS,
    "airflow.settings.SQL_ALCHEMY_CONN": NO_DATABASE,
    "airflow.settings.SQL_ALCHEMY_CONN_ASYNC": NO_DATABASE,
    "airflow.settings.engine": BLOCKED,
    "airflow.settings.async_engine": BLOCKED,
    "airflow.settings.NonScopedSession": BLOCKED,
    "airflow.settings.AsyncSession": BLOCKED,
    **{f"airflow.utils.db.{name}": _refuse for name in ("check", "merge_conn", "add_default_pool_if_not_exists")},
    "airflow.models.taskinstance.clear_task_instances": _refuse,
    "airflow.api.common.trigger_dag.trigger_dag": _refuse,
    "airflow.utils.session.NEW_SESSION": None,
    "airflow.utils.session.NEW_ASYNC_SESSION": None,
}
