"""A metadata database that cannot be read, in all the ways that happens: a clear outcome, exit code 3, nothing changed."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import run as command
from metadata import Metadata

from upgradecheck import database
from upgradecheck.readers import addresses, databases
from upgradecheck.readers.addresses import Limits, NotRead
from upgradecheck.readers.databases import Database, require_select

SECRET = "s3cr3t-pa55"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one file, and nothing to say about it."""
    (tmp_path / "a.py").write_text("", "utf-8")
    return tmp_path


def refused(folder: Path, address: str) -> str:
    """What is said of a database that cannot be read: never the password."""
    done = command(folder, "--metadata-db", address, "--format", "report", "--no-cache")
    assert done.returncode == 3, done.stdout
    assert SECRET not in done.stdout + done.stderr
    finding = next(f for f in json.loads(done.stdout)["findings"] if f["file"].startswith("db:"))
    assert (finding["rule_id"], finding["line"]) == ("UnreadableFileRule", None)
    return f"{finding['message']}. {finding['advice']}"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"oracle://scott:{SECRET}@host/airflow", "is for 'oracle', which this tool does not read"),
        (f"mssql+pyodbc://sa:{SECRET}@host/airflow", "Known are mariadb, mysql, postgresql, sqlite"),
        (f"{SECRET} is no address", "its address is no URL"),
        ("sqlite:////nowhere/airflow.db", "cannot be opened (No such file or directory). Correct the address"),
        ("sqlite://", "its address names no file"),
        ("sqlite:///:memory:", "its address names no file"),
        ("sqlite:////", "cannot be opened (Is a directory)"),
    ],
)
def test_address(address: str, said: str, folder: Path) -> None:
    assert said in refused(folder, address)


@pytest.mark.parametrize("form", ["text", "sarif", "markdown", "html", "github", "json"])
def test_no_format_tells_the_password(form: str, folder: Path) -> None:
    address = f"postgresql://airflow:{SECRET}@127.0.0.1:1/airflow"
    done = command(folder, "--metadata-db", address, "--format", form, "--no-cache", "--verbose")
    assert done.returncode == 3
    assert "not checked" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_no_database(folder: Path) -> None:
    (folder / "some.db").write_bytes(b"something else" * 100)
    assert "the file is no SQLite database" in refused(folder, f"sqlite:///{folder}/some.db")


def test_empty_database(folder: Path) -> None:
    (folder / "empty.db").touch()
    assert "the database is empty" in refused(folder, f"sqlite:///{folder}/empty.db")
    assert (folder / "empty.db").read_bytes() == b""


def test_foreign_database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.executescript("CREATE TABLE alembic_version (version_num); CREATE TABLE orders (id)")
    assert "no metadata database of Airflow: there is no table 'dag'" in refused(
        folder, f"sqlite:///{folder}/shop.db"
    )


def test_half_migrated_database(folder: Path) -> None:
    metadata = Metadata(folder / "airflow.db")
    metadata.run("ALTER TABLE dag_run RENAME COLUMN execution_date TO logical_date")
    metadata.run("UPDATE alembic_version SET version_num = '0e9519b56710'")
    done = command(folder, "--metadata-db", metadata.address, "--format", "json")
    assert done.returncode == 1
    told = [f["message"] for f in json.loads(done.stdout)]
    assert any("in the middle of the migration" in message for message in told)


def test_damaged_database(folder: Path) -> None:
    metadata = Metadata(folder / "airflow.db")
    data = bytearray(metadata.path.read_bytes())
    data[4096 * 4 : 4096 * 40] = b"\xee" * 4096 * 36
    metadata.path.write_bytes(data)
    assert "damaged" in refused(folder, metadata.address) or "not checked" in refused(folder, metadata.address)


def test_no_bytes_change(folder: Path) -> None:
    metadata = Metadata(folder / "airflow.db")
    metadata.run_of("sales", {"a": 1})
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    stat = metadata.path.stat()
    assert command(folder, "--metadata-db", metadata.address, "--no-cache").returncode in (0, 1)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert metadata.path.stat().st_mtime_ns == stat.st_mtime_ns


def test_no_bytes_change_beside_a_write_ahead_log(folder: Path) -> None:
    metadata = Metadata(folder / "airflow.db")
    metadata.run("PRAGMA journal_mode = WAL")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert set(before) == {"a.py", "airflow.db"}
    assert command(folder, "--metadata-db", metadata.address, "--no-cache").returncode in (0, 1)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_what_is_in_the_log_of_a_running_airflow_is_read(folder: Path) -> None:
    metadata = Metadata(folder / "airflow.db")
    metadata.run("PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(metadata.path)) as connection:
        connection.execute("INSERT INTO variable (key, val, is_encrypted) VALUES ('k', 'http://a/api/v1', 0)")
        connection.commit()
        before = metadata.path.read_bytes()
        done = command(folder, "--metadata-db", metadata.address, "--no-cache", "--format", "json")
        assert [f["rule_id"] for f in json.loads(done.stdout)] == ["StoredUrlRule"]
        assert metadata.path.read_bytes() == before


def test_a_locked_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LIMITS", Limits(0.1, 0.1))
    metadata = Metadata(folder / "airflow.db")
    with closing(sqlite3.connect(metadata.path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert "locked by another process" in refused(folder, metadata.address)


def test_writing_is_refused_by_the_database_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = Metadata(folder / "airflow.db").add("variable", key="k")
    monkeypatch.setattr(databases, "require_select", lambda sql, dialect: None)
    opened = Database(metadata.address, Limits())
    with pytest.raises(NotRead):
        list(opened.select("DELETE FROM variable"))
    with closing(sqlite3.connect(metadata.path)) as connection:
        assert connection.execute("SELECT count(*) FROM variable").fetchone() == (1,)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb", "sqlite"])
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM dag", "UPDATE dag SET is_paused = 1", "INSERT INTO dag VALUES (1)", "DROP TABLE dag", "VACUUM",
        "SELECT 1; DELETE FROM dag", "SELECT * FROM dag FOR UPDATE", "CREATE TABLE a AS SELECT 1", "", "CALL p()",
        "WITH gone AS (DELETE FROM dag RETURNING 1) SELECT * FROM gone", "TRUNCATE TABLE dag", "SET a = 1", "SELECT (",
        "SELECT * INTO copy FROM dag",
    ],
)  # fmt: skip
def test_nothing_but_a_select_is_asked(sql: str, dialect: str) -> None:
    with pytest.raises(ValueError, match="not asked"):
        require_select(sql, dialect)


def test_a_question_that_takes_too_long(folder: Path) -> None:
    opened = Database(Metadata(folder / "airflow.db").address, Limits(1, 0.2))
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(NotRead, match=r"took longer than 0\.2 seconds"):
        list(opened.select(endless))


def test_a_table_that_takes_too_long_leaves_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select = Database.select

    def slow(self: Database, sql: str) -> Iterator[dict[str, Any]]:
        if "FROM dag_run" in sql:
            raise NotRead("the answer took longer than 60 seconds", "ask a replica")
        yield from select(self, sql)

    metadata = Metadata(folder / "airflow.db").add("variable", key="k", val="/api/v1", is_encrypted=0)
    monkeypatch.setattr(Database, "select", slow)
    done = command(folder, "--metadata-db", metadata.address, "--format", "json", "--no-cache")
    told = {(f["file"], f["rule_id"]) for f in json.loads(done.stdout)}
    assert {("db:variable", "StoredUrlRule"), ("db:dag_run", "UnreadableFileRule")} <= told
    assert done.returncode == 1, "an error was found, which is worse than something unchecked"
    monkeypatch.undo()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(30)
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        for each in kept:
            each.close()


def test_a_server_that_hangs(silent: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LIMITS", Limits(0.2, 0.2))
    monkeypatch.setattr(database, "_SPARE", 0.2)

    def mute(address: str, limits: Limits) -> Any:
        with socket.create_connection(("127.0.0.1", silent)) as asked:
            asked.recv(1)

    monkeypatch.setattr(databases, "engine_for", mute)
    address = f"postgresql://airflow:{SECRET}@127.0.0.1:{silent}/airflow"
    assert "the server did not answer within 0.6 seconds" in refused(folder, address)


@pytest.mark.parametrize(
    ("address", "extra"),
    [
        (f"postgresql+psycopg2://airflow:{SECRET}@localhost/airflow", "postgresql"),
        (f"mysql://airflow:{SECRET}@localhost/airflow", "mysql"),
        (f"mariadb+mysqldb://airflow:{SECRET}@localhost/airflow", "mysql"),
    ],
)
def test_missing_driver(address: str, extra: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "psycopg", "psycopg2", "pg8000", "pymysql", "MySQLdb", "mysql.connector")
    assert f"pip install 'upgradecheck[{extra}]'" in refused(folder, address)


def test_missing_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "sqlalchemy")
    assert "pip install 'upgradecheck[db]'" in refused(folder, "sqlite:////airflow.db")


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if these packages were not installed."""
    find: Callable[..., Any] = addresses.importlib.util.find_spec

    def hidden(name: str, package: str | None = None) -> Any:
        return None if name in names else find(name, package)

    monkeypatch.setattr(addresses.importlib.util, "find_spec", hidden)


def test_wrong_password_and_other_answers(folder: Path) -> None:
    opened = Database(Metadata(folder / "airflow.db").address, Limits())
    opened._secret = SECRET

    class Answer(Exception):
        sqlstate = ""

    for code, text, said in [
        ("28P01", f"password for {SECRET} is wrong", "refuses the user or the password"),
        ("3D000", "no", "no such database"),
        ("42501", "no", "may not read this table"),
        ("57014", "no", "took longer than"),
        ("XX000", f"row with {SECRET}", "answered with error XX000"),
    ]:
        Answer.sqlstate = code
        told = opened._told(Answer(text))
        assert said in str(told)
        assert SECRET not in str(told)
    Answer.sqlstate = ""
    shown = str(opened._told(Answer(f"could not connect to {SECRET}@host"), shown=True))
    assert "could not connect to ***@host" in shown
