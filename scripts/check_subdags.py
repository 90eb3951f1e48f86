"""Hold the fix of SubDAGs against real Airflow: the same tasks and edges, before on 2.x and after on 3.x.

    python scripts/check_subdags.py --python /opt/airflow3/bin/python --python-2x /opt/airflow2/bin/python

The projects are those of `tests/fixtures/subdags.md`. Exits with 1 where one comes out otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sweep_wheels import run

from tests.shapes import Shape, shapes

_HERE = Path(__file__).resolve().parent
_PAGE = _HERE.parent / "tests" / "fixtures" / "subdags.md"


def load(python: str, folders: list[Path], home: Path) -> dict[str, Any]:
    """What real Airflow makes of projects, by their folders' names."""
    home.mkdir()
    environment = {
        **os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    quiet = {"env": environment, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([python, "-m", "airflow", "db", "migrate"], **quiet)  # type: ignore[call-overload]
    results = home / "results.json"
    probe = [python, str(_HERE / "probe_dags.py"), str(results), *map(str, folders)]
    subprocess.run(probe, **quiet)  # type: ignore[call-overload]
    found = json.loads(results.read_text("utf-8"))
    return {Path(folder).name: loaded for folder, loaded in found.items()}


def wrong(shape: Shape, before: dict[str, Any], after: dict[str, Any]) -> str:
    """What is not as the page says; "" for nothing."""
    if before["errors"]:
        return f"does not load on 2.x: {before['errors']}"
    if shape.outcome == "declined":
        return "" if after["errors"] else "declined, and loads on 3.x all the same"
    if after["errors"]:
        return f"does not load on 3.x: {after['errors']}"
    return "" if before["dags"] == after["dags"] else f"other tasks or edges: {before['dags']}, {after['dags']}"


@click.command()
@click.option("--python", required=True, help="The interpreter of an Airflow 3 environment.")
@click.option("--python-2x", required=True, help="The interpreter of an Airflow 2 environment.")
def main(python: str, python_2x: str) -> None:
    """Load every project before and after its fix."""
    known = shapes(_PAGE)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        old, new = ([work / kind / str(n) for n in range(len(known))] for kind in ("old", "new"))
        for shape, *folders in zip(known, old, new, strict=True):
            for folder in folders:
                shape.write(folder)
            run(folders[1], "--fix", "--unsafe-fixes")
        before, after = load(python_2x, old, work / "home2"), load(python, new, work / "home3")
    said = {shape.title: wrong(shape, before[str(n)], after[str(n)]) for n, shape in enumerate(known)}
    for title, words in said.items():
        if words:
            click.echo(f"{title}: {words}")
    fixed = sum(shape.outcome != "declined" for shape in known)
    click.echo(f"{len(known)} shapes, {fixed} fixed; {sum(map(bool, said.values()))} otherwise than the page says")
    sys.exit(any(said.values()))


if __name__ == "__main__":
    main()
