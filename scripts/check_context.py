"""Hold the tables about the context of tasks against tasks that run on real Airflow: keys, members, templates.

    python scripts/check_context.py --envs /tmp/airflow-envs

Exits with 1 where a table and Airflow disagree, with 3 where an environment could not be had.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from airflow_envs import EnvironmentFailed, ensure, python_of
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
_PROBE = Path(__file__).resolve().parent / "probe_context.py"


def rows(name: str) -> list[dict[str, str]]:
    """A table's rows."""
    with (ROOT / "rules" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def keys() -> list[dict[str, str]]:
    """The rows about keys; those about what a key holds (``key[]``) are other rows."""
    return [row for row in rows("context_key") if row["key"].isidentifier()]


def asks() -> dict[str, Any]:
    """What to ask a running task for: what the tables say is gone, and what takes its place."""
    gone, members = keys(), rows("runtime_member")
    wanted: dict[str, list[str]] = {}
    for row in members:
        wanted.setdefault(row["label"], []).extend(filter(None, (row["member"], row["new"])))
    old = [row["key"] for row in gone]
    templates = [f"{{{{ {name} }}}}" for name in [*old, *(row["new"] for row in gone if row["new"])]]
    return {"keys": old, "members": wanted, "templates": templates}


def answers(python: Path, asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a run in an environment found. Raises `EnvironmentFailed`."""
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(_PROBE, dags)
    (folder / "asks.json").write_text(json.dumps(asked), "utf-8")
    env = {
        **os.environ, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags), "PROBE_ASKS": str(folder / "asks.json"), "PROBE_OUT": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    commands = (
        ["-m", "airflow", "db", "migrate"],
        ["-m", "airflow", "dags", "reserialize"],
        [str(dags / _PROBE.name)],
    )
    for command in commands:
        done = subprocess.run([str(python), *command], env=env, capture_output=True, text=True, check=False)
    told = [folder / f"{name}.json" for name in ("keys", "members", "states")]
    if not all(path.exists() for path in told):
        raise EnvironmentFailed(done.stderr[-500:])
    return {what: answer for path in told for what, answer in json.loads(path.read_text("utf-8")).items()}


def disagreements(minor: str, asked: dict[str, Any], found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(what, what the tables say, what was found)."""
    column = f"s{minor.replace('.', '')}"
    for row in keys():
        key, gone = row["key"], row[column] == "broken"
        seen = (found[key], found[f"task given-{key}"], found[f"task default-{key}"])
        if seen != ((["KeyError", False, False], "failed", "success") if gone else seen):
            yield key, row[column], str(seen)
    for row in rows("runtime_member"):
        there = found[f"{row['label']}.{row['member']}"]
        if there is not (row[column] != "broken"):
            yield f"{row['label']}.{row['member']}", row[column], "there" if there else "gone"
        if row["new"] and not found[f"{row['label']}.{row['new']}"]:
            yield f"{row['label']}.{row['new']}", "there", "gone"
    for number, template in enumerate(asked["templates"]):
        says = "failed" if number < len(asked["keys"]) else "success"
        if found[f"task template-{number}"] != says:
            yield template, says, found[f"task template-{number}"]


@click.command(help=__doc__)
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--only", help="One minor.")
def main(envs: Path, only: str | None) -> None:
    """Run the probe on each release, and compare."""
    table, failed = Table("release", "what", "the tables say", "found"), 0
    asked = asks()
    with (ROOT / "rules" / "tables" / "releases.csv").open(encoding="utf-8", newline="") as lines:
        releases = [row for row in csv.DictReader(lines) if only in (None, row["minor"])]
    for release in releases:
        try:
            python, until = release["python"].rpartition(" ")[2], release["packages_until"]
            folder = ensure(envs, release["release"], [], python, until)
            with tempfile.TemporaryDirectory() as home:
                found = answers(python_of(folder), asked, Path(home))
        except EnvironmentFailed as error:
            print(f"{release['release']}: {error}", file=sys.stderr)
            failed += 1
            continue
        for what in disagreements(release["minor"], asked, found):
            table.add_row(release["release"], *what)
    agree = f"{len(releases) - failed} releases agree with the tables"
    Console(width=160).print(table if table.row_count else agree)
    sys.exit(1 if table.row_count else 3 if failed else 0)


if __name__ == "__main__":
    main()
