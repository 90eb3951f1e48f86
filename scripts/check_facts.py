"""Hold the name tables against a folder of facts: is every known name in one table, with its status and safety?

    python scripts/check_facts.py ../facts [--show 40]

The folder holds `symbols.csv` (a line for each name of Airflow that is not simply fine) and
`provider-symbols.json` (the same for providers). No Airflow is asked: where a table says otherwise than the
facts and its row was measured again, the difference is told but is no gap.
Exits with 1 where a name is missing, stands in the wrong table, or is called what the facts deny.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from name_tables import ROOT, NameRow, load_rows, table_of
from rich.console import Console

MINORS = ("3.0", "3.1", "3.2", "3.3")
_STATUSES = {
    "ok": "ok",
    "warns": "warns",
    "missing_name": "broken",
    "missing_module": "broken",
    "error": "broken",
    "not_installed": "",
}
_MEASURED = ("status_checked", "not_installed_unknown")  # the row was looked at where the facts were odd
_SAME = ("identity_", "old_release_compared", "members_checked", "value_", "similarity_1")


@dataclass(frozen=True)
class Fact:
    """What is known of one name."""

    name: str
    statuses: tuple[str, ...]  # one a minor, in the tables' words; empty where it is not known
    new: str
    new_ok: bool  # its replacement imports on the last minor
    similarity: float
    changed: bool
    private: bool


@dataclass(frozen=True)
class Gap:
    """A name of which the tables say something else than the facts."""

    kind: str
    name: str
    says: str
    fact: str
    known: bool = False  # measured again since: told, but no failure


def load_facts(folder: Path) -> list[Fact]:
    """Both files as one list."""
    with (folder / "symbols.csv").open(newline="", encoding="utf-8") as file:
        facts = [_of_symbol(line) for line in csv.DictReader(file)]
    providers = json.loads((folder / "provider-symbols.json").read_text(encoding="utf-8"))
    return facts + [_of_provider(entry) for entry in providers]


def _of_symbol(line: dict[str, str]) -> Fact:
    statuses = [_STATUSES[line["in_" + minor.replace(".", "_")]] for minor in MINORS]
    return Fact(
        name=line["symbol"],
        statuses=tuple(statuses),
        new=line["replacement"],
        new_ok=line["replacement_imports_in_3_3"] == "yes",
        similarity=float(line["similarity"] or 1),
        changed=bool(line["changed_object"]),
        private=bool(line["private_home"]),
    )


def _of_provider(entry: dict[str, Any]) -> Fact:
    similarity = entry.get("similarity")
    return Fact(
        name=f"{entry['module']}.{entry['name']}",
        statuses=tuple(_STATUSES[entry["status"][minor]] for minor in MINORS),
        new=entry["replacement"] or "",
        new_ok=bool(entry["replacement_verified"]),
        similarity=1.0 if similarity is None else float(similarity),
        changed=False,
        private=False,
    )


def table_gaps(name: str, rows: list[NameRow]) -> Iterator[Gap]:
    """Exactly one table, and that by the order of precedence."""
    stands = sorted({row.table for row in rows})
    belongs = table_of(name, [row.new for row in rows])
    if stands != [belongs]:
        yield Gap("table", name, " ".join(stands), belongs)


def status_gaps(fact: Fact, rows: list[NameRow]) -> Iterator[Gap]:
    """The same status as the facts on every minor, in every row of the name."""
    for index, minor in enumerate(MINORS):
        knows = "changed" if fact.changed and index == len(MINORS) - 1 else fact.statuses[index]
        for row in rows:
            says = row.status(minor)
            if knows and says != knows:
                known = any(word in row.cells["evidence"] for word in _MEASURED)
                known |= fact.changed and {says, knows} == {"changed", "warns"}
                yield Gap("status", f"{fact.name} ({minor})", says, knows, known)


def safety_gaps(fact: Fact, rows: list[NameRow]) -> Iterator[Gap]:
    """No safe fix to a changed object, a private home, or one with other members, unless that was looked into."""
    for row in rows:
        if row.cells["safety"] != "safe":
            continue
        evidence = row.cells["evidence"]
        if fact.changed:
            yield Gap("safety", fact.name, f"safe: {row.new}", "another object")
        if any(part.startswith("_") and not part.endswith("__") for part in row.new.split(".")):
            yield Gap("safety", fact.name, f"safe: {row.new}", "its home is private")
        if fact.similarity < 1 and not any(word in evidence for word in _SAME):
            yield Gap("safety", fact.name, f"safe: {row.new}", f"similarity {fact.similarity}")


def new_gaps(fact: Fact, rows: list[NameRow]) -> Iterator[Gap]:
    """A replacement that imports is either taken up, or another one or a reason stands in its place."""
    needed = fact.new and fact.new_ok and not set(fact.statuses) <= {"ok", ""}
    if not needed or fact.new in {row.new.replace(":", ".") for row in rows}:
        return
    said = next((row.new for row in rows if row.new), "") or rows[-1].cells["reason"]
    yield Gap("new", fact.name, said, fact.new, known=bool(said))


def gaps(facts: list[Fact], tables: dict[str, list[NameRow]]) -> Iterator[Gap]:
    """Every difference, name by name."""
    for fact in facts:
        rows = tables.get(fact.name)
        if not rows:
            yield Gap("missing", fact.name, "", " ".join(fact.statuses))
            continue
        for differences in (status_gaps, safety_gaps, new_gaps):
            yield from differences(fact, rows)
    for name, rows in tables.items():
        yield from table_gaps(name, rows)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rules", type=click.Path(path_type=Path), default=ROOT / "rules", help="Folder of the tables.")
@click.option("--show", type=int, default=40, show_default=True, help="Print at most that many of a kind.")
def main(folder: Path, rules: Path, show: int) -> None:
    """Hold the name tables against the facts of FOLDER."""
    console = Console(width=200, highlight=False)
    tables: dict[str, list[NameRow]] = defaultdict(list)
    for row in load_rows(rules):
        tables[row.old].append(row)
    facts = load_facts(folder)
    found = list(gaps(facts, tables))
    names = {fact.name for fact in facts}
    console.print(f"{len(names)} names in the facts, {len(tables)} in the tables")
    for (kind, known), count in sorted(Counter((gap.kind, gap.known) for gap in found).items()):
        console.rule(f"{kind}: {count}{' measured again or another choice' if known else ''}")
        for gap in [gap for gap in found if (gap.kind, gap.known) == (kind, known)][:show]:
            console.print(f"{gap.name}: the table says {gap.says or 'nothing'}; known: {gap.fact}", markup=False)
    wrong = sum(not gap.known for gap in found)
    console.print(f"{wrong} gaps")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
