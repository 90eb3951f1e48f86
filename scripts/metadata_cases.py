"""Rows that make the migration of a metadata database hard: what is put in, and what has become of it afterwards.

Each case changes a copy of a database that real Airflow filled. Rows are made from those that are there, so that a
case fits the tables of every version. Used by ``check_metadata_db.py`` and, on SQLite, by the tests' recorder.
"""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, func, insert, inspect, select, text, update

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
FAR = datetime.datetime(2037, 1, 1, tzinfo=datetime.timezone.utc)
Change = Callable[["Rows"], None]
Look = Callable[["Rows"], bool]


@dataclass
class Rows:
    """A database's tables, with no regard for foreign keys."""

    connection: Connection

    def table(self, name: str) -> Table:
        """A table as it is."""
        return Table(name, MetaData(), autoload_with=self.connection)

    def has(self, name: str) -> bool:
        """Whether there is such a table."""
        return inspect(self.connection).has_table(name)

    def like_first(self, name: str, /, **changes: Any) -> None:
        """One more row, as the first one but for these columns; its number is the next one."""
        table = self.table(name)
        first = self.connection.execute(select(table).limit(1)).mappings().first()
        row = dict(first) if first else {column.name: self._filler(column) for column in table.c}
        row |= {key: value for key, value in changes.items() if key in table.c}
        if isinstance(row.get("id"), int):
            row["id"] = (self.connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
        self.connection.execute(insert(table).values(**{k: v for k, v in row.items() if v is not None}))

    def _filler(self, column: Column[Any]) -> Any:
        """A value for a column of an empty table: that of a task instance, else something of its type."""
        instance = self.table("task_instance")
        if column.name in instance.c:
            known = self.connection.execute(select(instance.c[column.name]).limit(1)).scalar()
            if known is not None or column.nullable:
                return known
        if column.nullable or column.server_default is not None:
            return None
        made = {int: 1, str: "x", bytes: b"x", bool: False, datetime.datetime: NOW}
        return made.get(column.type.python_type, 1)

    def set_first(self, name: str, **changes: Any) -> None:
        """Change the first row."""
        table = self.table(name)
        first = self.connection.execute(select(table).limit(1)).mappings().one()
        keys = [table.c[column.name] == first[column.name] for column in table.primary_key]
        self.connection.execute(update(table).where(*keys).values(**changes))

    def count(self, name: str, where: str = "1=1") -> int:
        """How many rows there are."""
        return int(self.connection.execute(text(f"SELECT count(*) FROM {name} WHERE {where}")).scalar_one())

    def run(self, sql: str) -> None:
        """Any statement."""
        self.connection.exec_driver_sql(sql)


@contextmanager
def opened(engine: Engine) -> Iterator[Rows]:
    """A database's rows, in one transaction in which foreign keys do not count."""
    off = {"postgresql": "SET session_replication_role = replica", "mysql": "SET FOREIGN_KEY_CHECKS = 0"}
    with engine.begin() as connection:
        if engine.dialect.name in off:
            connection.exec_driver_sql(off[engine.dialect.name])
        yield Rows(connection)


@dataclass(frozen=True)
class Case:
    """``change`` is made; ``after`` says whether what we warned of has come about (None: nothing to look at).

    ``rule``: who has to warn. ``needs``: a table without which the case says nothing; ``unless``: the servers that
    cannot have such rows, or where other things become of them.
    """

    name: str
    change: Change
    after: Look | None = None
    rule: str = ""
    needs: str = ""
    unless: tuple[str, ...] = ()


def _xcom(value: bytes) -> Change:
    return lambda rows: rows.like_first("xcom", key=f"hard {len(value)} {value[:9]!r}", value=value)


def _conf(value: object) -> Change:
    return lambda rows: rows.set_first("dag_run", conf=pickle.dumps(value))


def _orphan(table: str, **more: Any) -> Change:
    return lambda rows: rows.like_first(table, task_id="nobody", **more)


def _state(state: str) -> Change:
    return lambda rows: rows.set_first("task_instance", state=state)


def _future(rows: Rows) -> None:
    later = {"execution_date": FAR, "data_interval_start": FAR, "data_interval_end": FAR}
    rows.like_first("dag_run", run_id="later", state="queued", **later)


def _twice(rows: Rows) -> None:
    name = "dag_run_dag_id_execution_date_key"
    rows.run(f"ALTER TABLE dag_run DROP CONSTRAINT {name}")
    rows.run(f"ALTER TABLE dag_run ADD CONSTRAINT {name} UNIQUE (dag_id, execution_date, id)")
    rows.like_first("dag_run", run_id="twice")


def _subdag(rows: Rows) -> None:
    rows.like_first("dag", dag_id="parent.child", is_subdag=True, root_dag_id="parent")


def _long_uri(rows: Rows) -> None:
    rows.like_first("dataset", uri="s3://" + "x" * 1600)


def _long_alias(rows: Rows) -> None:
    rows.like_first("dataset_alias", name="x" * 1600)


def _archive(columns: str) -> Change:
    return lambda rows: rows.run(f"CREATE TABLE _xcom_archive ({columns})")


def _revision(revision: str) -> Change:
    return lambda rows: rows.run(f"UPDATE alembic_version SET version_num = '{revision}'")


def _there(name: str, where: str = "1=1") -> Look:
    return lambda rows: rows.count(name, where) > 0


def _none(rows: Rows) -> None:
    return None


_DATE = {"day": datetime.date(2026, 1, 1)}
_LOST = ("sqlite",)  # there the history goes first: `DatabaseServerRule`


def _archived(rows: Rows) -> bool:
    return rows.count("_xcom_archive") > 0


def _emptied(rows: Rows) -> bool:
    """Whether a configuration is gone. (Copies have one run with one.)"""
    return rows.count("dag_run", "conf IS NOT NULL") == 0


CASES = (
    Case("clean", _none),
    Case("xcom_pickled", _xcom(pickle.dumps({"a": 1})), _archived, "XcomValueRule", unless=_LOST),
    Case("xcom_pickled_protocol_0", _xcom(pickle.dumps({"a": 1}, 0))),
    Case("xcom_text", _xcom(b"hello")),
    Case("xcom_not_utf8", _xcom(b'"\xff\xfe"')),
    Case("xcom_empty", _xcom(b"")),
    Case("xcom_nan", _xcom(b'{"a": NaN}'), lambda rows: True, "XcomValueRule", unless=_LOST),
    Case("xcom_nul", _xcom(b'"a\\u0000b"'), lambda rows: True, "XcomValueRule", unless=_LOST),
    Case("conf_plain", _conf({"a": [1, None, "x"]}), lambda rows: not _emptied(rows)),
    Case("conf_date", _conf(_DATE), _emptied, "RunConfRule"),
    Case("conf_set", _conf({"a": {1}}), _emptied, "RunConfRule"),
    Case("conf_bytes", _conf({"a": b"x"}), _emptied, "RunConfRule"),
    Case("dataset_uri_long", _long_uri, needs="dataset"),
    Case("dataset_alias_long", _long_alias, needs="dataset_alias"),
    Case("orphan_xcom", _orphan("xcom", value=b'"x"')),
    Case("orphan_reschedule", _orphan("task_reschedule"), needs="task_reschedule"),
    Case("orphan_rendered", _orphan("rendered_task_instance_fields")),
    Case("orphan_task_map", _orphan("task_map"), needs="task_map"),
    Case("orphan_note", _orphan("task_instance_note"), needs="task_instance_note"),
    Case("orphan_task_fail", _orphan("task_fail"), needs="task_fail"),
    Case("orphan_history", _orphan("task_instance_history"), needs="task_instance_history"),
    Case("archive_other_shape", _archive("a int, b int")),
    Case(
        "running", _state("running"), _there("task_instance", "state = 'running'"), "PendingRunRule", unless=_LOST
    ),
    Case(
        "deferred",
        _state("deferred"),
        _there("task_instance", "state = 'deferred'"),
        "PendingRunRule",
        unless=_LOST,
    ),
    Case("future_run", _future, _there("dag_run", "run_id = 'later' AND state = 'queued'"), "PendingRunRule"),
    Case("run_twice", _twice, unless=("sqlite",)),
    Case("subdag", _subdag, _there("dag", "dag_id = 'parent.child'"), "SubDagRowRule"),
    Case("revision_old", _revision("290244fb8b83")),
    Case("revision_unknown", _revision("0123456789ab")),
    Case("revision_part", _revision("0e9519b56710")),
)
