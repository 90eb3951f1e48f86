"""Hold the tool against ruff's Airflow fixtures: does it say something wherever ruff does?

    python scripts/sweep_ruff.py ruff/…/resources/test/fixtures/airflow ruff/…/rules/airflow/snapshots [--show 20]

Needs a checkout of ruff; nothing of it is kept here. Ruff marks the use of a name, we mark the import that brings
it: a diagnostic counts as met where a finding stands on its line and names it, or on that import. What ruff says
of arguments, context keys, methods and plugin attributes is counted apart from what it says of names. Misses that
have a reason, checked on real Airflow, are listed with it in `sweep_ruff.csv`. Exits with 1 where less than 97 % of
a code's names are met or have a reason.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
import string
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from upgradecheck.python.scopes import Module, Reference
from upgradecheck.python.scopewalk import scan

CODES = ("AIR301", "AIR302", "AIR303", "AIR311", "AIR312", "AIR321")
NAMES = {"AIR301", "AIR302", "AIR311", "AIR312", "AIR321"}
LEAST = 0.97
_SAID = re.compile(r"^(AIR\d+) (?:\[\*\] )?(.+)\n *--> (\S+\.py):(\d+):(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Diagnostic:
    """One thing that ruff says."""

    code: str
    file: str
    line: int
    column: int
    text: str

    @property
    def subject(self) -> str:
        """What it is about, as ruff spells it."""
        return self.text.partition("`")[2].partition("`")[0]


@dataclass(frozen=True)
class Verdict:
    """A diagnostic, the names that stand at its place, whether we say so too, and why not where that is known."""

    diagnostic: Diagnostic
    names: tuple[str, ...]
    met: bool
    reason: str

    @property
    def kind(self) -> str:
        """What it is about: a name of Airflow's, or something else."""
        return "names" if self.names and self.diagnostic.code in NAMES else "other"


def diagnostics(snapshots: Path) -> list[Diagnostic]:
    """All that the snapshots hold, less what is no matter of an upgrade."""
    found = []
    for path in sorted(snapshots.glob("*.snap")):
        for code, text, file, line, column in _SAID.findall(path.read_text("utf-8")):
            if code in CODES:
                found.append(Diagnostic(code, file, int(line), int(column), text))
    return found


class Fixture:
    """One of ruff's files, with what its names stand for."""

    def __init__(self, path: Path) -> None:
        text = path.read_text("utf-8")
        self.module: Module = scan(ast.parse(text))
        self.lines = text.splitlines()

    def at(self, line: int, column: int) -> Iterator[tuple[str, int]]:
        """The imported names that are spelled at a place, each with the line of the import that brings it."""
        column += self.lines[line - 1].startswith("@", column - 1)
        for node, _, _ in self.module.imports:
            for alias in node.names:
                if alias.lineno == line and alias.col_offset < column <= (alias.end_col_offset or 0):
                    module = node.module if isinstance(node, ast.ImportFrom) else ""
                    yield ".".join(filter(None, (module, alias.name))), line
        longest = max((r for r in self.module.references if _covers(r, line, column)), key=_length, default=None)
        for dotted, binding in self.module.targets(longest) if longest else ():
            if isinstance(binding.node, ast.Import | ast.ImportFrom):
                yield dotted, binding.node.names[binding.alias].lineno


def _covers(reference: Reference, line: int, column: int) -> bool:
    first, last = reference.nodes[0], reference.nodes[-1]
    if reference.text is not None or not isinstance(last, ast.Name | ast.Attribute):
        return False
    start, end = (first.lineno, first.col_offset), (last.end_lineno or 0, last.end_col_offset or 0)
    return start <= (line, column - 1) < end


def _length(reference: Reference) -> int:
    return len(reference.attributes)


def findings(folder: Path, target: str) -> dict[tuple[str, int], set[str]]:
    """What we say: (file, line) → subjects, and what else the messages name."""
    command = [sys.executable, "-m", "upgradecheck", "check", "--format", "json", "--no-cache", "--no-progress"]
    command += ["--run-all", "--target", target, "--fail-on", "never", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise click.ClickException(f"upgradecheck: {done.returncode}: {done.stderr[-2000:]}")
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for finding in json.loads(done.stdout):
        named = re.findall(r"`([^`]+)`", finding["message"])
        found[finding["file"], finding["line"]].update([finding["subject"], *named])
    return found


def judged(
    said: Iterable[Diagnostic], fixtures: Path, found: dict[tuple[str, int], set[str]], reasons: dict[str, str]
) -> Iterator[Verdict]:
    """Each diagnostic beside our findings."""
    files: dict[str, Fixture] = {}
    for diagnostic in said:
        fixture = files.setdefault(diagnostic.file, Fixture(fixtures / diagnostic.file))
        places = [p for p in fixture.at(diagnostic.line, diagnostic.column) if p[0].startswith("airflow")]
        told = [_same(found.get((diagnostic.file, line), set()), dotted) for dotted, line in places]
        here = found.get((diagnostic.file, diagnostic.line), set())
        met = any(told) or any(_bare(diagnostic.subject) in re.split(r"\W", s) for s in here)
        names = tuple(dict.fromkeys(dotted for dotted, _ in places))
        if diagnostic.subject not in {n for name in names for n in (name, name.rpartition(".")[2])}:
            names = () if diagnostic.subject.isidentifier() else names
        reason = next(
            (
                reasons[name]
                for name in (*names, diagnostic.subject, f"{diagnostic.file}:{diagnostic.subject}")
                if name in reasons
            ),
            "",
        )
        yield Verdict(diagnostic, names, met, reason)


def _bare(subject: str) -> str:
    """The last name of what is dotted; of an entry, what it is one of."""
    return re.split(
        r"\W", subject.rpartition(".")[2] if subject.endswith(tuple(string.ascii_letters)) else subject
    )[0]


def _same(subjects: set[str], dotted: str) -> bool:
    return any(f"{dotted}.".startswith(f"{s}.") or f"{s}.".startswith(f"{dotted}.") for s in subjects)


def known_reasons() -> dict[str, str]:
    """Name → why nothing is said of it, or why ruff is wrong."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        return {row["name"]: row["reason"] for row in csv.DictReader(lines)}


def shares(verdicts: list[Verdict]) -> tuple[Table, bool]:
    """Per code and kind how many are met, and whether that is enough."""
    table, enough = Table(title="What ruff says, and whether we do"), True
    for title in ("code", "kind", "diagnostics", "met", "%", "missed, with a reason", "missed"):
        table.add_column(title, justify="left" if title in ("code", "kind") else "right")
    counts = Counter((v.diagnostic.code, v.kind) for v in verdicts)
    for (code, kind), count in sorted(counts.items()):
        missed = [v for v in verdicts if (v.diagnostic.code, v.kind) == (code, kind) and not v.met]
        explained, met = sum(bool(v.reason) for v in missed), count - len(missed)
        cells = (count, met, f"{met / count:.1%}", explained, len(missed) - explained)
        table.add_row(code, kind, *map(str, cells))
        enough = enough and (kind != "names" or (met + explained) / count >= LEAST)
    return table, enough


@click.command()
@click.argument("fixtures", type=click.Path(exists=True, path_type=Path))
@click.argument("snapshots", type=click.Path(exists=True, path_type=Path))
@click.option("--target", default="3.3", show_default=True)
@click.option("--show", default=20, show_default=True, help="So many misses without a reason, of each kind.")
def main(fixtures: Path, snapshots: Path, target: str, show: int) -> None:
    """Do we say something wherever ruff does?"""
    with tempfile.TemporaryDirectory() as scratch:
        for path in fixtures.glob("*.py"):
            shutil.copy(path, scratch)
        (Path(scratch) / "upgradecheck.toml").touch()
        verdicts = list(judged(diagnostics(snapshots), fixtures, findings(Path(scratch), target), known_reasons()))
    console = Console(width=None if sys.stdout.isatty() else 160)
    for kind in ("names", "other"):
        for v in [v for v in verdicts if v.kind == kind and not v.met and not v.reason][:show]:
            d = v.diagnostic
            text = f"{kind}: {d.file}:{d.line}:{d.column}: {d.code} `{d.subject}`"
            console.print(text, markup=False, soft_wrap=True)
    for name, reason in sorted({(v.diagnostic.subject, v.reason) for v in verdicts if v.reason and not v.met}):
        console.print(f"{name}: {reason}", markup=False, soft_wrap=True)
    table, enough = shares(verdicts)
    console.print(table)
    if not enough:
        sys.exit(1)


if __name__ == "__main__":
    main()
