"""Prove the tool on projects that others wrote, with real Airflow as the judge.

    python scripts/sweep_repos.py CHECKOUTS --work FOLDER --oracle 'load.py {version} {tree} --out {out}'

CHECKOUTS holds one folder a project. The oracle loads all DAG files of a folder on a version of Airflow and writes
JSON lines (see `loaded.py`). Each project is loaded as it is on 2.x and 3.x, after `--fix` and after
`--fix --unsafe-fixes` on 3.x; with `--modes safe,bridge` after `--fix --bridge` on both. What the unfixed project
gave is kept in FOLDER, for it takes long.
Exits with 1 where a fix broke a promise.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from loaded import Loaded, Named, about_a_name, named
from rich.console import Console
from rich.table import Table
from sweep_wheels import compiles, pyflakes, run

MODES = {"safe": ("--fix",), "unsafe": ("--fix", "--unsafe-fixes"), "bridge": ("--fix", "--bridge")}


@dataclass
class Fixed:
    """A project after `--fix`: what loads, what is left, which promises broke."""

    good: frozenset[str]
    left: Named
    broken: dict[str, list[str]]

    @property
    def loads(self) -> int:
        """How many of the files that load on 2.x load on 3.x now."""
        return len(self.good)


@dataclass
class Verdict:
    """One project. `base` are the files that load on 2.x: they are what is counted."""

    name: str
    base: int
    loads: int
    places: Named
    false_alarms: list[str]
    fixed: dict[str, Fixed] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """Where the sweep works and how it asks Airflow."""

    work: Path
    oracle: str
    before: str
    after: str

    def load(self, tree: Path, version: str, keep: bool = False) -> Loaded:
        """Load the project in `tree`; with `keep`, once and for all."""
        out = tree.parent / f"{tree.name}-{version}.jsonl"
        done = out.with_suffix(".done")
        if not (keep and done.exists()):
            words = {"version": version, "tree": str(tree), "out": str(out)}
            command = [word.format(**words) for word in shlex.split(self.oracle)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            done.touch()
        return Loaded.read(out)


def copy(source: Path, tree: Path) -> None:
    """A fresh copy that is a project, and a checkout, of its own: git tracks all that it holds."""
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(source, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    if not (tree / "pyproject.toml").exists():
        (tree / "upgradecheck.toml").touch()
    for words in (["init", "--quiet"], ["add", "--all", "--force", "."]):
        subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True)


def judge(bench: Bench, source: Path, modes: list[str]) -> Verdict:
    """Everything about one project."""
    folder = bench.work / source.name
    unfixed = folder / "unfixed"
    if not unfixed.exists():
        copy(source, unfixed)
    old, new = bench.load(unfixed, bench.before, keep=True), bench.load(unfixed, bench.after, keep=True)
    findings = run(unfixed, "--run-all", "--target", bench.after)
    (folder / "findings.json").write_text(json.dumps(findings, indent=1), "utf-8")
    stops = new.stops(old.good)
    places = named(stops, findings, unfixed)
    fine = old.good & new.good
    alarms = [f for f in findings if f["severity"] == "ERROR" and f["file"] in fine]
    said = [f"{f['file']}:{f['line']}: {f['rule_id']}[{f['subject']}]" for f in alarms]
    verdict = Verdict(source.name, len(old.good), len(fine), places, said)
    for mode in modes:
        verdict.fixed[mode] = fixed(bench, unfixed, folder / mode, mode, (old, new))
    return verdict


def fixed(bench: Bench, unfixed: Path, tree: Path, mode: str, loads: tuple[Loaded, Loaded]) -> Fixed:
    """Fix a copy, load it, and hold the fix to its promises."""
    old, new = loads
    copy(unfixed, tree)
    options = ["--run-all", "--target", bench.after]
    run(tree, *options, *MODES[mode])
    once = contents(tree)
    run(tree, *options, *MODES[mode])
    again = contents(tree)
    now = bench.load(tree, bench.after)
    before = contents(unfixed)
    changed = [name for name in once if once[name] != before.get(name)]
    broken = {
        "stays loadable": sorted((old.good & new.good) - now.good),
        "compiles": [name for name in changed if compiles(before[name]) and not compiles(once[name])],
        "nothing undefined": [
            f"{n}: {w}" for n, w in pyflakes(tree) - pyflakes(unfixed) if w.startswith("undefined")
        ],
        "twice is once": [name for name in once if again[name] != once[name]],
        "same DAGs": sorted(other_dags(old, new, now)),
    }
    if mode == "bridge":
        then = bench.load(tree, bench.before)
        broken["stays loadable on 2.x"] = sorted(old.good - then.good)
        broken["same DAGs on 2.x"] = sorted(other_dags(old, old, then))
    left = named(now.stops(old.good), findings := run(tree, *options), tree)
    (tree.parent / f"findings-{mode}.json").write_text(json.dumps(findings, indent=1), "utf-8")
    return Fixed(frozenset(old.good & now.good), left, broken)


def other_dags(old: Loaded, new: Loaded, now: Loaded) -> Iterator[str]:
    """Files whose DAGs got other tasks or edges: than on 3.x where they loaded there, else than on 2.x."""
    for name in old.good & now.good:
        reference = new if name in new.good else old
        if reference.shapes(name) != now.shapes(name):
            yield name


def contents(tree: Path) -> dict[str, bytes]:
    """The bytes of all Python files."""
    found = sorted(path for path in tree.rglob("*.py") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in found}


def percent(part: float, whole: float) -> str:
    """A share, to a tenth."""
    return f"{100 * part / whole:.1f}" if whole else "-"


def table(verdicts: list[Verdict], modes: list[str]) -> Table:
    """A line a project; the last line: sums, and the mean over projects for what loads."""
    shown = Table(title="real projects")
    heads = ["loads on 2.x", "on 3.x, %", *(f"{mode}, %" for mode in modes), "places", "silent", "elsewhere"]
    for head in ("", *heads, "alarms", *(f"broken, {mode}" for mode in modes)):
        shown.add_column(head, justify="right")
    for v in verdicts:
        shown.add_row(v.name, *cells(v, modes))
    counted = [v for v in verdicts if v.base]
    means = [
        percent(sum((v.fixed[m].loads if m else v.loads) / v.base for v in counted), len(counted))
        for m in ("", *modes)
    ]
    sums = [
        sum(len(v.places.on_line + v.places.silent + v.places.elsewhere) for v in verdicts),
        sum(len(v.places.silent) for v in verdicts),
        sum(len(v.places.elsewhere) for v in verdicts),
        sum(len(v.false_alarms) for v in verdicts),
        *(sum(len(p) for v in verdicts for p in v.fixed[m].broken.values()) for m in modes),
    ]
    shown.add_section()
    shown.add_row("all", str(sum(v.base for v in verdicts)), *means, *map(str, sums))
    return shown


def cells(v: Verdict, modes: list[str]) -> Iterator[str]:
    """The numbers of one project."""
    yield str(v.base)
    yield percent(v.loads, v.base)
    yield from (percent(v.fixed[mode].loads, v.base) for mode in modes)
    yield str(len(v.places.on_line + v.places.silent + v.places.elsewhere))
    yield from (str(len(places)) for places in (v.places.silent, v.places.elsewhere, v.false_alarms))
    yield from (str(sum(map(len, v.fixed[mode].broken.values()))) for mode in modes)


def tell(console: Console, v: Verdict) -> None:
    """Everything that is not as it should be in one project, place by place."""

    def say(what: str, places: object) -> None:
        console.print(f"{v.name}: {what}: {places}", markup=False, highlight=False, soft_wrap=True)

    for word, places in (("silent", v.places.silent), ("only elsewhere", v.places.elsewhere)):
        for place in places:
            say(f"{word}, {'a name' if about_a_name(place) else 'no name'}", place)
    for alarm in v.false_alarms:
        say("loads, yet ERROR", alarm)
    if {"safe", "bridge"} <= v.fixed.keys():
        for name in sorted(v.fixed["safe"].good - v.fixed["bridge"].good):
            say("loads after safe fixes, not after bridges", name)
    for mode, fix in v.fixed.items():
        for place in fix.left.silent + fix.left.elsewhere:
            say(f"left after {mode}, no finding there", place)
        for promise, where in fix.broken.items():
            for name in where:
                say(f"{mode}: broken: {promise}", name)


@click.command()
@click.argument("checkouts", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Copies and results are kept here.")
@click.option("--oracle", required=True, help="Command with {version}, {tree} and {out} in it.")
@click.option("--versions", default="2.11,3.3", show_default=True, help="What the projects run on, and the target.")
@click.option("--only", multiple=True, help="Only projects with this in their name.")
@click.option("--modes", default="safe,unsafe", show_default=True, help="Which fixes to try; '' for none.")
def main(checkouts: Path, work: Path, oracle: str, versions: str, only: tuple[str, ...], modes: str) -> None:
    """What does the tool do for real projects?"""
    console = Console(width=None if sys.stdout.isatty() else 200)
    before, after = versions.split(",")
    bench = Bench(work.resolve(), oracle, before, after)
    wanted = [mode for mode in modes.split(",") if mode]
    verdicts = []
    for source in sorted(path for path in checkouts.iterdir() if path.is_dir()):
        if not only or any(word in source.name for word in only):
            verdicts.append(judge(bench, source, wanted))
            tell(console, verdicts[-1])
    console.print(table(verdicts, wanted))
    if any(where for v in verdicts for fix in v.fixed.values() for where in fix.broken.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
