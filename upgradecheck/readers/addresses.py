"""The address of a metadata database: a driver that is installed, and an engine that waits no longer than told."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from upgradecheck.rulebook.facts import lookup

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

SQLITE = "sqlite"
_WAL = b"\x02\x02"  # bytes 18 and 19 of a SQLite file that keeps a write-ahead log


class NotRead(Exception):
    """The database, or one question to it, could not be read: why, and what to do about it. Tells no password.

    ``final``: no other question will be answered either.
    """

    def __init__(self, why: str, remedy: str, final: bool = False) -> None:
        super().__init__(f"{why}: {remedy}")
        self.why, self.remedy, self.final = why, remedy, final


class Limits(Struct, frozen=True):
    """How long to wait, in seconds: for a connection, and for the answer to one question."""

    connect: float = 10
    statement: float = 60


def engine_for(address: str, limits: Limits) -> tuple[str, Engine]:
    """The password in an address, and an engine for it. Raises `NotRead`."""
    if missing := [name for name in ("sqlalchemy", "sqlglot") if importlib.util.find_spec(name) is None]:
        raise NotRead(
            f"{' and '.join(missing)} is not installed", "install it with `pip install 'upgradecheck[db]'`"
        )
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(address.strip())
    except (ArgumentError, ValueError):
        raise NotRead(
            "its address is no URL",
            "write it as Airflow's sql_alchemy_conn, as postgresql://user:password@host/airflow",
        ) from None
    backend = url.get_backend_name()
    drivers = [row for row in lookup("database_drivers") if row["backend"] == backend]
    if not drivers:
        known = ", ".join(dict.fromkeys(row["dialect"] for row in lookup("database_drivers")))
        raise NotRead(f"its address is for {backend!r}, which this tool does not read", f"known are {known}")
    secret = str(url.password or "")
    if backend == SQLITE:
        return secret, create_engine("sqlite://", creator=_opened(url.database, limits), poolclass=NullPool)
    url = _with_driver(url, drivers)
    try:
        return secret, create_engine(
            url, poolclass=NullPool, connect_args=_waiting(url, limits), hide_parameters=True
        )
    except (TypeError, ValueError, ArgumentError):
        raise NotRead(
            "its address has a part that the driver does not know", "leave out what stands behind the ?"
        ) from None


def _with_driver(url: URL, drivers: list[dict[str, str]]) -> URL:
    """The address with a driver that is installed: the one it names, else the first. Raises `NotRead`."""
    named = url.drivername.partition("+")[2]
    ordered = sorted(drivers, key=lambda row: row["driver"] != named)
    for row in ordered:
        with suppress(ModuleNotFoundError):  # the package around the module is missing, too
            if importlib.util.find_spec(row["module"]):
                return url.set(drivername=f"{row['dialect']}+{row['driver']}")
    first = drivers[0]
    raise NotRead(
        f"no driver for {first['dialect']} is installed",
        f"install one with `pip install 'upgradecheck[{first['extra']}]'`",
    )


def _waiting(url: URL, limits: Limits) -> dict[str, Any]:
    """How drivers are told to wait no longer than that."""
    seconds = max(1, round(limits.connect))
    by_driver: dict[str, dict[str, Any]] = {
        "pymysql": {"connect_timeout": seconds, "read_timeout": round(limits.statement) + seconds},
        "mysqldb": {"connect_timeout": seconds, "read_timeout": round(limits.statement) + seconds},
        "mysqlconnector": {"connection_timeout": seconds},
        "pg8000": {"timeout": round(limits.statement) + seconds},
    }
    return by_driver.get(url.get_driver_name(), {"connect_timeout": seconds})


def _opened(name: str | None, limits: Limits) -> Any:
    """Opens a SQLite file for reading alone. Raises `NotRead` for what is no file."""
    import sqlite3

    if not name or name == ":memory:":
        raise NotRead("its address names no file", "write it as sqlite:////folder/file")
    path = Path(name).absolute()
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError as error:
        raise NotRead(f"{path} cannot be opened ({error.strerror})", "correct the address") from None
    # a file with a log that nobody has open would get one by being looked at
    still = head[18:20] == _WAL and not path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    return lambda: sqlite3.connect(uri, uri=True, timeout=limits.connect, check_same_thread=False)
