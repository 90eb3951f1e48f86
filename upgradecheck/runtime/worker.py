"""A DAG file's process. It loads the file once; each task, trigger and callback then runs in a fork of it, so that
nothing that one does is seen by another. A fork talks to the supervisor through a door of its own
(``task_api``)."""

from __future__ import annotations

import copy
import gc
import importlib
import os
import select
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import msgspec

from upgradecheck.runtime import dialect, finder, loader, task_api
from upgradecheck.runtime.current import Door, door_of
from upgradecheck.runtime.custom_timetables import Asked, answer
from upgradecheck.runtime.guard import die_with_parent, guard, trusted
from upgradecheck.runtime.model import Upcoming
from upgradecheck.runtime.sdk import connection, plugins, variable
from upgradecheck.runtime.sdk.configuration import NO_DATABASE
from upgradecheck.runtime.wire import encode

ADDRESSES = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN")  # as ``block_orm_access``


class Setting(msgspec.Struct, frozen=True):
    """What a file's process is told at first."""

    path: str
    file: str
    folder: str
    tables: str
    now: float
    address: str
    allowed: tuple[str, ...] = ()
    seconds: float = 30
    variables: dict[str, str] = {}
    connections: dict[str, str] = {}
    roots: tuple[str, ...] = ()
    dialect: str = ""


class Job(msgspec.Struct, frozen=True):
    """Something to do. ``kind``: task, trigger, callback, each in a fork; ``status``: how the fork ``ticket``
    ended."""

    kind: str
    ticket: int
    now: float
    startup: dict[str, Any]

    @property
    def inline(self) -> bool:
        """A task that is not executed renders templates only: it needs no process of its own."""
        return self.kind == "task" and not self.startup["execute"]


def serve(pipe: Any, setting: Setting) -> None:
    """The life of the process: load, then fork for each job, until the pipe closes."""
    die_with_parent()
    isolate(setting)
    travel = clock(setting.now)
    loaded = loader.load(setting.path, setting.file, setting.seconds)
    pipe.send_bytes(encode(loaded))
    gc.freeze()
    decoder = msgspec.msgpack.Decoder(Job)
    forks = Forks()
    while True:
        try:
            said = pipe.recv_bytes()
        except (EOFError, OSError):
            said = b""
        if not said:
            os._exit(0)
        job = decoder.decode(said)
        if job.kind == "status":
            pipe.send_bytes(encode(forks.code(job.ticket)))
        elif job.kind == "timetable":
            pipe.send_bytes(encode(_timetable(job, travel)))
        elif job.inline:
            pipe.send_bytes(encode(os.getpid()))
            _render(job, pipe, travel)
        else:
            with trusted():
                pid = os.fork()
            if pid == 0:
                die_with_parent()
                pipe.close()
                os._exit(_perform(job, setting, travel))
            pipe.send_bytes(encode(pid))
            forks.bury()


class Forks:
    """How forks ended."""

    def __init__(self) -> None:
        self.codes: dict[int, int] = {}

    def bury(self) -> None:
        """Take note of those that ended."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self.codes[ended[0]] = os.waitstatus_to_exitcode(ended[1])

    def code(self, pid: int) -> int | None:
        """The exit code of a fork that has closed its door; None where it lives on all the same."""
        for _ in range(100):
            self.bury()
            if pid in self.codes:
                return self.codes[pid]
            select.select([], [], [], 0.01)
        return None


def isolate(setting: Setting, names: finder.Finder | None = None) -> None:
    """A folder of its own, no output, ``airflow`` is ours (or what ``names`` finds), the guard is up."""
    if setting.dialect:
        from upgradecheck.runtime.earlier.dialects import DIALECTS

        dialect.choose(DIALECTS[setting.dialect](Path(setting.tables)))
    os.chdir(setting.folder)
    os.environ.update(
        AIRFLOW_HOME=setting.folder,
        TMPDIR=setting.folder,
        AIRFLOW__CORE__DAGS_FOLDER=setting.roots[0],
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=NO_DATABASE,
        AIRFLOW__CORE__SQL_ALCHEMY_CONN=NO_DATABASE,
    )
    os.environ.update(dict.fromkeys(ADDRESSES, NO_DATABASE))
    tempfile.tempdir = None
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    variable.PARSING.update(setting.variables)
    connection.PARSING.update(setting.connections)
    sys.path[:0] = list(setting.roots)
    plugins.Folders.paths[:] = setting.roots[1:]
    sys.dont_write_bytecode = True
    finder.install(names or finder.of(Path(setting.tables)))
    guard(setting.folder, setting.allowed)


@contextmanager
def without(name: str) -> Iterator[None]:
    """Nothing imports this meanwhile: time_machine would load all of pytest, where it is installed, for its
    fixture."""
    kept = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if kept is not None:
            sys.modules[name] = kept


def prepare(tables: Path) -> None:
    """Before the processes of files are forked: what each of them needs is read and imported once."""
    finder.of(tables)
    for name in ("task_runner", "trigger_runner", "callbacks"):
        importlib.import_module(f"upgradecheck.runtime.{name}")
    with without("pytest"):
        importlib.import_module("time_machine")


def clock(now: float) -> Any:
    """The date in this process: it stands still until the world says that time has passed."""
    with without("pytest"):
        import time_machine
    traveller = time_machine.travel(datetime.fromtimestamp(now, timezone.utc), tick=False).start()
    return traveller.move_to


def _render(job: Job, pipe: Any, travel: Any) -> None:
    """A task that is not executed, in this process: its door is the pipe."""

    def move(now: float) -> None:
        travel(datetime.fromtimestamp(now, timezone.utc))

    move(job.now)
    try:
        with door_of(Door(pipe, job.now, move)):
            JOBS[job.kind](job.startup)
    except BaseException as error:  # a fault of ours: the task's end says so, and the others go on
        pipe.send_bytes(encode(task_api.Died(f"{type(error).__name__}: {error}")))


def _perform(job: Job, setting: Setting, travel: Any) -> int:
    """Open the door, do the job, close it. The exit code: what goes wrong outside of task code is 70."""
    try:
        with trusted():
            link = Client(setting.address, "AF_UNIX")
        with link, door_of(Door(link, job.now, lambda now: travel(datetime.fromtimestamp(now, timezone.utc)))):
            link.send_bytes(encode(job.ticket))
            travel(datetime.fromtimestamp(job.now, timezone.utc))
            JOBS[job.kind](job.startup)
        return 0
    except BaseException:  # a fault of ours, or a closed door: the supervisor sees the exit code
        with (
            trusted(),
            open(os.path.join(setting.folder, f"fault-{job.ticket}.txt"), "w", encoding="utf-8") as file,
        ):
            file.write(traceback.format_exc())
        return 70


def _task(startup: dict[str, Any]) -> None:
    from upgradecheck.runtime.task_runner import run_task

    task = copy.copy(loader.DAGS[startup["ti"]["dag_id"]].get_task(startup["ti"]["task_id"]))
    if startup["survey"]:
        from upgradecheck.runtime.earlier.survey import survey

        survey(task, startup)
    else:
        run_task(task, startup)


def _timetable(job: Job, travel: Any) -> Upcoming | None:
    """What a project's own timetable says; where it raises, there is no run, as in Airflow."""
    asked = msgspec.convert(job.startup, Asked)
    travel(asked.now)
    try:
        return answer(loader.DAGS[asked.dag_id].timetable, asked)
    except Exception:  # Airflow logs it, and goes on
        return None


def _trigger(startup: dict[str, Any]) -> None:
    from upgradecheck.runtime.trigger_runner import run_trigger

    run_trigger(startup)


def _callback(startup: dict[str, Any]) -> None:
    from upgradecheck.runtime.callbacks import call_dag

    call_dag(loader.DAGS[startup["dag_id"]], startup)


def _callback_of_task(startup: dict[str, Any]) -> None:
    from upgradecheck.runtime.callbacks import call_task

    call_task(loader.DAGS[startup["dag_id"]].get_task(startup["ti"]["task_id"]), startup)


JOBS = {"task": _task, "trigger": _trigger, "callback": _callback, "callback_of_task": _callback_of_task}
