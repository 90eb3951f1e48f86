"""Write `rules/tables/classes.csv`: the classes DAG files use, their bases and own parameters, on real Airflow.

    python scripts/class_tables.py --envs /tmp/airflow-envs [--check]

Surveys the last 2.x and the newest 3.x release (with the providers installed in those environments). A class that
3.x still has stands under its 3.x home, and every other path to it is a row whose base is that home; a class that
is gone without a successor stands under its 2.x path. In `parameters`, `**` says that what is not listed goes to
the bases. With `--check` nothing is written: exits with 1 where the table is not what the releases give.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, python_of
from name_tables import ROOT, in_force, load_rows, minor_of

TABLE = ROOT / "rules" / "tables" / "classes.csv"
FIELDS = ("name", "kind", "bases", "parameters", "evidence")
_PROBE = Path(__file__).resolve().parent / "probe_classes.py"
_ROOTS = Path(__file__).resolve().parent / "class_roots.json"
_PUBLIC = "airflow.sdk."
_COMPAT = "airflow.providers.common.compat."
# Of 1.10, gone on 3.x: the name tables lead on from there.
_LONG_GONE = "airflow.contrib."
# The operators of decorators stand on these as well; no argument of a decorator goes there.
_PLUMBING = "airflow.sdk.bases.decorator."


@dataclass(frozen=True)
class Described:
    """A class: homes of its direct bases, its own parameters, and whether it hands others to the bases."""

    bases: tuple[str, ...]
    parameters: tuple[str, ...]
    handed_on: bool


@dataclass
class Survey:
    """What one release has: classes by home, paths to them, task decorators."""

    release: str
    classes: dict[str, Described] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    official: set[str] = field(default_factory=set)
    decorators: dict[str, str] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, release: str, text: str) -> Survey:
        """From the lines that the probe writes."""
        survey = cls(release)
        for line in map(json.loads, text.splitlines()):
            if "home" in line:
                bases, parameters = tuple(line["bases"]), tuple(line["parameters"])
                survey.classes[line["home"]] = Described(bases, parameters, line["keywords"])
            elif "path" in line:
                survey.paths[line["path"]] = line["leads"]
                if line["official"] or line["path"] == line["leads"]:
                    survey.official.add(line["path"])
            elif "decorator" in line:
                survey.decorators[line["decorator"]] = line["leads"]
            else:
                survey.functions.add(line["function"])
        return survey


def run_probe(envs: Path, release: str, names: Iterable[str], skip: Iterable[str] = ()) -> Survey:
    """The survey of a release, made in its environment. Raises `EnvironmentFailed`."""
    asked = json.loads(_ROOTS.read_text(encoding="utf-8"))
    asked |= {"names": sorted(set(names)), "skip": [*asked["skip"], *skip]}
    with tempfile.TemporaryDirectory(prefix="class-tables-") as scratch:
        question, answer = Path(scratch) / "asked.json", Path(scratch) / "told.jsonl"
        question.write_text(json.dumps(asked), encoding="utf-8")
        command = [str(python_of(envs / release)), str(_PROBE), str(question), str(answer)]
        done = subprocess.run(
            command, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "AIRFLOW_HOME": scratch}
        )
        if done.returncode or not answer.exists():
            raise EnvironmentFailed(f"{release}: the classes could not be read")
        return Survey.read(release, answer.read_text(encoding="utf-8"))


class Atlas:
    """Both surveys with the name tables between them: where each path leads today."""

    def __init__(self, old: Survey, new: Survey, successors: dict[str, str]) -> None:
        self.old, self.new, self.successors = old, new, successors
        self.canonical = dict(self._canonical())
        gone = {home for path, home in old.paths.items() if path == home and not self._today(home)}
        self.gone = {home for home in gone if not _private(home)}

    def _canonical(self) -> Iterator[tuple[str, str]]:
        by_home: dict[str, list[str]] = {}
        for path in self.new.official:
            by_home.setdefault(self.new.paths[path], []).append(path)
        for home, paths in by_home.items():
            yield home, min(paths, key=lambda path: _preference(path, home))

    def _today(self, path: str) -> str:
        """The canonical name on 3.x of a 2.x path; empty where there is none."""
        for name in (path, self.successors.get(path, "")):
            if name in self.new.paths and self.new.paths[name] in self.canonical:
                return self.canonical[self.new.paths[name]]
        return ""

    def leads(self, path: str) -> str:
        """What a path of either release stands for: a name that has a row of its own."""
        home = self.old.paths.get(path, "")
        found = self._today(path) or (self._today(home) if home else "")
        return found or (home if home in self.gone else "")

    def listed(self, survey: Survey, home: str) -> str:
        """The name of the row of a class of one release, if it has one."""
        if survey is self.new:
            return self.canonical.get(home, "")
        return self._today(home) or (home if home in self.gone else "")

    def shape(self, survey: Survey, home: str) -> tuple[list[str], list[str], bool]:
        """Listed bases and own parameters; classes between that have no row are folded in."""
        found = survey.classes[home]
        bases: list[str] = []
        parameters = list(found.parameters)
        for base in found.bases:
            name = self.listed(survey, base)
            if name:
                bases.append(name)
            elif base in survey.classes:
                above, more, _ = self.shape(survey, base)
                bases += above
                parameters += more if found.handed_on else []
        return list(dict.fromkeys(bases)), list(dict.fromkeys(parameters)), found.handed_on

    def nearest(self, names: Iterable[str]) -> list[str]:
        """Less those that another of them stands on."""
        found = list(names)
        homes = {name: home for home, name in self.canonical.items()}
        above = {base for name in found if name in homes for base in self._ancestors(homes[name])}
        return [name for name in found if name not in above]

    def _ancestors(self, home: str) -> Iterator[str]:
        for base in self.new.classes[home].bases:
            yield self.canonical.get(base, "")
            yield from self._ancestors(base)


def _private(path: str) -> bool:
    return any(part.startswith("_") for part in path.split("."))


def _preference(path: str, home: str) -> tuple[bool, bool, int, str]:
    """The least is the path under which a class is known: the SDK's own name, its home, the shortest."""
    public = path.startswith(_PUBLIC) and path.count(".") == _PUBLIC.count(".")
    return not public, path != home, len(path) + (1000 if path.startswith(_COMPAT) else 0), path


def rows(atlas: Atlas) -> Iterator[dict[str, str]]:
    """All rows of the table, in no order."""
    for survey, names in ((atlas.new, atlas.canonical), (atlas.old, {home: home for home in atlas.gone})):
        for home, name in names.items():
            yield row(atlas, name, "class", *atlas.shape(survey, home))
    for path in atlas.new.official | atlas.old.official:
        name = atlas.leads(path)
        if name and name != path and not path.startswith(_LONG_GONE):
            yield row(atlas, path, "class", [name], [], True)
    yield from decorator_rows(atlas)


def decorator_rows(atlas: Atlas) -> Iterator[dict[str, str]]:
    """`@task.…`, `@dag`, `@task_group` and what else makes a class's instance from a function."""
    asked = json.loads(_ROOTS.read_text(encoding="utf-8"))
    for path, made in asked["decorators"].items():
        if path in atlas.new.functions | atlas.old.functions:
            yield row(atlas, path, "decorator", [made], [], True)
    for home in asked["task_decorators"]:
        for name, operator in (atlas.old.decorators | atlas.new.decorators).items():
            survey = atlas.new if name in atlas.new.decorators else atlas.old
            bases, parameters, handed_on = atlas.shape(survey, operator)
            bases = atlas.nearest(base for base in bases if not base.startswith(_PLUMBING))
            yield row(atlas, f"{home}.{name}".rstrip("."), "decorator", bases, parameters, handed_on)


def row(
    atlas: Atlas, name: str, kind: str, bases: list[str], parameters: list[str], handed_on: bool
) -> dict[str, str]:
    """One line; the evidence says in which of the releases the name was met."""
    home, _, last = name.rpartition(".")
    seen = [s.release for s in (atlas.old, atlas.new) if name in s.paths or name in s.functions]
    if kind == "decorator" and not seen:
        surveys = (atlas.old, atlas.new) if name.startswith("airflow.decorators") else (atlas.new,)
        seen = [s.release for s in surveys if (last if home.endswith(".task") else "") in s.decorators]
    evidence = " ".join(f"imports_{minor_of(release)}" for release in seen)
    given = [*parameters, "**"] if handed_on else parameters
    return dict(zip(FIELDS, (name, kind, " ".join(bases), " ".join(given), evidence), strict=True))


def text(found: Iterable[dict[str, str]]) -> str:
    """The table: sorted, one row a name."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(line for _, line in sorted({line["name"]: line for line in found}.items()))
    return out.getvalue()


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--old", default="2.11.2", show_default=True, help="The last 2.x.")
@click.option("--new", default="3.3.2", show_default=True, help="The newest 3.x.")
@click.option("--check", is_flag=True, help="Compare only; exit with 1 where the table differs.")
def main(envs: Path, old: str, new: str, check: bool) -> None:
    """Write the table of classes."""
    asked = json.loads(_ROOTS.read_text(encoding="utf-8"))
    table = [row for row in in_force(load_rows(ROOT / "rules"), minor_of(new)) if not _private(row.old)]
    names = {row.old for row in table if row.cells["kind"] in ("class", "lazy")} | set(asked["decorators"])
    try:
        now = run_probe(envs, new, names)
        then = run_probe(envs, old, names, ["airflow.providers."])
    except EnvironmentFailed as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    found = text(rows(Atlas(then, now, {row.old: row.new for row in table if row.new})))
    if check and found != TABLE.read_text(encoding="utf-8"):
        click.echo(f"{TABLE.name} is not what {old} and {new} give", err=True)
        sys.exit(1)
    if not check:
        TABLE.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
