"""Database servers of our own on the loopback interface, in a temporary folder, gone when they are not needed.

Needs the packages postgresql, mariadb-server and mysql-server-core (of Debian only sid has the last; its
programs may stand anywhere on the PATH). Run as root, they get the users these packages made.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

_PATIENCE = 60  # seconds for a server to come up
_MYSQL = {"mariadb": ("mariadb-dump", "mariadb"), "mysql": ("mysqldump", "mysql")}  # programs that copy a database


@dataclass(frozen=True)
class Server:
    """A server with empty databases to be made: ``address`` is its superuser's, without a database."""

    dialect: str
    address: URL
    folder: Path

    def database(self, name: str) -> str:
        """The address of a database."""
        if self.dialect == "sqlite":
            return f"sqlite:///{self.folder}/{name}.db"
        return self.address.set(database=name).render_as_string(hide_password=False)

    def create(self, name: str) -> str:
        """A new, empty database."""
        self._run(f"CREATE DATABASE {name}{' CHARACTER SET utf8mb4' * (self.dialect in _MYSQL)}")
        return self.database(name)

    def copy(self, old: str, new: str) -> str:
        """A copy of a database that nobody is connected to."""
        if self.dialect == "sqlite":
            shutil.copy(self.folder / f"{old}.db", self.folder / f"{new}.db")
        elif self.dialect == "postgresql":
            self._run(f"CREATE DATABASE {new} TEMPLATE {old}")
        else:
            self.create(new)
            own = ["-uroot", f"--socket={self.folder}/socket"]
            dump, client = _MYSQL[self.dialect]
            content = subprocess.run([dump, *own, old], check=True, capture_output=True).stdout
            subprocess.run([client, *own, new], check=True, input=content)
        return self.database(new)

    def drop(self, name: str) -> None:
        """Away with a database."""
        if self.dialect == "sqlite":
            (self.folder / f"{name}.db").unlink()
        else:
            self._run(f"DROP DATABASE {name}")

    def _run(self, sql: str) -> None:
        if self.dialect == "sqlite":
            return
        with create_engine(self.address, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(sql)


@contextmanager
def server(dialect: str) -> Iterator[Server]:
    """A running server (SQLite: a folder). Raises `FileNotFoundError` where its programs are not installed."""
    folder = Path(tempfile.mkdtemp(prefix="databases-"))
    folder.chmod(0o755)
    try:
        if dialect == "sqlite":
            yield Server(dialect, make_url("sqlite://"), folder)
            return
        start = {"postgresql": _postgresql, "mariadb": _mariadb, "mysql": _mysql}[dialect]
        process, address = start(folder)
        try:
            _wait(address)
            yield Server(dialect, address, folder)
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgresql(folder: Path) -> tuple[subprocess.Popen[bytes], URL]:
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    data, port, user = folder / "data", _free(), _user(folder, "postgres")
    initdb: list[str | Path] = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
    subprocess.run([*user, *initdb], check=True, stdout=subprocess.DEVNULL)
    quick = ["-c", f"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"]
    command = [*user, programs / "postgres", "-D", data, "-p", str(port), *quick]
    return _started(command, folder), make_url(f"postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres")


def _mariadb(folder: Path) -> tuple[subprocess.Popen[bytes], URL]:
    if not shutil.which("mariadbd"):
        raise FileNotFoundError("MariaDB is not installed: apt-get install mariadb-server")
    data, port, user = folder / "data", _free(), _user(folder, "mysql")
    install = [*user, "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, stdout=subprocess.DEVNULL)
    command = [
        *user, "mariadbd", "--no-defaults", f"--datadir={data}", f"--port={port}", f"--socket={folder}/socket",
        "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", "--explicit-defaults-for-timestamp=1",
    ]  # fmt: skip
    return _started(command, folder), make_url(f"mysql+pymysql://root@127.0.0.1:{port}/mysql")


def _mysql(folder: Path) -> tuple[subprocess.Popen[bytes], URL]:
    if not shutil.which("mysqld"):
        raise FileNotFoundError("MySQL is not installed: apt-get install mysql-server-core")
    data, port, user = folder / "data", _free(), _user(folder, "mysql")
    own: list[str | Path] = [*user, "mysqld", "--no-defaults", f"--datadir={data}", f"--tmpdir={folder}"]
    subprocess.run(
        [*own, "--initialize-insecure"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    command = [
        *own, f"--port={port}", f"--socket={folder}/socket", "--bind-address=127.0.0.1", "--mysqlx=OFF",
        "--secure-file-priv=", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin",
    ]  # fmt: skip
    return _started(command, folder), make_url(f"mysql+pymysql://root@127.0.0.1:{port}/mysql")


def _started(command: list[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _user(folder: Path, name: str) -> list[str | Path]:
    """How to run something as the user that the package made: servers refuse to be root."""
    if os.getuid():
        return []
    shutil.chown(folder, name)
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--clear-groups"]


def _free() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def _wait(address: URL) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            create_engine(address, poolclass=NullPool).connect().close()
            return
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
