"""Compare a new Airflow release with the name tables and propose the lines that should change.

    python scripts/introspect_release.py 3.4.0 --previous 3.3.2 --envs /tmp/airflow-envs

Measures every old and every new name in the new release (and in the previous one), walks its public modules,
and prints what it found, each finding with a ready CSV line of the table it belongs in. Where the tables have
no column for the release yet, the line carries the new status after the last one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, Probed, ensure, probe
from name_tables import FIELDS, ROOT, NameRow, csv_line, in_force, load_rows, minor_of, status_column, table_of
from rich.console import Console


@dataclass(frozen=True)
class Proposal:
    """One line to write, and why."""

    why: str
    table: str
    name: str
    line: str


def fields_with(minor: str) -> list[str]:
    """The columns of a table once `minor` has its own, after the last status there is."""
    column = status_column(minor)
    if column in FIELDS:
        return list(FIELDS)
    last = max(index for index, name in enumerate(FIELDS) if name[0] == "s" and name[1:].isdigit())
    return [*FIELDS[: last + 1], column, *FIELDS[last + 1 :]]


def line_for(row: NameRow, minor: str, status: str) -> str:
    """The row as it would read with this status in `minor`."""
    return csv_line({**row.cells, status_column(minor): status}, fields_with(minor))


def changed_statuses(rows: list[NameRow], now: Probed, before: str) -> Iterator[Proposal]:
    """Old names that the release treats otherwise than the table says (or than the release before)."""
    minor = minor_of(now.version)
    for row in rows:
        found = now.status(row.old) if row.old in now.results else "not installed"
        says = row.status(minor) or row.status(before)
        same = found == says or (says == "changed" and found != "broken")
        if same or found == "not installed" or "not_installed_unknown" in row.cells["evidence"]:
            continue
        yield Proposal(f"{says} before, {found} now", row.table, row.old, line_for(row, minor, found))


def lost_replacements(rows: list[NameRow], now: Probed) -> Iterator[Proposal]:
    """Rows whose replacement no longer imports: a further row with another home is needed."""
    minor = minor_of(now.version)
    for row in in_force(rows, minor):
        if not row.new or row.new not in now.results or now.lacks(row.provider):
            continue
        if now.status(row.new) == "broken":
            changed = {**row.cells, "new": "", "new_from": minor, "safety": "none", "provider": ""}
            cells = {**changed, "reason": "TODO: find its new home", status_column(minor): now.status(row.old)}
            line = csv_line(cells, fields_with(minor))
            yield Proposal(f"its new home {row.new} is gone", table_of(row.old, []), row.old, line)


def new_breakage(known: set[str], now: Probed, then: Probed) -> Iterator[Proposal]:
    """Public names of the previous release, in no table yet, that are gone or warn now."""
    minor, before = minor_of(now.version), minor_of(then.version)
    for name, result in sorted(then.results.items()):
        found = now.status(name) if name in now.results else ""
        if name in known or result["status"] != "ok" or found not in ("warns", "broken"):
            continue
        home = now.results[name]["warning"]
        cells = dict.fromkeys(fields_with(minor), "")  # older minors stay empty: they were not measured
        cells.update(old=name, kind=result["kind"], safety="none", reason=home or "TODO")
        cells.update(evidence=f"introspected_{minor}")
        cells.update({status_column(before): "ok", status_column(minor): found})
        yield Proposal(f"{found}, new", table_of(name, []), name, csv_line(cells, fields_with(minor)))


def come_back(rows: list[NameRow], walked: set[str]) -> Iterator[str]:
    """Last names of names without a replacement that the release holds somewhere in public."""
    homes: dict[str, list[str]] = {}
    for name in sorted(walked):
        homes.setdefault(name.rpartition(".")[2], []).append(name)
    for row in rows:
        last = row.old.rpartition(".")[2]
        if row.new or row.cells["kind"] not in ("class", "function") or row.latest_status != "broken":
            continue
        found = [home for home in homes.get(last, ()) if home != row.old]
        if found:
            yield f"{row.old}: perhaps {', '.join(found[:3])}"


def show(console: Console, title: str, proposals: list[Proposal]) -> None:
    """Print proposals, the line below the reason."""
    console.rule(f"{title}: {len(proposals)}")
    for item in proposals:
        console.print(f"{item.table}: {item.name}: {item.why}", highlight=False, markup=False)
        console.print(item.line, style="cyan", highlight=False, markup=False, soft_wrap=True)


def measured(
    envs: Path, version: str, previous: str, python: str, rows: list[NameRow]
) -> tuple[Probed, Probed, set[str]]:
    """Both releases probed for the tables' names and for all public names of either; and what the new one has."""
    providers = {row.provider for row in rows if row.provider}
    names = {row.old for row in rows} | {row.new for row in rows if row.new}
    now_env, then_env = (ensure(envs, wanted, providers, python) for wanted in (version, previous))
    then = probe(then_env, names, walk=True)
    now = probe(now_env, names | set(then.results), walk=True)
    walked = {name for name in now.results if name not in then.results or name not in names}
    return now, then, {name for name in walked if now.status(name) == "ok"}


@click.command()
@click.argument("version")
@click.option("--previous", required=True, help="The release before, which the tables know.")
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--rules", type=click.Path(path_type=Path), default=ROOT / "rules", help="Folder of the tables.")
@click.option("--python", default="3.11", show_default=True, help="Python of new environments.")
def main(version: str, previous: str, envs: Path, rules: Path, python: str) -> None:
    """Propose table lines for an Airflow release."""
    console = Console(width=160)
    rows = load_rows(rules)
    known = {row.old for row in rows}
    try:
        now, then, walked = measured(envs, version, previous, python, rows)
    except EnvironmentFailed as error:
        console.print(str(error), style="red")
        sys.exit(3)
    show(console, "status changed", list(changed_statuses(rows, now, minor_of(previous))))
    show(console, "new home gone", list(lost_replacements(rows, now)))
    show(console, "gone or warning, in no table", list(new_breakage(known, now, then)))
    homes = sorted(set(come_back(rows, walked)))
    console.rule(f"without replacement so far, but the last name is public: {len(homes)}")
    for line in homes:
        console.print(line, highlight=False, markup=False)


if __name__ == "__main__":
    main()
