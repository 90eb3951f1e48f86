"""Hold the tables of arguments and members against real Airflow: is each as its row says?

    python scripts/check_arguments.py --envs /tmp/airflow-envs [--versions 3.3.2] [--only renamed_argument]

Every callable is called with the argument of its row (where it cannot be called here its signature is read), on the
last 2.x too: there whatever belongs to Airflow itself has to be accepted. A row's `new` must be accepted from its
`new_from` on, and on 2.x where `new_2x` says so. Exits with 1 where a row and a release disagree.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, python_of
from name_tables import ROOT, minor_of, status_column, version_key
from rich.console import Console
from rich.table import Table

RULES = ROOT / "rules"
RELEASES = "2.11.2,3.0.6,3.1.8,3.2.2,3.3.2"
TABLES = ("renamed_argument", "removed_argument", "argument_value", "positional_argument", "removed_member")
_PROBE = Path(__file__).resolve().parent / "probe_arguments.py"
_FITS = {"changed": {"ok", "warns", "changed"}}
# Words in `evidence` that say more than the statuses do.
_SILENT = "silent"  # nothing tells of it at the call, only what the object does afterwards
_LATER = "set_when"  # the object has it only after something was done to it


@dataclass(frozen=True)
class Question:
    """One thing to try in a release, and the row that claims something about it."""

    table: str
    row: dict[str, str]
    ask: dict[str, object]
    of_new: bool = False

    @property
    def about(self) -> str:
        """What is tried, in words."""
        return ".".join(str(self.ask[part]) for part in ("name", "argument") if self.ask[part])


def rows_of(table: str) -> list[dict[str, str]]:
    """The rows of one table."""
    with (RULES / f"{table}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """Canonical name of a class → all the names that it has had."""
    found: dict[str, list[str]] = {}
    with (RULES / "tables" / "classes.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == "class" and row["parameters"] == "**" and " " not in row["bases"]:
                found.setdefault(row["bases"], []).append(row["name"])
    return {name: tuple(sorted(names, key=_core_first)) for name, names in found.items()}


def _core_first(name: str) -> tuple[bool, str]:
    return name.startswith("airflow.providers."), name


def paths(owner: str) -> list[str]:
    """The names under which a class can be had: on the last 2.x that is another one."""
    last = owner.rpartition(".")[2].replace("Asset", "Dataset")
    same = [
        name for name in aliases().get(owner, ()) if name.rpartition(".")[2] in (last, owner.rpartition(".")[2])
    ]
    return [owner, *same]


def questions(table: str) -> Iterator[Question]:
    """What a table's rows claim, as things to try."""
    for row in rows_of(table):
        owner = row.get("callable") or row["class"]
        cls, _, last = owner.rpartition(".")
        method = last if last[:1].islower() and cls.rpartition(".")[2][:1].isupper() else ""
        ask: dict[str, object] = {"name": owner, "paths": paths(cls if method else owner), "method": method}
        if table == "removed_member":
            yield Question(table, row, {**ask, "kind": "member", "argument": row["member"]})
            if row["new"]:
                yield Question(table, row, {**ask, "kind": "member", "argument": row["new"]}, of_new=True)
        elif table == "positional_argument":
            yield Question(
                table, row, {**ask, "kind": "position", "argument": row["name"], "position": int(row["position"])}
            )
        elif table == "argument_value":
            source = "1" if row["old"] == "*" else row["old"]
            yield Question(table, row, {**ask, "kind": "value", "argument": row["argument"], "values": [source]})
            yield from _new_value(table, row, ask)
        else:
            instead_of = row.get("new") or "no other"
            yield Question(
                table, row, {**ask, "kind": "argument", "argument": row["old"], "instead_of": instead_of}
            )
            if row.get("new"):
                yield Question(table, row, {**ask, "kind": "argument", "argument": row["new"]}, of_new=True)


def _new_value(table: str, row: dict[str, str], ask: dict[str, object]) -> Iterator[Question]:
    """The value that takes the old one's place; `name=value` is another argument altogether."""
    if row["new"]:
        name, mark, value = row["new"].partition("=")
        known = bool(mark) and name.isidentifier()
        argument, source = (name, value) if known else (row["argument"], row["new"])
        yield Question(table, row, {**ask, "kind": "value", "argument": argument, "values": [source]}, of_new=True)


def answers(envs: Path, release: str, asked: Iterable[Question]) -> list[dict[str, str]]:
    """What a release says to the questions. Raises `EnvironmentFailed`."""
    with tempfile.TemporaryDirectory(prefix="check-arguments-") as scratch:
        question, answer = Path(scratch) / "asked.json", Path(scratch) / "told.json"
        question.write_text(json.dumps([item.ask for item in asked]), encoding="utf-8")
        command = [str(python_of(envs / release)), str(_PROBE), str(question), str(answer)]
        environment = {**os.environ, "AIRFLOW_HOME": scratch}
        done = subprocess.run(command, check=False, capture_output=True, env=environment)
        if done.returncode or not answer.exists():
            raise EnvironmentFailed(f"{release}: {done.stderr.decode(errors='replace').strip()[-500:]}")
        found: list[dict[str, str]] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def expected(question: Question, minor: str) -> set[str]:
    """The statuses that fit the row; empty where it claims nothing about the release."""
    row, two = question.row, minor.startswith("2.")
    if question.of_new:
        since = row.get("new_2x", "") if two else row.get("new_from") or "3.0"
        return {"ok", "warns"} if since and version_key(since) <= version_key(minor) else set()
    if two:
        provider = str(question.ask["name"]).startswith("airflow.providers.")
        return (
            set() if provider or str(question.ask["name"]).startswith("airflow.sdk.Variable") else {"ok", "warns"}
        )
    says = row[status_column(minor)]
    return _FITS.get(says, {says}) | ({"ok"} if _SILENT in row["evidence"] else set())


def mismatches(asked: list[Question], told: list[dict[str, str]], release: str) -> Iterator[tuple[str, ...]]:
    """Release, table, what, what the row says, what was found."""
    for question, found in zip(asked, told, strict=True):
        fits = expected(question, minor_of(release))
        if fits and found["status"] != "absent" and found["status"] not in fits:
            claim = ("new: " if question.of_new else "") + " or ".join(sorted(fits))
            yield release, question.table, question.about, claim, f"{found['status']} {found['told'][:90]}"


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--versions", default=RELEASES, show_default=True, help="Releases to try, with commas.")
@click.option("--only", help="One table.")
def main(envs: Path, versions: str, only: str | None) -> None:
    """Hold the tables of arguments and members against real Airflow releases."""
    console, wrong = Console(width=220), Table("release", "table", "what", "the table says", "found")
    asked = [question for table in ([only] if only else TABLES) for question in questions(table)]
    for release in versions.split(","):
        try:
            told = answers(envs, release, asked)
        except EnvironmentFailed as error:
            console.print(str(error), style="red", markup=False)
            sys.exit(3)
        for line in mismatches(asked, told, release):
            wrong.add_row(*line)
        hows = Counter(found["how"] or "absent" for found in told)
        console.print(f"{release}: {', '.join(f'{count} {how}' for how, count in sorted(hows.items()))}")
    if wrong.row_count:
        console.print(wrong)
    console.print(f"{wrong.row_count} mismatches")
    sys.exit(1 if wrong.row_count else 0)


if __name__ == "__main__":
    main()
