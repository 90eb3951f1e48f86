"""A home for a real Airflow, for one replay: bundles, a database, an environment, and jobs that run in it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import upgradecheck
from upgradecheck.runtime.real import placing
from upgradecheck.runtime.real.environment import Interpreter, NoAirflow, cache

TAIL = 1500
BUNDLES = {  # by whether it keeps older versions: class, and its argument that names the folder
    False: ("airflow.dag_processing.bundles.local.LocalDagBundle", "path"),
    True: ("upgradecheck.runtime.real.bundle.Versions", "folder"),
}


class Ended(Exception):
    """A job came to no end of its own: says how it ended, and the last words of its log."""


class Home:
    """``bundles``: name -> the folder that Airflow reads; ``names``: a DAG file there -> its name in the report."""

    def __init__(self, folder: Path, python: Interpreter, seconds: float) -> None:
        self.folder, self.python, self.seconds = folder, python, seconds
        self.bundles: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.paths: dict[str, None] = {}
        self.plugins = self.called = ""
        self.versioned = False
        self.jobs = 0
        self.port = _free_port()
        self.key = secrets.token_hex(32)
        tool = folder / "tool"
        tool.mkdir()
        (tool / "upgradecheck").symlink_to(Path(upgradecheck.__file__).parent)

    def add(self, paths: Iterable[Path], *, deploys: bool = False, versioned: bool = False) -> None:
        """Folders as they are; of a file its folder, in which nothing else is a DAG file. Where other files will
        take their place: copies."""
        self.versioned = versioned
        paths = list(paths)
        self.called = paths[0].name if paths and paths[0].is_file() else ""
        for number, path in enumerate(path.resolve() for path in paths):
            folder, root = (path, path) if path.is_dir() else (self._alone(number, path), path.parent)
            if deploys or versioned:
                folder = self.folder / f"copy-{number}"
                folder.mkdir()
                placing.deploy(path, folder, path.name, versioned)
            self.bundles[f"bundle-{number}"] = str(folder)
            self.paths.update(dict.fromkeys((str(root), *_plugins(root))))
            self.plugins = self.plugins or next(iter(_plugins(root)), "")

    def _alone(self, number: int, path: Path) -> Path:
        folder = self.folder / f"bundle-{number}"
        placing.links(path, folder)
        return folder

    @property
    def loaded_from(self) -> dict[str, str]:
        """The folder of each bundle in which the newest DAG files are."""
        if not self.versioned:
            return self.bundles
        return {name: f"{path}/{placing.newest(Path(path))}" for name, path in self.bundles.items()}

    def name(self, path: str) -> str:
        """A DAG file's name in the report: from the folder of its bundle."""
        for folder in self.loaded_from.values():
            if path.startswith(f"{folder}/"):
                return path.removeprefix(f"{folder}/")
        return Path(path).name

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of another Airflow, a database of its own, this replay's bundles."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        bundle, argument = BUNDLES[self.versioned]
        listed = [
            {"name": name, "classpath": bundle, "kwargs": {argument: path, "refresh_interval": 2}}
            for name, path in self.bundles.items()
        ]
        address = f"http://127.0.0.1:{self.port}"
        return {
            **kept,
            "PATH": f"{Path(self.python.path).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": os.pathsep.join([*self.paths, *([str(self.folder / "tool")] if self.versioned else [])]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "ignore",
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__API_AUTH__JWT_SECRET": self.key,
            "AIRFLOW__API__BASE_URL": address,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(self.seconds),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__CORE__DAGS_FOLDER": next(iter(self.bundles.values()), str(self.folder)),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__PLUGINS_FOLDER": self.plugins or str(self.folder / "plugins"),
            "AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES": "airflow.*",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(listed),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "86400",  # what was switched off stays off
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder}/airflow.db",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        }

    def migrate(self) -> None:
        """An empty database; one that was migrated by the same interpreter is copied. Raises `NoAirflow`."""
        digest = hashlib.sha256(self.python.path.encode()).hexdigest()[:12]
        kept = cache() / f"database-{self.python.version}-{digest}.db"
        if not kept.exists():
            done = self._airflow("db", "migrate")
            if done.returncode:
                raise NoAirflow(f"{self.python.path}: airflow db migrate: {done.stderr.strip()[-TAIL:]}")
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / "airflow.db", kept.with_suffix(".new"))
            os.replace(kept.with_suffix(".new"), kept)
        shutil.copy(kept, self.folder / "airflow.db")

    def _airflow(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.python.path, "-m", "airflow", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def job(self, do: str, patience: float, **given: Any) -> dict[str, Any]:
        """Have something done inside of Airflow; it ends when nothing new was told for so many seconds.

        Raises `Ended`, which carries what was told until then as its second argument.
        """
        self.jobs += 1
        base = self.folder / f"job-{self.jobs}"
        out, log = base.with_suffix(".out.json"), base.with_suffix(".log")
        job = {"do": do, "bundles": self.bundles, "folders": self.loaded_from, "out": str(out), **given}
        base.with_suffix(".json").write_text(json.dumps(job), "utf-8")
        environment = self.environment
        environment["PYTHONPATH"] += f"{os.pathsep}{self.folder / 'tool'}"
        command = [self.python.path, "-m", "upgradecheck.runtime.real.inside", str(base.with_suffix(".json"))]
        with log.open("wb") as said:
            process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=said, stderr=said, start_new_session=True
            )
        late = _wait(process, out, patience)
        told: dict[str, Any] = json.loads(out.read_text("utf-8")) if out.exists() else {}
        if not told.get("done"):
            how = f"nothing new for {patience:g} s" if late else f"exit code {process.returncode}"
            raise Ended(f"{how}: {_last(log)}", told)
        return told


def _wait(process: subprocess.Popen[bytes], out: Path, limit: float) -> bool:
    """Until it ends; whether it had to be ended."""
    seen, since = 0.0, time.monotonic()
    try:
        while process.poll() is None:
            time.sleep(0.1)
            told = out.stat().st_mtime if out.exists() else 0.0
            if told != seen:
                seen, since = told, time.monotonic()
            if time.monotonic() - since > limit:
                return True
        return False
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], patience: float = 0) -> None:
    """End a process and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL) if patience else (signal.SIGKILL,):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience or 5)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _last(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][-TAIL:] if lines else "without a word"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _plugins(root: Path) -> tuple[str, ...]:
    found = (folder / "plugins" for folder in (root.parent, root))
    return tuple(str(folder) for folder in found if folder.is_dir())
