"""Files on disk: replaced as a whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Write:
    """New content for a file. ``old`` is what it held when it was read."""

    name: str
    path: Path
    old: bytes
    new: bytes


def write_all(writes: Iterable[Write]) -> list[tuple[str, str]]:
    """Replace files; returns (name, reason) for each that could not be.

    All contents are on disk beside their targets before the first rename, so a crash leaves every
    file old or new. Links are followed; modes are kept.
    """
    ready: list[tuple[Write, Path, str]] = []
    failed: list[tuple[str, str]] = []
    try:
        for write in writes:
            target = Path(os.path.realpath(write.path))
            try:
                ready.append((write, target, _stage(write, target)))
            except OSError as error:
                failed.append((write.name, f"{error.strerror or error}: make room or give write permission"))
        while ready:
            write, target, staged = ready[0]
            if reason := _swap(write, target, staged):
                failed.append((write.name, reason))
            ready.pop(0)
    finally:
        for _, _, staged in ready:
            with suppress(FileNotFoundError):
                os.unlink(staged)
    return failed


def _stage(write: Write, target: Path) -> str:
    mode = target.stat().st_mode
    if not mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only")
    handle, staged = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(write.new)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(staged, stat.S_IMODE(mode))
    except BaseException:  # also Ctrl-C: the staged file goes, the error goes on
        os.unlink(staged)
        raise
    return staged


def _swap(write: Write, target: Path, staged: str) -> str:
    try:
        if target.read_bytes() != write.old:
            os.unlink(staged)
            return "it changed while it was being fixed: run again"
        os.replace(staged, target)
    except OSError as error:
        with suppress(FileNotFoundError):
            os.unlink(staged)
        return f"{error.strerror}: run again when the file can be written"
    return ""
