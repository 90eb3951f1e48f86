"""Run DAGs on real Airflow: its own scheduler, DAG processor and API server, tasks in supervised processes.

`dag.test()` is not enough: there tasks reach the metadata database.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_envs import EnvironmentFailed

_SERVICES = (["api-server", "--workers", "1"], ["scheduler"], ["dag-processor"], ["triggerer"])
_START = 180  # seconds that the API server may take
_PAUSE = 2  # seconds between looks into the database


@dataclass(frozen=True)
class Told:
    """What became of a task: its state, and each exception of its log with the lines of DAG files on the way."""

    state: str
    errors: tuple[tuple[str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True)
class Live:
    """A running Airflow."""

    python: Path
    home: Path
    env: dict[str, str]

    @property
    def dags(self) -> Path:
        """The folder that its DAG processor reads."""
        return self.home / "dags"

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of its metadata database; none as long as there is none."""
        address = f"file:{self.home}/airflow.db?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(address, uri=True)) as database:
            return list(database.execute(query))
        return []

    def failed_imports(self) -> dict[str, str]:
        """File name → traceback, of the DAG files that did not load."""
        return {Path(name).name: text for name, text in self.ask("select filename, stacktrace from import_error")}

    def finished(
        self, expected: int, seconds: float, fewer: Callable[[], int] = lambda: 0
    ) -> dict[tuple[str, str], Told]:
        """(DAG, task) → what became of it, once this many runs (``fewer``: less these) are over, or the time is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            runs = self.ask("select state from dag_run")
            if len(runs) >= expected - fewer() and all(state in ("success", "failed") for (state,) in runs):
                break
            time.sleep(_PAUSE)
        found = self.ask("select dag_id, task_id, state from task_instance")
        return {(dag, task): Told(state or "", tuple(self._raised(dag, task))) for dag, task, state in found}

    def _raised(self, dag: str, task: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The exceptions in a task's log."""
        logs = self.home.glob(f"logs/dag_id={dag}/run_id=*/task_id={task}/**/attempt=*.log")
        for line in (line for path in logs for line in path.read_text("utf-8", "replace").splitlines()):
            with suppress(ValueError):
                for detail in json.loads(line).get("error_detail") or ():
                    frames = [f for f in detail["frames"] if f["filename"].startswith(str(self.dags))]
                    error = f"{detail['exc_type']}: {detail['exc_value']}"
                    yield error, tuple(int(frame["lineno"]) for frame in frames)


@contextmanager
def live(python: Path, files: dict[str, str], more: dict[str, str] | None = None) -> Iterator[Live]:
    """Airflow with these files in its home (``dags/x.py``) and these variables, until the block ends.

    Raises `EnvironmentFailed`.
    """
    with tempfile.TemporaryDirectory(prefix="live-airflow-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        for name, text in files.items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        running = Live(python, home, {**_environment(python, home), **(more or {})})
        done = subprocess.run(
            _airflow(python, ["db", "migrate"]), env=running.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EnvironmentFailed(f"{python}: {done.stderr.strip()[-500:]}")
        started = []
        try:
            for service in _SERVICES:
                started.append(_start(running, service))
                _answering(running)  # tasks that begin before the API server does fail
            yield running
        finally:
            for process in started:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
            for process in started:
                _end(process)


def _environment(python: Path, home: Path) -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "dags").mkdir(exist_ok=True)
    return {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }


def _airflow(python: Path, arguments: Sequence[str]) -> list[str]:
    return [str(python), "-m", "airflow", *arguments]


def _start(running: Live, service: list[str]) -> subprocess.Popen[bytes]:
    log = (running.home / f"{service[0]}.log").open("wb")
    return subprocess.Popen(
        _airflow(running.python, service),
        env=running.env,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _answering(running: Live) -> None:
    """Wait until the API server takes connections. Raises `EnvironmentFailed`."""
    end = time.monotonic() + _START
    while time.monotonic() < end:
        with suppress(OSError):
            port = int(running.env["AIRFLOW__API__PORT"])
            return socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(_PAUSE)
    log = (running.home / f"{_SERVICES[0][0]}.log").read_text("utf-8", "replace")
    raise EnvironmentFailed(f"{running.python}: its API server does not answer: {log.strip()[-500:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
