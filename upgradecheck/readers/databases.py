"""Connections to a metadata database that can only read.

Three things keep it so: the database's own read-only transaction (SQLite: the file is opened for reading), the
refusal of anything but one SELECT, and that nobody else gets the connection. On PostgreSQL settings are made for
one transaction, never for the session: behind a pooler such as PgBouncer the session belongs to others as well.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from upgradecheck.readers.addresses import SQLITE, Limits, NotRead, engine_for
from upgradecheck.rulebook.facts import lookup

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import ReflectedColumn

_BATCH = 500
_STEPS = 10_000  # of SQLite's machine, between two looks at the clock
_BEGIN = {
    "postgresql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "SET LOCAL statement_timeout = {ms}",
        "SET LOCAL lock_timeout = {wait}000",
    ),
    "mysql": (
        "SET SESSION max_execution_time = {ms}, lock_wait_timeout = {wait}",
        "START TRANSACTION READ ONLY",
    ),
    "mariadb": (
        "SET SESSION max_statement_time = {s}, lock_wait_timeout = {wait}",
        "START TRANSACTION READ ONLY",
    ),
    SQLITE: ("PRAGMA query_only = ON",),
}
_LATE = "late"


class Database:
    """A metadata database, opened for reading. Raises `NotRead` wherever it cannot be read."""

    def __init__(self, address: str, limits: Limits) -> None:
        self._limits = limits
        self._secret, self._engine = engine_for(address, limits)
        with self._connected() as connection:
            self.dialect = (
                "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
            )

    def columns(self) -> dict[str, frozenset[str]]:
        """Each table of the schema that the connection ends up in, and its columns."""
        from sqlalchemy import inspect

        with self._transaction() as connection:
            found: dict[Any, list[ReflectedColumn]] = inspect(connection).get_multi_columns()
            return {table: frozenset(column["name"] for column in columns) for (_, table), columns in found.items()}

    def select(self, sql: str) -> Iterator[dict[str, Any]]:
        """The rows of one SELECT, in a read-only transaction. Raises `NotRead`, `ValueError` for no SELECT."""
        from sqlalchemy import text

        require_select(sql, self.dialect)
        with self._transaction() as connection:
            until = time.monotonic() + self._limits.statement
            asked = connection.execution_options(stream_results=True, yield_per=_BATCH)
            for row in asked.execute(text(sql)).mappings():
                if time.monotonic() > until:
                    raise self._late()
                yield dict(row)

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection. Raises a final `NotRead` where there is none to be had."""
        try:
            connection = self._engine.connect()
        except Exception as error:  # drivers raise what they like; no question was asked, so it holds no values
            raise self._told(error, shown=True) from None
        with connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        limit = self._limits.statement
        until = time.monotonic() + limit
        with self._connected() as connection:
            try:
                if self.dialect == SQLITE:
                    driver: Any = connection.connection.driver_connection
                    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
                wait = max(1, round(self._limits.connect))
                for line in _BEGIN[self.dialect]:
                    connection.exec_driver_sql(line.format(ms=round(limit * 1000), s=limit, wait=wait))
                yield connection
                connection.rollback()
            except SQLAlchemyError as error:
                raise self._told(error, late=time.monotonic() > until) from None  # its text may hold values

    def _late(self) -> NotRead:
        return NotRead(
            f"the answer took longer than {self._limits.statement:g} seconds",
            "ask a replica, or clean old rows up first (`airflow db clean`)",
        )

    def _told(self, error: Exception, shown: bool = False, late: bool = False) -> NotRead:
        """What to tell of a driver's error: what its code is known for, else the code; its text where ``shown``."""
        cause = getattr(error, "orig", None) or error
        codes = {str(code) for code in (getattr(cause, "sqlstate", ""), getattr(cause, "pgcode", "")) if code}
        codes |= {str(arg) for arg in cause.args[:1] if isinstance(arg, int)}
        said = " ".join(str(arg) for arg in cause.args).strip() or type(cause).__name__
        for row in lookup("database_errors"):
            if row["code"] in codes or (row["says"] and row["says"] in said):
                return self._late() if row["kind"] == _LATE else NotRead(row["why"], row["remedy"], shown)
        if late:
            return self._late()
        if shown:
            line = said.partition("\n")[0].replace(self._secret or "\n", "***")
            return NotRead(
                f"there is no connection to it ({line})", "see whether it is up and the address right", True
            )
        named = max(codes, default=type(cause).__name__)
        return NotRead(f"it answered with error {named}", "see the log of the database")


def require_select(sql: str, dialect: str) -> None:
    """Raises `ValueError` for anything but one SELECT that changes and locks nothing."""
    import sqlglot
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    dialects = {"postgresql": "postgres", "mariadb": "mysql"}
    try:
        found = sqlglot.parse(sql, read=dialects.get(dialect, dialect))
    except sqlglot.errors.SqlglotError as error:
        raise ValueError("it cannot be parsed, so it is not asked") from error
    refused = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Set, exp.Pragma, exp.Transaction)
    statement = found[0] if len(found) == 1 else None
    writes = statement and any(
        not isinstance(node, exp.Query) and isinstance(node, refused) for node in statement.walk()
    )
    if not isinstance(statement, exp.Query) or writes:
        raise ValueError("it is not one SELECT, so it is not asked")
