"""Hold the name tables against real Airflow: does every `new` import, is every old name as its row says?

    python scripts/check_names.py --envs /tmp/airflow-envs [--old] [--sample 200] [--versions 3.3.2]

Exits with 1 where a table and a release disagree, with 3 where an environment could not be had.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, Probed, ensure, probe
from name_tables import BRIDGES, ROOT, TABLES, NameRow, in_force, load_rows, minor_of, thin_out
from rich.console import Console
from rich.table import Table

_ALIKE = ({"class", "constant"}, {"class", "function"})
RELEASES = "3.0.6,3.1.8,3.2.2,3.3.2"


@dataclass(frozen=True)
class Mismatch:
    """A name of which a table says one thing and a release another."""

    version: str
    table: str
    name: str
    says: str
    found: str


def new_mismatches(rows: list[NameRow], probed: Probed) -> Iterator[Mismatch]:
    """Replacements that do not import, each with the old name that sends people there."""
    for row in rows:
        if row.new not in probed.results or probed.lacks(row.provider):
            continue
        if probed.status(row.new) == "broken":
            error = probed.results[row.new]["error"]
            yield Mismatch(probed.version, row.table, row.new, f"new of {row.old}", error)


def kind_mismatches(rows: list[NameRow], probed: Probed) -> Iterator[Mismatch]:
    """Replacements that count as the same, and are another kind of thing than what the old name hands back here.

    A class may be the same as a constant (`collections.abc.Iterable` and `typing.Iterable`), or as the function
    that makes it.
    """
    for row in rows:
        old, new = (probed.results.get(name, {}).get("kind") for name in (row.old, row.new))
        same = row.cells["safety"] == "safe" and row.status(minor_of(probed.version)) != "changed"
        if same and old and new and old != new and {old, new} not in _ALIKE:
            found = f"{new}, and the old name is a {old}"
            yield Mismatch(probed.version, row.table, row.new, f"new of {row.old}", found)


def old_mismatches(rows: list[NameRow], probed: Probed) -> Iterator[Mismatch]:
    """Old names whose status in the release is not the one of the table."""
    minor = minor_of(probed.version)
    for old, row in {row.old: row for row in rows}.items():
        says = row.status(minor)
        if not says or old not in probed.results or "not_installed_unknown" in row.cells["evidence"]:
            continue
        found = "changed" if another_object(row, probed.results[old]) else probed.status(old)
        fits = found == says or found == "not installed" or (says == "changed" and found != "broken")
        if not fits:
            result = probed.results[old]
            yield Mismatch(probed.version, row.table, old, says, f"{found} {result['error'] or result['warning']}")


def another_object(row: NameRow, result: dict[str, str]) -> bool:
    """Whether a name that imports hands back something of another kind than it did."""
    was, now = row.cells["kind"], result["kind"]
    return {was, now} == {"class", "function"} or (now == "module" and was in ("class", "function", "constant"))


def not_installed(rows: list[NameRow], probed: Probed) -> dict[str, str]:
    """Replacements that could not be tried, each with what is missing."""
    missing: dict[str, str] = {}
    for row in rows:
        if row.new not in probed.results:
            continue
        if probed.lacks(row.provider):
            missing[row.new] = row.provider
        elif probed.status(row.new) == "not installed":
            missing[row.new] = probed.results[row.new]["missing"]
    return missing


def show(console: Console, mismatches: list[Mismatch]) -> None:
    """Print the mismatches as a table."""
    table = Table("release", "table", "name", "the table says", "found", show_lines=False)
    for item in mismatches:
        table.add_row(item.version, item.table, item.name, item.says, item.found)
    console.print(table)


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--versions", default=RELEASES, show_default=True, help="Releases to try, with commas.")
@click.option("--sample", type=int, help="Try only that many names, always the same ones.")
@click.option("--old", is_flag=True, help="Measure the statuses of the old names too.")
@click.option("--rules", type=click.Path(path_type=Path), default=ROOT / "rules", help="Folder of the tables.")
@click.option("--python", default="3.11", show_default=True, help="Python of new environments.")
def main(envs: Path, versions: str, sample: int | None, old: bool, rules: Path, python: str) -> None:
    """Hold the name tables against real Airflow releases."""
    console = Console(width=200)
    rows = load_rows(rules, (*TABLES, BRIDGES))
    providers = {row.provider for row in rows if row.provider}
    mismatches: list[Mismatch] = []
    for version in versions.split(","):
        force = in_force(rows, minor_of(version))
        names = thin_out([row.new for row in force if row.new], sample)
        if old:
            names += thin_out([row.old for row in rows], sample)
        try:
            probed = probe(ensure(envs, version, providers, python), names)
        except EnvironmentFailed as error:
            console.print(f"{version}: {error}", style="red")
            sys.exit(3)
        mismatches += new_mismatches(force, probed)
        mismatches += [*old_mismatches(rows, probed), *kind_mismatches(force, probed)] if old else ()
        report(console, probed, not_installed(force, probed))
    if mismatches:
        show(console, mismatches)
    console.print(f"{len(mismatches)} mismatches")
    sys.exit(1 if mismatches else 0)


def report(console: Console, probed: Probed, missing: dict[str, str]) -> None:
    """Say what was tried, and name everything that could not be."""
    counts = Counter(probed.status(name) for name in probed.results)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    console.print(f"{probed.version}: {len(probed.results)} names: {told}; new not installed: {len(missing)}")
    for name, package in sorted(missing.items()):
        console.print(f"    not installed: {name} ({package})", style="yellow", highlight=False)


if __name__ == "__main__":
    main()
