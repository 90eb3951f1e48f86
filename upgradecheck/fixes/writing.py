"""Files on disk: replaced as a whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_CHANGED = "it changed while it was being fixed: run again"


class Write(Struct, frozen=True):
    """New content for a file. ``old`` is what it held when it was read.

    ``together`` names the files that are replaced with it, or not at all.
    """

    name: str
    path: Path
    old: bytes
    new: bytes
    together: frozenset[str] = frozenset()


class _Staged(Struct):
    """A file whose new content lies beside it. ``aside``: where; ``done``: the file has it."""

    write: Write
    target: Path
    aside: str
    done: bool = False
    reason: str = ""


def write_all(writes: Iterable[Write]) -> list[tuple[str, str]]:
    """Replace files, in the order given; returns (name, reason) for each that could not be.

    All contents are on disk beside their targets before the first rename, so a crash leaves every
    file old or new. Links are followed; mode and owner are kept. Files that go together are
    restored when one of them fails or Ctrl-C comes in between.
    """
    files = [_place(write) for write in writes]
    try:
        for file in files:
            _stage(file)
        for group in _groups(files):
            _swap(group)
    finally:
        for file in files:
            with suppress(OSError):
                os.unlink(file.aside)
    return [(file.write.name, file.reason) for file in files if file.reason]


def put_whole(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all; what is a device or a pipe is written to. Raises `OSError`."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    aside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        aside.write_bytes(data)
        if target.exists():
            if reason := forbidden(target):
                raise PermissionError(errno.EACCES, reason)
            shutil.copymode(target, aside)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def forbidden(path: Path) -> str:
    """Why a file must not be written, "" if it may."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return _explained(error)
    writable = mode & stat.S_IWUSR and os.access(path, os.W_OK)
    return "" if writable else "it is read-only: give write permission"


def _explained(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is no longer there: run again"
    if isinstance(error, PermissionError):
        return f"{error.strerror}: give write permission for the file and its folder"
    return f"{error.strerror or error}: run again when the file can be written"


def _place(write: Write) -> _Staged:
    target = Path(os.path.realpath(write.path))
    return _Staged(write, target, str(target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")))


def _stage(file: _Staged) -> None:
    file.reason = forbidden(file.target)
    if not file.reason:
        try:
            _put(file.aside, file.write.new, os.stat(file.target))
        except OSError as error:
            file.reason = _explained(error)


def _put(path: str, data: bytes, like: os.stat_result) -> None:
    """A new file with this content, on disk, with another file's mode and owner."""
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
    ) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if hasattr(os, "chown"):
        with suppress(OSError):  # only root may give files away; without it the file becomes ours
            os.chown(path, like.st_uid, like.st_gid)
    os.chmod(path, stat.S_IMODE(like.st_mode))


def _groups(files: Sequence[_Staged]) -> list[list[_Staged]]:
    """Files that are replaced together, in the order of their first."""
    left, found = list(files), []
    while left:
        group, grown = [left[0]], True
        while grown:
            names = {name for file in group for name in (file.write.name, *file.write.together)}
            more = [file for file in left if file.write.name in names]
            grown, group = len(more) > len(group), more
        found.append(group)
        left = [file for file in left if file not in group]
    return found


def _swap(group: Sequence[_Staged]) -> None:
    """Replace all files of a group, or none."""
    try:
        for file in group:
            file.reason = file.reason or _news(file)
        if not any(file.reason for file in group):
            for file in group:
                _rename(file)
    finally:
        left = [file for file in group if file.reason or not _has_new(file)]
        cause = next((file.write.name for file in left if file.reason), "one of them")
        for file in group if left else ():
            file.reason = file.reason or f"{cause} could not be written, and they go together"
            _restore(file)


def _has_new(file: _Staged) -> bool:
    """Whether a rename that was begun came about (Ctrl-C may have met it)."""
    return file.done and not os.path.lexists(file.aside)


def _news(file: _Staged) -> str:
    """What happened to a file since it was read, "" for nothing."""
    try:
        return "" if file.target.read_bytes() in (file.write.old, file.write.new) else _CHANGED
    except OSError as error:
        return _explained(error)


def _rename(file: _Staged) -> None:
    file.done = True  # before the fact, see _has_new
    try:
        os.replace(file.aside, file.target)
    except OSError as error:
        file.done = False
        file.reason = _explained(error)


def _restore(file: _Staged) -> None:
    """Give a file its old content back, if it has the new one."""
    with suppress(OSError):  # what failed before may fail again; the file is whole either way
        if _has_new(file) and file.target.read_bytes() == file.write.new:
            _put(file.aside, file.write.old, os.stat(file.target))
            os.replace(file.aside, file.target)
