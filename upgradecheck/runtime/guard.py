"""What a DAG file's process may not do: open sockets, start programs, write outside of its folder.

Reading is free. Files that an environment variable names may be written. An audit hook cannot be taken off again:
it holds for the rest of the process, and for what it forks.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PROGRAMS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
PATHS = (
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.rename",
    "os.truncate",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
)


class Guard:
    """What is allowed."""

    def __init__(self, folder: str, allowed: tuple[str, ...]) -> None:
        self.folder = os.path.realpath(folder)
        self.named = {os.path.realpath(value) for value in os.environ.values() if os.path.isabs(value)} - {"/"}
        self.allowed = allowed
        self.ours = {os.getpid(), os.getppid()}  # of the DAG file, and of the replay
        self.own = 0

    def writable(self, path: Any) -> bool:
        """May this be written?"""
        if isinstance(path, int) or path is None:
            return True
        real = os.path.realpath(os.fsdecode(path))
        return real.startswith((self.folder, "/dev/")) or real in self.named

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """The hook. Raises ``PermissionError``."""
        if self.own:
            return
        if event == "open":
            if isinstance(args[2], int) and args[2] & WRITING and not self.writable(args[0]):
                raise PermissionError(f"the replay writes nothing outside of its folder: {os.fsdecode(args[0])}")
        elif event in PROGRAMS and "subprocess" not in self.allowed:
            raise PermissionError(f"the replay starts no programs (--allow subprocess): {event}")
        elif event in ("os.kill", "os.killpg"):
            self._kill(event, int(args[0]))
        elif event in NETWORK and "network" not in self.allowed:
            self._connect(event, args)
        elif event in PATHS and not all(
            self.writable(a) for a in args[:2] if isinstance(a, str | bytes | os.PathLike)
        ):
            raise PermissionError(f"the replay writes nothing outside of its folder: {args[0]}")

    def _kill(self, event: str, pid: int) -> None:
        others = event == "os.killpg" or pid <= 0
        if others or (pid in self.ours and pid != os.getpid()):
            raise PermissionError(f"the replay lets nothing end its own processes: {event} {pid}")

    def _connect(self, event: str, args: tuple[Any, ...]) -> None:
        where = args[-1] if event.startswith("socket.") else args[0]
        if isinstance(where, str) and where.startswith(self.folder):
            return  # our own door
        raise PermissionError(f"the replay opens no connections (--allow network): {event} {where!r}")


GUARD: list[Guard] = []


def guard(folder: str, allowed: tuple[str, ...]) -> Guard:
    """Put the guard up."""
    made = Guard(folder, allowed)
    GUARD[:] = [made]
    hook: Callable[[str, tuple[Any, ...]], None] = made
    sys.addaudithook(hook)
    return made


def die_with_parent() -> None:
    """Where the system can do that (Linux): when the replay is ended, so is this process."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@contextmanager
def trusted() -> Iterator[None]:
    """What the runtime itself does."""
    for each in GUARD:
        each.own += 1
    try:
        yield
    finally:
        for each in GUARD:
            each.own -= 1


SLEEP = """#!/bin/sh
for span in "$@"; do echo "$span"; done >> "$(dirname "$0")/slept"
"""
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Shell:
    """Where a command runs, and the PATH that it gets: ``sleep`` takes no time there, it notes how long it was
    to be."""

    def __init__(self, folder: str, cwd: str | None) -> None:
        self.cwd = cwd or os.path.join(folder, "work")
        self._tools = os.path.join(folder, "tools")
        os.makedirs(self._tools)
        os.makedirs(os.path.join(folder, "work"))
        with open(os.path.join(self._tools, "sleep"), "w", encoding="utf-8") as file:
            file.write(SLEEP)
        os.chmod(file.name, 0o755)

    def path(self, given: str | None) -> str:
        """A PATH with our ``sleep`` before all others."""
        return os.pathsep.join([self._tools, given or os.defpath])

    @property
    def slept(self) -> float:
        """How many seconds."""
        try:
            with open(os.path.join(self._tools, "slept"), encoding="utf-8") as file:
                return sum(map(_seconds, file.read().split()))
        except OSError:
            return 0


def _seconds(span: str) -> float:
    number, unit = (span[:-1], span[-1]) if span[-1:] in SPANS else (span, "s")
    try:
        return float(number) * SPANS[unit]
    except ValueError:
        return 0


@contextmanager
def shell(cwd: str | None) -> Iterator[Shell]:
    """A BashOperator runs a program: that is all it does. In an empty folder, unless the DAG names one."""
    with trusted(), tempfile.TemporaryDirectory() as folder:
        yield Shell(folder, cwd)
