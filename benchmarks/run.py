"""CPU of upgradecheck as a ratio against its peers, measured in the same run on the same files.

The files are the example DAGs of released wheels (fetched from PyPI): those of an Airflow 2 are full of
findings, those of an Airflow 3 have been migrated. Prints medians; see docs/measured.md for what was
seen and `architecture` targets. Usage: python benchmarks/run.py [--runs 5] [--work DIR]
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import click

WHEELS = {
    "dirty": (
        "apache-airflow==2.2.5",
        "apache-airflow-providers-google==6.8.0",
        "apache-airflow-providers-amazon==3.4.0",
    ),
    "migrated": ("apache-airflow-core==3.3.2", "apache-airflow-core==3.1.8"),
}
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COPIES = 10  # so that starting a process does not hide what a file costs
CLEAN = """from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("clean", schedule=None):
    BashOperator(task_id="hello", bash_command="echo hello")
"""
BARE = (
    "import sys, libcst, pathlib\n"
    "for p in pathlib.Path(sys.argv[1]).rglob('*.py'): libcst.parse_module(p.read_bytes())\n"
)
WALK = "import os, sys\nfor d, _, fs in os.walk(sys.argv[1]):\n for f in fs: os.stat(os.path.join(d, f))\n"


def cpu(command: list[str], before: Callable[[], None], runs: int) -> tuple[float, float]:
    """Median CPU seconds of a command and its children, and peak memory in MiB of its largest process."""
    seconds, peak = [], 0.0
    for _ in range(runs + 1):
        before()
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=ENV)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime)
        peak = max(peak, end.ru_maxrss / 1024)
    return statistics.median(seconds[1:]), peak


def files(work: Path, name: str, requirements: Iterable[str]) -> Path:
    """A folder with the example DAGs of some wheels."""
    folder = work / name
    if not folder.exists():
        folder.mkdir(parents=True)
        for number, requirement in enumerate(requirements):
            wheels = work / f"{name}-{number}"
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels)]
            subprocess.run([*pip, requirement], check=True)
            for wheel in wheels.glob("*.whl"):
                for copy in range(COPIES):
                    _unpack(wheel, folder / f"{number}_{copy}")
    return folder


def _unpack(wheel: Path, folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if "/example_dags/" in member and member.endswith(".py") and not member.endswith("__init__.py"):
                (folder / member.replace("/", "__")).write_bytes(archive.read(member))


def measure(folder: Path, runs: int) -> dict[str, float]:
    """CPU seconds of us and of each peer over one folder."""
    ours = [sys.executable, "-m", "upgradecheck", "--format", "json", "--jobs", "1", str(folder)]
    ruff = ["ruff", "check", "--preview", "--isolated", "--select", "AIR", "--output-format", "json", str(folder)]

    def cold() -> None:
        shutil.rmtree(folder / ".upgradecheck_cache", ignore_errors=True)

    def nothing() -> None:
        """Leave the caches as they are."""

    single = folder.parent / f"{folder.name}-one"
    single.mkdir(exist_ok=True)
    (single / "upgradecheck.toml").touch()
    (single / "dag.py").write_text(CLEAN, "utf-8")
    return {
        "bare libcst": cpu([sys.executable, "-c", BARE, str(folder)], nothing, runs)[0],
        "cold": cpu(ours, cold, runs)[0],
        "warm": cpu(ours, nothing, runs)[0],
        "ruff warm": cpu(ruff, nothing, runs)[0],
        "walk + stat": cpu([sys.executable, "-c", WALK, str(folder)], nothing, runs)[0],
        "python -c pass": cpu([sys.executable, "-c", "pass"], nothing, runs)[0],
        "one file": cpu([*ours[:-1], "--no-cache", str(single / "dag.py")], nothing, runs)[0],
    }


@click.command()
@click.option("--runs", default=5, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(tempfile.gettempdir()) / "upgradecheck-bench")
def main(runs: int, work: Path) -> None:
    """Print the ratios."""
    for name, requirements in WHEELS.items():
        folder = files(work, name, requirements)
        (folder / "upgradecheck.toml").touch()
        found = measure(folder, runs)
        print(f"{name}: {len(list(folder.rglob('*.py')))} files of {', '.join(requirements)}")
        for what, peer in (
            ("cold", "bare libcst"),
            ("warm", "ruff warm"),
            ("warm", "walk + stat"),
            ("one file", "python -c pass"),
        ):
            ratio = found[what] / found[peer]
            print(f"  {what:9} {found[what]:7.3f} s = {ratio:5.2f} x {peer} ({found[peer]:.3f} s)")


if __name__ == "__main__":
    main()
