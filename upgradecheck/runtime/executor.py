"""Performs what the scheduler asks for: processes for tasks, triggers and callbacks, one after the other.

A process runs until it ends or sleeps. Sleepers wake when the world's clock has come to their time; nothing
waits in
real time. One process runs at a time, so that the same replay gives the same journal.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import msgspec

from upgradecheck.runtime import answers, commands, events, runs, task_api
from upgradecheck.runtime.answers import run_fields
from upgradecheck.runtime.files import File
from upgradecheck.runtime.indexes import AT
from upgradecheck.runtime.model import TaskInstance, World
from upgradecheck.runtime.wire import encode
from upgradecheck.runtime.worker import Job

MESSAGES = msgspec.msgpack.Decoder(task_api.Request | task_api.End | task_api.FiredEvent)

Report = Callable[[Any], None]


class Live:
    """A process that runs, or sleeps until ``wake``."""

    def __init__(self, command: Any, file: File, pid: int, ticket: int, link: Connection) -> None:
        self.command, self.file, self.pid, self.ticket, self.link = command, file, pid, ticket, link
        self.wake: datetime | None = None


class Executor:
    """Processes, and who waits for what."""

    def __init__(self, files: dict[tuple[int, str], File], listener: Listener, settings: Any) -> None:
        self.files, self.listener, self.settings = files, listener, settings
        self.live: dict[Any, Live] = {}
        self.tickets = 0

    def deadline(self) -> datetime | None:
        """When the first sleeper wakes."""
        return min((each.wake for each in self.live.values() if each.wake is not None), default=None)

    def perform(self, command: commands.Command, world: World, report: Report, look: Callable[[], World]) -> None:
        """Do it: until the new process ends or sleeps."""
        if isinstance(command, commands.StopTask | commands.StopTrigger):
            self._stop(command)
            return
        if isinstance(command, commands.StartTask) and not _wanted(command, world):
            return
        if isinstance(command, commands.CallBack | commands.CallBackOfTask) and not self.settings.execute:
            return
        job = self._job(command, world)
        file = self._file(command, world, job.startup["dag_id"])
        if isinstance(command, commands.StartTask):
            report(events.Began(command.dag_id, command.run_id, command.task_id, command.map_index))
        if file is None:
            self._lost(command, report, "its DAG is no longer in the code that is deployed")
            return
        try:
            pid = file.start(job)
            link = file.pipe if job.inline else self._accept()
        except (EOFError, OSError, TimeoutError):
            self._lost(command, report, "the process of the DAG file is gone")
            return
        self.live[command] = Live(command, file, pid, job.ticket, link)
        self._serve(self.live[command], report, look)

    def _file(self, command: Any, world: World, dag_id: str) -> File | None:
        """The process of the DAG's file, in the code that the run sees; triggers see the newest."""
        if isinstance(command, commands.StartTrigger):
            return self.files.get((world.code, world.dags[dag_id].file))
        run = world.runs[command.dag_id, command.run_id]
        return self.files.get((world.code_of(run), world.dag_of(run).file))

    def _accept(self) -> Connection:
        sock = self.listener._listener._socket  # type: ignore[attr-defined]
        sock.settimeout(self.settings.seconds)
        link = self.listener.accept()
        assert isinstance(link, Connection)
        link.recv_bytes()
        return link

    def _job(self, command: Any, world: World) -> Job:
        self.tickets += 1
        now = world.now.timestamp()
        if isinstance(command, commands.StartTrigger):
            trigger = world.triggers[command.number]
            startup = {"dag_id": trigger.dag_id, "classpath": trigger.classpath, "kwargs": trigger.kwargs}
            if trigger.rendered:
                run_id, task_id, index = trigger.waiting
                run = world.runs[trigger.dag_id, run_id]
                ti = world.instance(run, task_id, index)
                startup |= {"run": run_fields(world, run), "ti": ti_fields(ti) if ti else None}
            return Job("trigger", self.tickets, now, startup)
        run = world.runs[command.dag_id, command.run_id]
        ti = world.instance(run, command.task_id, command.map_index) if command.task_id else None
        startup = {"dag_id": run.dag_id, "run": run_fields(world, run), "ti": ti_fields(ti) if ti else None}
        if isinstance(command, commands.CallBack):
            return Job(
                "callback", self.tickets, now, {**startup, "reason": command.reason, "success": command.success}
            )
        assert ti is not None
        if isinstance(command, commands.CallBackOfTask):
            return Job("callback_of_task", self.tickets, now, {**startup, "kind": command.kind})
        own = [] if ti.next_method else world.stored(run.key).entries(AT, ti.at)
        clear = sorted(key for (_, _, key), _ in own)
        more = {
            "should_retry": ti.max_tries != 0 and ti.try_number <= ti.max_tries,
            "next_method": ti.next_method,
            "next_kwargs": ti.next_kwargs,
            "clear": clear,
            "execute": self.settings.execute,
            "survey": self.settings.survey,
            "result": self.settings.given("results", ti),
            "failure": self.settings.given("failures", ti),
        }
        return Job("task", self.tickets, now, {**startup, **more})

    def _serve(self, live: Live, report: Report, look: Callable[[], World]) -> None:
        """Answer what a process asks, until it ends or sleeps. Too long without a word: it is ended."""
        while True:
            if not live.link.poll(self.settings.seconds):
                self._kill(live)
                self._lost(live.command, report, f"ran for more than {self.settings.seconds:g} s without a word")
                return
            try:
                message = MESSAGES.decode(live.link.recv_bytes())
            except (EOFError, OSError):
                self._gone(live, report)
                return
            except msgspec.ValidationError as error:
                with suppress(OSError):  # it may have been a last word
                    live.link.send_bytes(encode(task_api.Refusal(task_api.INVALID, str(error))))
                continue
            if isinstance(message, task_api.Sleep):
                live.wake = look().now + timedelta(seconds=message.seconds)
                return
            if self._ended(live, message, report, look):
                return
            live.link.send_bytes(encode(self._answer(live, message, report, look)))

    def _answered(self, command: commands.StartTask, report: Report, world: World) -> None:
        """A person answers where the plan says so."""
        ti = world.instance(world.runs[command.dag_id, command.run_id], command.task_id, command.map_index)
        answer = self.settings.given("answers", ti) if ti else None
        if ti is not None and answer is not None:
            at = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
            report(events.Answered(*at, answer.chosen_options, answer.params_input))

    def _ended(self, live: Live, message: Any, report: Report, look: Callable[[], World]) -> bool:
        command = live.command
        if isinstance(message, task_api.FiredEvent):
            report(events.Fired(command.number, message.payload, message.error, message.state, message.xcoms))
        elif isinstance(message, task_api.End) and isinstance(command, commands.StartTask):
            at = (command.dag_id, command.run_id, command.task_id, command.map_index)
            report(events.Ended(*at, message))
            if isinstance(message, task_api.AwaitInputTask):
                self._answered(command, report, look())
        elif not isinstance(message, task_api.End):
            return False
        self._close(live)
        return True

    def _close(self, live: Live) -> None:
        self.live.pop(live.command, None)
        if live.link is not live.file.pipe:
            with suppress(OSError):
                live.link.close()

    def _answer(self, live: Live, request: Any, report: Report, look: Callable[[], World]) -> Any:
        world = look()
        command = live.command
        ti = None
        if not isinstance(command, commands.StartTrigger) and command.task_id is not None:
            ti = world.instance(world.runs[command.dag_id, command.run_id], command.task_id, command.map_index)
        try:
            if type(request) in answers.ANSWERS:
                value = answers.answer(world, ti, request)  # type: ignore[arg-type]
            else:
                value = self._change(command, request, report, world)
        except answers.NotThere as error:
            return task_api.Refusal(error.error, error.detail, look().now.timestamp())
        return task_api.Reply(value, look().now.timestamp())

    def _change(self, command: Any, request: Any, report: Report, world: World) -> Any:
        if isinstance(request, task_api.TriggerDagRun) and request.dag_id not in world.dags:
            said = f"Dag with dag_id: '{request.dag_id}' not found"
            raise answers.NotThere("API_SERVER_ERROR", {"status_code": 404, "message": said})
        at = (command.dag_id, command.run_id, command.task_id, command.map_index)
        try:
            report(events.Said(*at, request))
        except runs.RunExists as error:
            raise answers.NotThere("DAGRUN_ALREADY_EXISTS", {"message": str(error)}) from error
        except runs.RunRefused as error:
            raise answers.NotThere("API_SERVER_ERROR", {"status_code": 400, "message": str(error)}) from error
        return None

    def wake(self, report: Report, look: Callable[[], World]) -> bool:
        """Let those go on whose time has come; was there any?"""
        due = [each for each in self.live.values() if each.wake is not None and each.wake <= look().now]
        for live in sorted(due, key=lambda each: each.wake or datetime.max.replace(tzinfo=timezone.utc)):
            if live.command not in self.live:
                continue
            live.wake = None
            try:
                live.link.send_bytes(encode(task_api.Reply(None, look().now.timestamp())))
            except OSError:
                self._gone(live, report)
                continue
            self._serve(live, report, look)
        return bool(due)

    def _gone(self, live: Live, report: Report) -> None:
        self._close(live)
        fault = Path(self.settings.folder) / f"fault-{live.ticket}.txt"
        code = live.file.code(live.pid)
        said = f"the process ended without a word (exit code {code})"
        if code is None:
            self._kill(live)
            said = "the process closed its door"
        elif code < 0:
            said = f"the process was ended by {signal.Signals(-code).name}"
        elif fault.exists():
            said = fault.read_text("utf-8").strip().splitlines()[-1]
        self._lost(live.command, report, said, well=code == 0)

    def _lost(self, command: Any, report: Report, said: str, *, well: bool = False) -> None:
        if isinstance(command, commands.StartTask):
            at = (command.dag_id, command.run_id, command.task_id, command.map_index)
            report(events.Ended(*at, task_api.Died(said, well)))
        elif isinstance(command, commands.StartTrigger):
            report(events.Fired(command.number, error=said))

    def _kill(self, live: Live) -> None:
        with suppress(ProcessLookupError):
            os.kill(live.pid, signal.SIGKILL)
        self._close(live)

    def _stop(self, command: commands.StopTask | commands.StopTrigger) -> None:
        if isinstance(command, commands.StopTrigger):
            wanted: Any = commands.StartTrigger(command.number)
        else:
            wanted = commands.StartTask(command.dag_id, command.run_id, command.task_id, command.map_index)
        if wanted in self.live:
            self._kill(self.live[wanted])

    def abandon(self) -> None:
        """End what runs and sleeps, but not the processes of the files."""
        for live in list(self.live.values()):
            self._kill(live)

    def end(self) -> None:
        """End all processes."""
        self.abandon()
        for file in self.files.values():
            file.end()


def _wanted(command: commands.StartTask, world: World) -> bool:
    """Is it still queued? ``fail_fast`` and skips may have come in between."""
    run = world.runs[command.dag_id, command.run_id]
    ti = world.instance(run, command.task_id, command.map_index)
    return ti is not None and ti.state == "queued"


def ti_fields(ti: TaskInstance) -> dict[str, Any]:
    """An instance as its process gets it."""
    names = [
        "dag_id",
        "run_id",
        "task_id",
        "map_index",
        "try_number",
        "max_tries",
        "start_date",
        "first_reschedule",
        "reschedules",
        "state",
    ]
    fields = {name: getattr(ti, name) for name in names}
    return {**fields, "id": f"{ti.dag_id}.{ti.run_id}.{ti.label}.{ti.try_number}"}
