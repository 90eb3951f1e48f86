"""Run the marked cases of tests/fixtures/cases in a real scheduler: does each task fail, or not, as its mark says?

    python scripts/check_cases.py --envs /tmp/airflow-envs [--sample 40 --seed 7] [--release 3.3.2]

An API server, a scheduler with local workers, a DAG processor and a triggerer are started in a folder of their own:
`dag.test()` would hide what tasks cannot reach.
Exits with 1 where a task ends otherwise than marked, with 3 where it could not run.
"""

from __future__ import annotations

import ast
import contextlib
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "fixtures" / "cases"
MARK = re.compile(r"# (ERROR|WARNING)(?: (\w+))?(?: for ([\w, ]+))?$")
_SERVERS = ("api-server", "scheduler", "dag-processor", "triggerer")
_DATE = "2026-01-05T00:00:00+00:00"


@dataclass(frozen=True)
class Mark:
    """A marked line: how bad it is, which error a task raises there ("" for none), and which tasks it is about."""

    file: str
    line: int
    level: str
    error: str
    tasks: tuple[str, ...]


def marks(path: Path) -> list[Mark]:
    """The marks of a file of cases."""
    text = path.read_text("utf-8")
    places = list(_places(ast.parse(text))) if path.suffix == ".py" else []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := MARK.search(line):
            named = tuple(match[3].split(", ")) if match[3] else ()
            around = [(first, name) for first, last, name in places if first <= number <= last]
            tasks = named or ((min(around)[1],) if around else ())
            found.append(Mark(path.name, number, match[1], match[2] or "", tasks))
    return found


def _places(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """First line, last line and name of each function and each task that is made in one statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno or 0, node.name
        elif isinstance(node, ast.Expr | ast.Assign) and (name := _task(node)):
            yield node.lineno, node.end_lineno or 0, name


def _task(statement: ast.stmt) -> str:
    """The id of the task that a statement makes; "" where it makes none."""
    names = (keyword for node in ast.walk(statement) if isinstance(node, ast.Call) for keyword in node.keywords)
    given = (k.value.value for k in names if k.arg == "task_id" and isinstance(k.value, ast.Constant))
    return str(next(given, ""))


def expected() -> dict[str, str]:
    """Each task of the cases → the error with which it has to fail, "" for success."""
    found: dict[str, str] = {}
    for path in sorted(CASES.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        made = [name for _, _, name in _places(tree) if f'task_id="{name}"' in path.read_text("utf-8")]
        found |= {f"{path.stem}.{name}": "" for name in made}
    for path in sorted(CASES.iterdir()):
        for mark in marks(path) if path.is_file() else ():
            stem = path.stem if path.suffix == ".py" else "rendered"
            found |= {f"{stem}.{name}": mark.error for name in mark.tasks}
    return found


def thin_out(text: str, keep: frozenset[str]) -> str:
    """A file of cases with those tasks alone that are kept, and what others stand behind."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and (name := _task(node)) and name not in keep:
            left = [" " * node.col_offset + "..."]
            lines[node.lineno - 1 : node.end_lineno] = left + [""] * ((node.end_lineno or 0) - node.lineno)
    return "\n".join(lines) + "\n"


def _port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


def environment(bin_folder: Path, home: Path) -> dict[str, str]:
    """The environment of all processes of one Airflow."""
    port = _port()
    options = {
        "CORE__DAGS_FOLDER": home / "dags", "CORE__LOAD_EXAMPLES": False, "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 2, "CORE__DAGS_ARE_PAUSED_AT_CREATION": False, "API__PORT": port, "API__WORKERS": 1,
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db", "API__BASE_URL": f"http://localhost:{port}",
        "CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "API_AUTH__JWT_SECRET": "x" * 64, "LOGGING__WORKER_LOG_SERVER_PORT": _port(),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": _port(), "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
    }  # fmt: skip
    named = {f"AIRFLOW__{name}": str(value) for name, value in options.items()}
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **named, "AIRFLOW_HOME": str(home), "PATH": path}


@contextlib.contextmanager
def servers(airflow: Path, home: Path, env: dict[str, str]) -> Iterator[None]:
    """Airflow, running."""
    subprocess.run([airflow, "db", "migrate"], env=env, check=True, capture_output=True)
    started = []
    for name in _SERVERS:
        with (home / f"{name}.log").open("w") as log:
            started.append(
                subprocess.Popen([airflow, name], env=env, stdout=log, stderr=log, start_new_session=True)
            )
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in started:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            time.sleep(2)


def _rows(home: Path, query: str) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(home / "airflow.db", timeout=60)) as database:
        return database.execute(query).fetchall()


def run(airflow: Path, home: Path, env: dict[str, str], dags: int, minutes: float) -> dict[str, str]:
    """Run each DAG once. Task → its state in the end, whatever it is then. Raises `TimeoutError`."""
    end = time.monotonic() + minutes * 60
    while len(names := _rows(home, "select distinct dag_id from serialized_dag")) < dags:
        _wait(end)
    for (name,) in names:
        subprocess.run([airflow, "dags", "trigger", "-l", _DATE, name], env=env, check=True, capture_output=True)
    while any(state not in ("success", "failed") for (state,) in _rows(home, "select state from dag_run")):
        _wait(end)
    rows = _rows(home, "select dag_id, task_id, state from task_instance")
    return {f"{dag.removeprefix('case_')}.{task}": state for dag, task, state in rows}


def _wait(end: float) -> None:
    if time.monotonic() > end:
        raise TimeoutError("it took too long: give it more --minutes")
    time.sleep(3)


def disagreements(wanted: dict[str, str], states: dict[str, str], logs: Path) -> Iterator[str]:
    """What ended otherwise than marked."""
    for task, error in sorted(wanted.items()):
        dag, _, name = task.partition(".")
        told = "".join(p.read_text("utf-8") for p in logs.glob(f"dag_id=case_{dag}/*/task_id={name}/*.log"))
        state = states.get(task, "no state")
        if state != ("failed" if error else "success"):
            yield f"{task}: {state}, marked {error or 'no error'}"
        elif error and f'"exc_type":"{error}"' not in told:
            yield f"{task}: it fails, but not with {error}"


@click.command(help=__doc__)
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--release", default="3.3.2", show_default=True)
@click.option("--sample", default=0, help="How many tasks; 0: all.")
@click.option("--seed", default=1, show_default=True)
@click.option("--minutes", default=20.0, show_default=True)
def main(envs: Path, release: str, sample: int, seed: int, minutes: float) -> None:
    """Run, and compare."""
    wanted = expected()
    chosen = random.Random(seed).sample(sorted(wanted), sample) if sample else sorted(wanted)
    bin_folder = envs / release / "bin"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        shutil.copytree(CASES, home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        files = list((home / "dags").glob("*.py"))
        for path in files:
            keep = frozenset(n for d, _, n in (task.partition(".") for task in chosen) if d == path.stem)
            path.write_text(thin_out(path.read_text("utf-8"), keep), "utf-8")
        env = environment(bin_folder, home)
        try:
            with servers(bin_folder / "airflow", home, env):
                states = run(bin_folder / "airflow", home, env, len(files), minutes)
        except (TimeoutError, subprocess.CalledProcessError, OSError) as error:
            print(f"{release}: {error}", file=sys.stderr)
            sys.exit(3)
        wrong = list(disagreements({task: wanted[task] for task in chosen}, states, home / "logs"))
    print(
        "\n".join([*wrong, f"{release}: {len(chosen)} tasks, {len(wrong)} end otherwise than marked (seed {seed})"])
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
