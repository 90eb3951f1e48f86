"""Hold the tool against its own tables: is every name found, in every form in which code can reach it?

    python scripts/sweep_names.py [--sample 200] [--targets 3.0,3.3] [--forms "star;patch"] [--show 20]

Writes small projects, one for each target and slice of rows, checks each with one start of the tool, and compares
findings with the marks in `sweep_forms.py`: right file, right line, right severity, and nothing anywhere else.
Exits with 1 where less than 99.5 % of a form's findings are there and right, or where a form has false alarms.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from name_tables import ROOT, in_force, load_rows, thin_out
from rich.console import Console
from rich.table import Table
from sweep_forms import FORMS, MARK, Fact, Facts, Form

SLICE = 1200  # rows in one project: keeps the tool's report below some 100 MB
PACK = 50  # snippets in one file
LEAST = 0.995


@dataclass(frozen=True)
class Line:
    """A line of a generated file: the form and name it is about, and the severities that are right there."""

    form: str
    old: str
    code: str
    right: frozenset[str]  # "" stands for: no finding


@dataclass
class Pack:
    """Snippets that go into the same files: none binds a name that another one binds."""

    taken: set[str] = field(default_factory=set)
    size: int = 0
    files: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Count:
    """What became of one form."""

    expected: int = 0
    found: int = 0
    wrong: int = 0
    false: int = 0
    lines: int = 0

    @property
    def share(self) -> float:
        """Right findings among those expected."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def passes(self) -> bool:
        """Whether the form is as good as it has to be."""
        return self.share >= LEAST and self.false <= (1 - LEAST) * self.lines


def packs_of(form: Form, facts: Iterable[Fact], names_under: dict[str, set[str]]) -> Iterator[Pack]:
    """All snippets of a form, in as few files as can be."""
    packs: list[Pack] = []
    for fact in facts:
        if not form.applies(fact):
            continue
        binds = {fact.name} | (names_under[fact.module] if "import *" in form.text else set())
        for pack in packs:
            if pack.size < PACK and not pack.taken & binds:
                break
        else:
            packs.append(pack := Pack())
        _add(pack, form, fact, len(packs) if pack is packs[-1] else packs.index(pack) + 1)
        pack.taken |= binds
    yield from packs


def _add(pack: Pack, form: Form, fact: Fact, number: int) -> None:
    word = "".join(c if c.isalnum() else "_" for c in form.name)
    values = fact.values(f"{word}_{number}", f"u{pack.size}")
    pack.size += 1
    file = f"dags/{word}_{number}.py"
    for raw in form.text.strip("\n").splitlines():
        if raw.startswith("--- "):
            file = raw[4:].format(**values)
            continue
        code, _, mark = raw.partition(MARK)
        right = fact.right(mark.strip()) if mark else frozenset({""})
        pack.files[file].append(Line(form.name, fact.old, code.rstrip().format(**values), right))


def write_project(
    folder: Path, forms: list[Form], facts: list[Fact], names_under: dict[str, set[str]]
) -> dict[str, list[Line]]:
    """One project with all forms of these facts; returns its files."""
    files: dict[str, list[Line]] = {"upgradecheck.toml": []}
    for form in forms:
        for pack in packs_of(form, facts, names_under):
            files.update(pack.files)
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line.code}\n" for line in lines), encoding="utf-8")
    return files


def findings(folder: Path, target: str, rules: Iterable[str]) -> dict[tuple[str, int], set[str]]:
    """What the tool says of a project: (file, line) → severities."""
    command = [sys.executable, "-m", "upgradecheck", "check", "--format", "json", "--no-cache", "--no-progress"]
    command += ["--target", target, "--fail-on", "never", *(part for r in rules for part in ("--select", r)), "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    reported = json.loads(done.stdout) if done.returncode in (0, 3) else []
    unread = [f"{f['file']}:{f['line']}: {f['message']}" for f in reported if f["rule_id"] == "UnreadableFileRule"]
    if done.returncode or unread:
        raise click.ClickException(f"upgradecheck: {done.returncode}: {unread[:3]} {done.stderr[-2000:]}")
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for finding in reported:
        found[finding["file"], finding["line"]].add(finding["severity"])
    return found


def worst(severities: set[str]) -> str:
    """The highest severity on a line; advice counts as nothing unless it is alone."""
    return next((s for s in ("ERROR", "WARNING", "INFO") if s in severities), "")


class Tally:
    """Counts for each form, and the first lines that went wrong."""

    def __init__(self, show: int) -> None:
        self.show = show
        self.counts: dict[str, Count] = {form.name: Count() for form in FORMS}
        self.wrong: dict[str, list[str]] = defaultdict(list)

    def judge(self, line: Line, got: str, place: str) -> None:
        """Compare one line's severity with those that are right there."""
        count = self.counts[line.form]
        count.lines += 1
        expected = "" not in line.right
        count.expected += expected
        if got in line.right or (got == "INFO" and "" in line.right):
            count.found += expected
            return
        if not expected:
            count.false += 1
        elif got:
            count.wrong += 1
        if len(self.wrong[line.form]) < self.show:
            right = "/".join(sorted(s or "nothing" for s in line.right))
            text = f"{line.old}: expected {right}, got {got or 'nothing'}: {line.code.strip()}"
            self.wrong[line.form].append(f"{place}: {text}")

    def table(self) -> Table:
        """The counts, form by form."""
        table = Table(title="Every name in every form")
        for title in ("form", "expected", "found", "%", "missed", "wrong severity", "false alarms", "lines"):
            table.add_column(title, justify="left" if title == "form" else "right")
        for name, c in self.counts.items():
            if c.lines:
                missed = c.expected - c.found - c.wrong
                cells = (c.expected, c.found, f"{c.share:.2%}", missed, c.wrong, c.false, c.lines)
                table.add_row(name, *map(str, cells))
        return table

    def passes(self) -> bool:
        """Whether every form is as good as it has to be."""
        return all(count.passes for count in self.counts.values())


def sweep(target: str, olds: set[str], forms: list[Form], tally: Tally, folder: Path) -> int:
    """Check one target; returns how many times the tool was started."""
    rows = in_force(load_rows(ROOT / "rules"), target)
    known = Facts(load_rows(ROOT / "rules"), target)
    chosen = [known.fact(row) for row in sorted(rows, key=lambda row: row.old) if row.old in olds]
    names_under: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        names_under[row.old.rpartition(".")[0]].add(row.old.rpartition(".")[2])
    starts = range(0, len(chosen), SLICE)
    for start in starts:
        project = folder / f"{target}_{start}"
        files = write_project(project, forms, chosen[start : start + SLICE], names_under)
        found = findings(project, target, known.rules)
        for file, lines in files.items():
            for number, line in enumerate(lines, 1):
                tally.judge(line, worst(found.pop((file, number), set())), f"{project}/{file}:{number}")
        if found:
            raise click.ClickException(f"findings where there is no line: {sorted(found)[:3]}")
    return len(starts)


def _told_by_use() -> set[str]:
    """Names whose severity hangs on what code does with them (tests/test_now_modules.py)."""
    with (ROOT / "rules/tables/now_modules.csv").open(newline="", encoding="utf-8") as file:
        return {row["name"] for row in csv.DictReader(file)}


@click.command()
@click.option("--sample", type=int, help="Only so many rows, evenly spread, always the same.")
@click.option("--targets", default="3.0,3.1,3.2,3.3", show_default=True)
@click.option("--forms", default="", help="Only these forms, by name, with semicolons between.")
@click.option("--show", default=5, show_default=True, help="So many wrong lines of each form.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the projects here and leave them.")
def main(sample: int | None, targets: str, forms: str, show: int, keep: Path | None) -> None:
    """Is every name of the tables found in every form in which code can reach it?"""
    chosen = [form for form in FORMS if not forms or form.name in forms.split(";")]
    olds = set(thin_out([row.old for row in load_rows(ROOT / "rules") if row.old not in _told_by_use()], sample))
    tally, starts = Tally(show), Counter[str]()
    with tempfile.TemporaryDirectory() as scratch:
        for target in targets.split(","):
            starts[target] = sweep(target, olds, chosen, tally, keep or Path(scratch))
    console = Console(width=None if sys.stdout.isatty() else 160)
    for name, wrong in tally.wrong.items():
        for text in wrong:
            console.print(f"{name}: {text}", markup=False, soft_wrap=True)
    console.print(tally.table())
    console.print(f"{len(olds)} names, {sum(starts.values())} starts of the tool")
    if not tally.passes():
        sys.exit(1)


if __name__ == "__main__":
    main()
