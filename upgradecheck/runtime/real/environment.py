"""The interpreter of a real Airflow: the one that was named, or a virtual environment, made once and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

OLDEST = (3, 0)
ASK = (
    "import sys, json, importlib.metadata as m;"
    "print(json.dumps([m.version('apache-airflow-core'), sys.version_info[:2]]))"
)
CONSTRAINTS = "https://raw.githubusercontent.com/apache/airflow/constraints-{version}/constraints-{python}.txt"
PACKAGES = ("apache-airflow=={version}", "apache-airflow-providers-standard")


class NoAirflow(Exception):
    """There is no Airflow to replay on; says why and what to do."""


class Interpreter(Struct, frozen=True):
    """A Python that has Airflow."""

    path: str
    version: str


def cache() -> Path:
    """Where environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "upgradecheck"


def interpreter(named: str, version: str) -> Interpreter:
    """The interpreter that was named, else the cached one of this version, made where it is not there.

    Raises `NoAirflow`.
    """
    if named:
        return _asked(Path(named))
    folder = cache() / f"airflow-{version}-{sys.version_info[0]}.{sys.version_info[1]}"
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        _make(folder, python, version)
    return _asked(python)


def _asked(python: Path) -> Interpreter:
    """Raises `NoAirflow` for what is no interpreter, has no Airflow, or one of 2.x."""
    path = shutil.which(python) or ""
    if not path:
        raise NoAirflow(f"{python}: there is no such interpreter: name the python of an environment with Airflow 3")
    done = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoAirflow(f"{python}: it has no Airflow 3: install apache-airflow there, or name another interpreter")
    version, _ = json.loads(done.stdout)
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise NoAirflow(f"{python}: it has Airflow {version}: name one with Airflow 3")
    return Interpreter(os.path.abspath(path), version)


def _make(folder: Path, python: Path, version: str) -> None:
    """An environment with this release, by uv where it is there, else by venv and pip. Raises `NoAirflow`."""
    python_minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    constraints = CONSTRAINTS.format(version=version, python=python_minor)
    wanted = [package.format(version=version) for package in PACKAGES]
    uv = shutil.which("uv")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    _do([*made, str(folder)], version)
    install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    try:
        _do([*install, "--quiet", *wanted, "--constraint", constraints], version)
    except NoAirflow:  # the constraints are not on the package index: where only that is within reach, do without
        _do([*install, "--quiet", *wanted], version)
    (folder / "whole").touch()


def _do(command: Sequence[str], version: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        why = f"Airflow {version} could not be installed: {said}"
        raise NoAirflow(f"{why}\nName an interpreter that has it: --airflow-python PATH")
