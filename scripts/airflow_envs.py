"""Environments with real Airflow releases, and probing names in them.

An environment is a folder named after the release below the `--envs` folder; it is made once and kept.
Uses uv where it is installed, else venv and pip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PROBE = Path(__file__).resolve().parent / "probe_names.py"


class EnvironmentFailed(Exception):
    """An environment could not be made or could not be probed."""


@dataclass
class Probed:
    """What one release made of the names it was asked for."""

    version: str
    results: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def status(self, name: str) -> str:
        """ok, warns, broken, or `not installed` where a package is missing."""
        result = self.results[name]
        return "not installed" if result["missing"] else result["status"]

    def lacks(self, provider: str) -> bool:
        """Whether the provider a row asks for is absent from the environment."""
        return bool(provider) and provider not in self.versions


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(envs: Path, version: str, providers: Iterable[str], python: str, until: str = "") -> Path:
    """The environment of a release: as it stands below `envs`, else newly made with these providers.

    ``until``: no package is newer than that day. With today's, servers of older releases do not run.
    """
    folder = envs / version
    if python_of(folder).exists():
        return folder
    envs.mkdir(parents=True, exist_ok=True)
    if shutil.which("uv"):
        _run(["uv", "venv", "--quiet", "--python", python, str(folder)])
    else:
        _run([sys.executable, "-m", "venv", str(folder)])
    airflow = f"apache-airflow=={version}"
    if not _install(folder, [airflow], *(["--exclude-newer", until] if until and shutil.which("uv") else [])):
        shutil.rmtree(folder)
        raise EnvironmentFailed(f"{airflow} cannot be installed")
    wanted = sorted(set(providers))
    if wanted and not _install(folder, [airflow, *wanted]):
        for provider in wanted:  # as many as there are; what they lack is counted as not installed
            if not _install(folder, [airflow, provider]):
                _install(folder, [provider], "--no-deps")
    return folder


def _install(folder: Path, packages: Sequence[str], *options: str) -> bool:
    python = str(python_of(folder))
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--quiet", "--python", python, *options, *packages]
    else:
        command = [python, "-m", "pip", "install", "--quiet", *options, *packages]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise EnvironmentFailed(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")


def probe(folder: Path, names: Iterable[str], *, walk: bool = False) -> Probed:
    """Import the names (and, with `walk`, all public names of Airflow) in a process of that environment."""
    with tempfile.TemporaryDirectory(prefix="probe-names-") as scratch:
        asked, told = Path(scratch) / "names.json", Path(scratch) / "results.jsonl"
        asked.write_text(json.dumps(sorted(set(names))), encoding="utf-8")
        command = [str(python_of(folder)), str(_PROBE), str(asked), str(told), *(["--walk"] if walk else [])]
        environment = {**os.environ, "AIRFLOW_HOME": scratch}
        done = subprocess.run(command, check=False, capture_output=True, env=environment)
        if done.returncode or not told.exists():
            raise EnvironmentFailed(done.stderr.decode(errors="replace").strip()[-500:])
        lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    results = {line["name"]: line for line in lines[1:]}
    return Probed(folder.name, results, lines[0]["versions"])
