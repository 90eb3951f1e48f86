"""The process of a DAG file, seen from the supervisor."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from datetime import datetime

import msgspec

from upgradecheck.runtime.custom_timetables import Asked
from upgradecheck.runtime.loader import Loaded
from upgradecheck.runtime.model import Failure, Upcoming
from upgradecheck.runtime.wire import encode, plain
from upgradecheck.runtime.worker import Job, Setting, serve


class File:
    """The process of one DAG file."""

    def __init__(self, setting: Setting) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.setting = setting
        self.process = context.Process(target=serve, args=(theirs, setting), daemon=False)
        self.process.start()
        theirs.close()

    def loaded(self) -> Loaded:
        """What became of the file: also where its process ended, or did not come back."""
        name = self.setting.file
        try:
            if not self.pipe.poll(self.setting.seconds + 5):
                self.end()
                return Loaded(name, error=Failure("Timeout", f"loading took more than {self.setting.seconds:g} s"))
            return msgspec.msgpack.decode(self.pipe.recv_bytes(), type=Loaded)
        except (EOFError, OSError):
            self.process.join(5)
            code = self.process.exitcode
            return Loaded(
                name,
                error=Failure("ProcessEnded", f"the file ended its process while it was loaded (exit code {code})"),
            )

    def start(self, job: Job) -> int:
        """Fork for a job; its process id."""
        self.pipe.send_bytes(encode(job))
        return int(msgspec.msgpack.decode(self.pipe.recv_bytes()))

    def timetable(self, asked: Asked) -> Upcoming | None:
        """What a timetable of the file says; None too where its process is gone."""
        try:
            startup = msgspec.to_builtins(asked, builtin_types=(datetime,), enc_hook=plain)
            self.pipe.send_bytes(encode(Job("timetable", 0, 0, startup)))
            if not self.pipe.poll(self.setting.seconds):
                self.end()
                return None
            return msgspec.msgpack.decode(self.pipe.recv_bytes(), type=Upcoming | None)
        except (EOFError, OSError):
            return None

    def code(self, pid: int) -> int | None:
        """The exit code of a fork that closed its door."""
        try:
            self.pipe.send_bytes(encode(Job("status", pid, 0, {})))
            code = msgspec.msgpack.decode(self.pipe.recv_bytes(), type=int | None)
        except (EOFError, OSError):  # it was this very process
            self.process.join(5)
            code = self.process.exitcode
        return code

    def end(self) -> None:
        """No more jobs."""
        with suppress(OSError):
            self.pipe.send_bytes(b"")
            self.pipe.close()
        self.process.join(0.5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(5)
