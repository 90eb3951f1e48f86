"""The DAG files of a replay: loaded at first, and again whenever other code is deployed.

Each deployment has a number. What runs is told by it which code it sees: a run of a bundle with versions (git, S3)
that of its own, all others the newest (``World.code_of``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import events
from upgradecheck.runtime.files import File
from upgradecheck.runtime.folders import dag_files, plugins
from upgradecheck.runtime.loader import Loaded
from upgradecheck.runtime.model import Failure
from upgradecheck.runtime.plan import PlanError
from upgradecheck.runtime.simulation import Simulation
from upgradecheck.runtime.worker import Setting, prepare

AT_ONCE = 8


class Bundle:
    """``files``: what became of the files of the newest code."""

    def __init__(self, paths: list[Path], options: Any, folder: str, simulation: Simulation) -> None:
        self.paths, self.options, self.folder, self.simulation = paths, options, folder, simulation
        self.files: list[Loaded] = []
        self.begun = 0

    def load(self) -> None:
        """The code that is there at first."""
        self._store(dag_files(self.paths))

    def deploy(self, path: Path) -> None:
        """This file or folder takes the place of the one that is replayed. Raises ``PlanError``."""
        if len(self.paths) != 1:
            raise PlanError("a deploy takes the place of one file or folder: replay one")
        if path.is_dir() != self.paths[0].is_dir() or not path.exists():
            kind = "folder" if self.paths[0].is_dir() else "file"
            raise PlanError(f"{path}: there is no such {kind} to deploy in the place of {self.paths[0]}")
        found = dag_files([path])
        self._store(found, called=self.paths[0].name if path.is_file() else "")

    def _store(self, files: list[tuple[Path, Path]], called: str = "") -> None:
        """Load it; then the DAG processor stores its DAGs."""
        world = self.simulation.world
        code = world.code + 1
        paths = {called or str(path.relative_to(root)): path for path, root in files}
        self.files = without_doubles(self._loaded(files, code, called), paths)
        self.simulation.happen(events.Deployed(code, frozenset(d.dag_id for each in self.files for d in each.dags)))
        for each in self.files:
            for dag in each.dags:
                self.simulation.happen(events.Parsed(dag))

    def _loaded(self, files: list[tuple[Path, Path]], code: int, called: str) -> list[Loaded]:
        if len(files) > 1 and not self.options.dialect:
            prepare(Path(self.options.tables))
        loaded: list[Loaded] = []
        for start in range(0, len(files), AT_ONCE):
            begun = [File(self._setting(*each, called)) for each in files[start : start + AT_ONCE]]
            for file in begun:
                found = file.loaded()
                loaded.append(found)
                if found.dags:
                    self.simulation.executor.files[code, found.file] = file
                else:
                    file.end()
        return loaded

    def _setting(self, path: Path, root: Path, called: str) -> Setting:
        options, self.begun = self.options, self.begun + 1
        own = Path(self.folder) / f"file-{self.begun}"
        own.mkdir()
        return Setting(
            path=str(path),
            file=called or str(path.relative_to(root)),
            folder=self.folder,
            tables=options.tables,
            now=self.simulation.world.now.timestamp(),
            address=f"{self.folder}/door",
            allowed=options.allowed,
            seconds=options.seconds,
            variables=options.plan.variables,
            connections=options.plan.connections,
            roots=(str(root), *plugins(root)),
            dialect=options.dialect,
        )


def without_doubles(loaded: Iterable[Loaded], paths: Mapping[str, Path]) -> list[Loaded]:
    """A DAG id that a file before it has makes an error for the file (``AirflowDagDuplicatedIdException``)."""
    found: list[Loaded] = []
    owners: dict[str, str] = {}
    for each in loaded:
        doubles = [dag.dag_id for dag in each.dags if owners.setdefault(dag.dag_id, each.file) != each.file]
        if doubles:
            double = doubles[0]
            said = f"Ignoring DAG {double} from {paths[each.file]} - also found in {paths[owners[double]]}"
            own = tuple(dag for dag in each.dags if owners[dag.dag_id] == each.file)
            each = replace(each, dags=own, error=Failure("AirflowDagDuplicatedIdException", said))
        found.append(each)
    return found
