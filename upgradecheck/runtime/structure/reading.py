"""Files -> shapes, each in a process of its own, with a time limit."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from upgradecheck.runtime import dialect, loader
from upgradecheck.runtime.loader import Loaded
from upgradecheck.runtime.structure.older import OlderFinder, OlderSurface, Structural
from upgradecheck.runtime.structure.shapes import Shape
from upgradecheck.runtime.wire import encode
from upgradecheck.runtime.worker import Setting, clock, isolate

SETTINGS = {  # as on 2.x, so that what a DAG leaves out means what it meant
    "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "True",
    "AIRFLOW__SCHEDULER__CREATE_DELTA_DATA_INTERVALS": "True",
}


class Reader(msgspec.Struct):
    """Reads files under one clock, so that what hangs on the date is the same each time."""

    tables: str
    seconds: float = 30
    jobs: int = 0  # processes at once; 0: as many as there are cores
    now: float = msgspec.field(default_factory=time.time)
    _surface: OlderSurface | None = None

    @property
    def surface(self) -> OlderSurface:
        """What can be imported: read once, for all processes."""
        if self._surface is None:
            self._surface = OlderSurface(Path(self.tables))
        return self._surface

    def read(self, root: Path, files: Iterable[str]) -> Iterator[Shape]:
        """The shape of each file, in order. ``files``: from the root, with slashes."""
        names = list(files)
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            many = self.jobs or os.cpu_count() or 1
            for start in range(0, len(names), many):
                begun = [self._begin(root, name, folder) for name in names[start : start + many]]
                yield from [self._end(root, *each) for each in begun]

    def _begin(self, root: Path, name: str, folder: str) -> tuple[str, Any, Any]:
        path = root / name
        setting = Setting(
            path=str(path),
            file=name,
            folder=folder,
            tables=self.tables,
            now=self.now,
            address="",
            seconds=self.seconds,
            roots=tuple(_roots(root, path)),
        )
        context = multiprocessing.get_context("fork")
        mine, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, setting, self.surface, root))
        process.start()
        theirs.close()
        return name, mine, process

    def _end(self, root: Path, name: str, pipe: Any, process: Any) -> Shape:
        try:
            if not pipe.poll(self.seconds + 5):
                return Shape(name, error=f"loading took more than {self.seconds:g} s")
            shape = msgspec.msgpack.decode(pipe.recv_bytes(), type=Shape)
            return msgspec.structs.replace(shape, error=shape.error.replace(f"{root}/", ""))
        except (EOFError, OSError):
            process.join(5)
            return Shape(name, error=f"it ended its process while it was loaded (exit code {process.exitcode})")
        finally:
            process.kill()
            process.join(5)
            pipe.close()


def _roots(root: Path, path: Path) -> Iterator[str]:
    """Where modules are looked for: the folders above a file up to the project's, and the plugins in each."""
    for folder in path.parents:
        yield str(folder)
        if (folder / "plugins").is_dir():
            yield str(folder / "plugins")
        if folder == root:
            return


def _serve(pipe: Any, setting: Setting, surface: OlderSurface, root: Path) -> None:
    """The life of the process."""
    from upgradecheck.runtime.structure.absent import AbsentFinder, missing_values_too
    from upgradecheck.runtime.structure.arguments import Arguments, accept

    absent = AbsentFinder()
    accept(Arguments(Path(setting.tables).parent, surface.aliases), surface.objects)
    os.environ.update(SETTINGS)
    missing_values_too()
    dialect.choose(Structural(Path(setting.tables)))
    isolate(setting, OlderFinder(surface, surface.stand_ins))
    clock(setting.now)
    os.chdir(root)  # where a deployment's paths begin, more often than not; nothing can be written there
    sys.meta_path.append(absent)
    loaded = loader.load(setting.path, setting.file, setting.seconds)
    with suppress(OSError):  # nobody waits any more
        pipe.send_bytes(encode(_shape(loaded, setting.file, tuple(absent.found))))
    os._exit(0)


def _shape(loaded: Loaded, file: str, absent: tuple[str, ...]) -> Shape:
    from upgradecheck.runtime.structure import describe

    errors = [loaded.error, *(each.error for each in loaded.unstored)]
    if error := next((each for each in errors if each is not None), None):
        where = f" ({error.where})" if error.where else ""
        return Shape(file, error=f"{error.kind}: {error.message}{where}", absent=absent)
    if not loader.DAGS:
        return Shape(file, error="it makes no DAG when it is loaded here", absent=absent)
    try:
        return Shape(file, describe.dags(loader.DAGS), absent=absent)
    except Exception as raised:  # an object of the file's own that cannot be described: the file is not compared
        return Shape(file, error=f"it cannot be described: {type(raised).__name__}: {raised}", absent=absent)
