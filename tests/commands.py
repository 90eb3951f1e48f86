"""The command as tests run it: in this process (`run`), or as a process where that is the point (`process`)."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO
from unittest import mock

from upgradecheck.cli import main

OLD = "from airflow.operators.bash_operator import BashOperator\n\nBashOperator(task_id='t')\n"
FIXED = OLD.replace("airflow.operators.bash_operator", "airflow.providers.standard.operators.bash")
DEPRECATED = "from airflow.operators.bash import BashOperator\n\nBashOperator(task_id='t')\n"
FINE = "from airflow.sdk import DAG\n\nDAG('d', schedule=None)\n"
COMMAND = [sys.executable, "-m", "upgradecheck"]
Done = subprocess.CompletedProcess[str]


def run(folder: Path, *arguments: str, text: str | bytes = "", **env: str) -> Done:
    """The command in a folder, with this standard input and environment."""
    data = text.encode() if isinstance(text, str) else text
    with _captured() as out, _captured() as err, redirect_stdout(out), redirect_stderr(err), _inside(folder):
        with (
            mock.patch.object(sys, "argv", ["upgradecheck", *arguments]),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data))),
            mock.patch.dict(os.environ, {"CI": "true", **env}),
        ):
            code = _code()
        texts = [stream.buffer.getvalue().decode() for stream in (out, err) if not stream.flush()]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(list(arguments), code, *texts)


def process(folder: Path, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE, **env: str) -> Done:
    """The command in a folder, as a process."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env={**os.environ, **env}, encoding="utf-8",
        stdout=stdout, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip


def _code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    raise AssertionError("main() ends with an exit code")


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
