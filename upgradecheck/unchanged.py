"""The answer of an earlier run of the same command, where nothing that it looked at has changed since.

It needs nothing but what Python has loaded anyway: such a run imports neither the command line nor a rule. What a
run looks at is told by Python itself (audit events of opened files and listed folders), so nothing has to be noted
by hand; what is looked for in vain, above the project, is named here.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import ClassVar

_FOLDER = ".upgradecheck_cache"
_DATABASE = "UPGRADECHECK_METADATA_DB"
_ABOVE = ("upgradecheck.toml", "pyproject.toml", ".gitignore")
_ABSENT, _THERE = "-", "+"
_YOUNG = 2_000_000_000  # ns, as in `cache`: what is younger than this may change without a new time
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_PYTHON = os.path.dirname(os.__file__) + os.sep
_PACKAGES = "site-packages"
_MOST = 8  # answers in one folder
_CHANGING = {
    *(
        "-",
        "text",
        "--fix",
        "--diff",
        "--output",
        "--metadata-db",
        "--staged",
        "--changed-since",
        "--annotate-since",
    ),
    *("--no-cache", "--stdin-filename", "--verify"),
}


def answer(arguments: Sequence[str]) -> tuple[bytes, int] | None:
    """What an earlier run of this command printed, and its exit code; None where it has to run."""
    if not may_answer(arguments):
        return None
    key = _key(arguments)
    for folder in _folders(arguments):
        with suppress(OSError, ValueError):  # none is there, or what is there is none of ours: it has to run
            with open(f"{folder}/{_name(key)}", "rb") as file:
                known, code, count, rest = file.read().split(b"\n", 3)
            *stamps, text = rest.split(b"\n", int(count))
            if known == key and _hold(stamps):
                return text, int(code)
    return None


def may_answer(arguments: Sequence[str]) -> bool:
    """Whether the command's answer hangs on files and the date alone, and is the same on every terminal."""
    given = {argument.partition("=")[0] for argument in arguments} | {a.partition("=")[2] for a in arguments}
    formatted = any(argument.startswith("--format") for argument in arguments)
    return formatted and _CHANGING.isdisjoint(given) and not os.environ.get(_DATABASE)


class Watch:
    """What a run looks at, from now on. One at a time: Python lets nobody stop listening."""

    listening: ClassVar[list[Watch]] = []

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._begun = time.time_ns()
        self._files: set[str] = set()
        self._folders: set[str] = set()
        if not Watch.listening:
            sys.addaudithook(_hear)
        Watch.listening[:] = [self]

    def heard(self, event: str, values: tuple[object, ...]) -> None:
        """Note a file that is opened to be read, or a folder that is listed."""
        path = values[0]
        if isinstance(path, str | os.PathLike):
            if event != "open":
                self._folders.add(os.fspath(path))
            elif not (isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)):
                self._files.add(os.fspath(path))

    def keep(self, text: bytes, code: int) -> None:
        """Keep the answer, if all of it is old enough to be known by its times."""
        files = {os.path.abspath(file) for file in self._files}
        for folder in {os.path.abspath(folder) for folder in self._folders}:
            with suppress(OSError):  # it is gone again: then its own time tells
                files.update(entry.path for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False))
            files.add(folder)
        stamps = {file: _stamp(file) for file in files if _counts(file)} | dict(_looked_for(self._arguments))
        times = [int(stamp.partition(" ")[0]) for stamp in stamps.values() if " " in stamp]
        if times and max(times) < self._begun - _YOUNG and not any("\n" in file for file in stamps):
            self._write([f"{stamp}\t{file}" for file, stamp in sorted(stamps.items())], text, code)

    def _write(self, stamps: list[str], text: bytes, code: int) -> None:
        folder = next((folder for folder in _folders(self._arguments) if os.path.isdir(folder)), "")
        if not folder:
            return
        key = _key(self._arguments)
        head = [str(code).encode(), str(len(stamps)).encode(), *map(os.fsencode, stamps)]
        name = f"{folder}/{_name(key)}"
        with suppress(OSError):  # a full disk, a read-only one: the next run runs
            with open(f"{name}.{os.getpid()}", "wb") as file:
                file.write(b"\n".join((key, *head, text)))
            os.replace(f"{name}.{os.getpid()}", name)
            _drop_old(folder)


def _hear(event: str, values: tuple[object, ...]) -> None:
    if event in ("open", "os.scandir", "os.listdir"):
        Watch.listening[0].heard(event, values)


def _counts(file: str) -> bool:
    """Whether a file tells more than others do: Python's own and packages come by an installation."""
    parts = file.split(os.sep)
    if _FOLDER in parts or "__pycache__" in parts:
        return False
    return file.startswith(_OWN) or not (_PACKAGES in parts or file.startswith(_PYTHON))


def _drop_old(folder: str) -> None:
    names = [entry for entry in os.scandir(folder) if entry.name.startswith("answer-")]
    for entry in sorted(names, key=lambda entry: entry.stat().st_mtime_ns)[:-_MOST]:
        os.unlink(entry.path)


def _key(arguments: Sequence[str]) -> bytes:
    """All but files that the answer hangs on.

    When this file came here, to the nanosecond, is known here alone: an answer that a checkout brings along, from
    whom it may be, is never one of ours.
    """
    own = os.stat(__file__)
    here = (__file__, own.st_ino, own.st_mtime_ns, own.st_ctime_ns)
    parts = (list(arguments), os.getcwd(), time.localtime()[:3], sys.version, sys.prefix, here)
    return repr(parts).encode("utf-8", "backslashreplace")


def _name(key: bytes) -> str:
    return f"answer-{zlib.crc32(key):08x}"


def _paths(arguments: Sequence[str]) -> Iterator[str]:
    """The folders that the command names, or is given in, each with those above it."""
    named = [os.path.abspath(argument) for argument in arguments if argument[:1] != "-"]
    for path in dict.fromkeys([os.getcwd(), *named]):
        while True:
            yield path
            above = os.path.dirname(path)
            if above == path:
                break
            path = above


def _folders(arguments: Sequence[str]) -> Iterator[str]:
    return (os.path.join(path, _FOLDER) for path in dict.fromkeys(_paths(arguments)))


def _looked_for(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What would change the answer, were it there, or gone; and where the packages stand that this one needs."""
    yield from ((path, _stamp(path)) for path in sys.path if path.endswith(_PACKAGES))
    for folder in dict.fromkeys(_paths(arguments)):
        yield from ((path, _stamp(path)) for path in (os.path.join(folder, name) for name in _ABOVE))
        path = os.path.join(folder, ".git")
        yield path, _THERE if os.path.lexists(path) else _ABSENT
        if os.path.exists(index := os.path.join(path, "index")):
            yield index, _stamp(index)


def _stamp(path: str) -> str:
    try:
        stat = os.stat(path)
    except OSError:
        return _ABSENT
    return f"{stat.st_mtime_ns} {stat.st_size}"


def _hold(lines: Sequence[bytes]) -> bool:
    """Whether everything is as it was noted: `_stamp` and a path, as bytes, since most runs ask thousands."""
    for line in lines:
        stamp, _, path = line.partition(b"\t")
        if stamp == _THERE.encode():
            if not os.path.lexists(path):
                return False
            continue
        try:
            stat = os.stat(path)
        except OSError:
            if stamp != _ABSENT.encode():
                return False
            continue
        if stamp != b"%d %d" % (stat.st_mtime_ns, stat.st_size):
            return False
    return True
