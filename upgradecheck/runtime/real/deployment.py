"""A small deployment of a real Airflow: scheduler, DAG processor, triggerer and API server on one machine."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from upgradecheck.runtime.real.environment import NoAirflow
from upgradecheck.runtime.real.home import Home, end

SERVICES = (("api-server", "--workers", "1"), ("dag-processor",), ("triggerer",), ("scheduler",))
START = 240  # seconds that the API server may take
PAUSE = 0.5


@contextmanager
def running(home: Home) -> Iterator[None]:
    """The deployment, until the block ends. Raises `NoAirflow` where it does not come up."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for service in SERVICES:
            started.append(_start(home, service))
            if service == SERVICES[0]:  # tasks that begin before the API server does fail
                _answering(home, started[0])
        yield
    finally:
        for process in reversed(started):
            end(process, patience=10)


def _start(home: Home, service: tuple[str, ...]) -> subprocess.Popen[bytes]:
    with (home.folder / f"{service[0]}.log").open("wb") as log:
        command = [home.python.path, "-m", "airflow", *service]
        return subprocess.Popen(
            command, env=home.environment, cwd=home.folder, stdout=log, stderr=log, start_new_session=True
        )


def _answering(home: Home, server: subprocess.Popen[bytes]) -> None:
    """Wait until the API server takes connections. Raises `NoAirflow`."""
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", home.port), 1).close()
        time.sleep(PAUSE)
    log = (home.folder / f"{SERVICES[0][0]}.log").read_text("utf-8", "replace")
    raise NoAirflow(f"{home.python.path}: its API server does not answer: {log.strip()[-500:]}")
