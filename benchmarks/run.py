"""CPU of upgradecheck as a ratio against its peers, measured in the same run on the same files.

The files are the example DAGs of released wheels (fetched from PyPI): those of an Airflow 2 are full of
findings, those of an Airflow 3 have been migrated. Prints medians, and peak memory; docs/measured.md says
what was last seen. Usage: python benchmarks/run.py [--runs 5] [--work DIR] [--scale 20000]
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import click

WHEELS = {
    "dirty": (
        "apache-airflow==2.2.5",
        "apache-airflow-providers-google==6.8.0",
        "apache-airflow-providers-amazon==3.4.0",
    ),
    "migrated": ("apache-airflow-core==3.3.2", "apache-airflow-core==3.1.8"),
}
RATIOS = (
    ("cold", "bare libcst"),
    ("warm", "ruff warm"),
    ("warm", "walk + stat"),
    ("one file", "python -c pass"),
)
OURS = [sys.executable, "-m", "upgradecheck", "--format", "json", "--jobs", "1"]
RUFF = [
    str(Path(sys.executable).with_name("ruff")),
    *("check", "--preview", "--isolated", "--select", "AIR", "--output-format", "json"),
]
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
YOUNG = 3  # seconds: what is younger than two is not known by its time
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


class Cost(NamedTuple):
    """What a command took: CPU seconds, and the most memory it held, in MiB."""

    seconds: float
    peak: float


def cost(command: list[str], before: Callable[[], None], runs: int) -> Cost:
    """The median of some runs, after one that is not counted. Its own children count as well."""
    found = []
    for _ in range(runs + 1):
        before()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise click.ClickException(f"exit code {process.returncode} of {' '.join(command)}")
        found.append(Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return Cost(statistics.median(c.seconds for c in found[1:]), max(c.peak for c in found))


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
    (folder / "upgradecheck.toml").touch()
    return folder


def _unpack(wheel: Path, folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if "/example_dags/" in member and member.endswith(".py") and not member.endswith("__init__.py"):
                (folder / member.replace("/", "__")).write_bytes(archive.read(member))


def _nothing() -> None:
    """Leave the caches as they are."""


def _forget(folder: Path) -> None:
    shutil.rmtree(folder / ".upgradecheck_cache", ignore_errors=True)


def measure(folder: Path, runs: int) -> dict[str, Cost]:
    """What we and each peer take for one folder."""
    single = folder.parent / f"{folder.name}-one"
    single.mkdir(exist_ok=True)
    (single / "upgradecheck.toml").touch()
    (single / "dag.py").write_text(CLEAN, "utf-8")
    bare = cost([sys.executable, "-c", BARE, str(folder)], _nothing, runs)
    cold = cost([*OURS, str(folder)], lambda: _forget(folder), runs)
    time.sleep(YOUNG)
    return {
        "bare libcst": bare,
        "cold": cold,
        "warm": cost([*OURS, str(folder)], _nothing, runs),
        "ruff warm": cost([*RUFF, str(folder)], _nothing, runs),
        "walk + stat": cost([sys.executable, "-c", WALK, str(folder)], _nothing, runs),
        "python -c pass": cost([sys.executable, "-c", "pass"], _nothing, runs),
        "one file": cost([*OURS, "--no-cache", str(single / "dag.py")], _nothing, runs),
    }


def scaled(folder: Path, count: int) -> Path:
    """That many files, over and over those of a folder, as links that cost no room."""
    grown = folder.parent / f"{folder.name}-{count}"
    if not grown.exists():
        grown.mkdir()
        (grown / "upgradecheck.toml").touch()
        found = sorted(folder.rglob("*.py"))
        for number in range(count):
            part = grown / str(number // 500)
            part.mkdir(exist_ok=True)
            os.link(found[number % len(found)], part / f"dag_{number}.py")
    return grown


@click.command()
@click.option("--runs", default=5, show_default=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(tempfile.gettempdir()) / "upgradecheck-bench")
@click.option("--scale", default=0, metavar="FILES", help="Instead: does time grow linearly up to that many?")
def main(runs: int, work: Path, scale: int) -> None:
    """Print the ratios."""
    for name, requirements in WHEELS.items():
        folder = files(work, name, requirements)
        if scale:
            _print_growth(name, folder, scale, runs)
        else:
            print(f"{name}: {len(list(folder.rglob('*.py')))} files of {', '.join(requirements)}")
            _print_ratios(measure(folder, runs))


def _print_ratios(found: dict[str, Cost]) -> None:
    for what, peer in RATIOS:
        ours, theirs = found[what], found[peer]
        ratio = f"{ours.seconds / theirs.seconds:5.2f} x {peer} ({theirs.seconds:.3f} s)"
        print(f"  {what:9} {ours.seconds:7.3f} s = {ratio}, {ours.peak:.0f} MiB")


def _print_growth(name: str, folder: Path, most: int, runs: int) -> None:
    for count in (most // 8, most // 4, most // 2, most):
        grown = scaled(folder, count)
        cold = cost([*OURS, str(grown)], lambda grown=grown: _forget(grown), runs)  # type: ignore[misc]
        warm = cost([*OURS, str(grown)], _nothing, runs)
        each = [f"{1000 * c.seconds / count:.3f} ms a file, {c.peak:.0f} MiB" for c in (cold, warm)]
        peers = {"ruff warm": [*RUFF, str(grown)], "walk + stat": [sys.executable, "-c", WALK, str(grown)]}
        ratios = [f"{warm.seconds / cost(p, _nothing, runs).seconds:.2f} x {peer}" for peer, p in peers.items()]
        print(f"{name}, {count} files: cold {each[0]}; warm {each[1]} = {', '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
