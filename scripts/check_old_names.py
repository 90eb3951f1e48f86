"""Hold the name tables against wheels of old releases: does a table answer for every public name that is gone?

    python scripts/check_old_names.py --wheels /tmp/wheels --envs /tmp/airflow-envs [--held] [--packages http,ssh]

Reads the modules of the wheels in `check_old_names.csv` (downloaded where they are not there yet) by `ast`: public
modules, and the classes and functions that they define; with `--held` what they assign and import too. Names that
the newest of `--versions` (with the newest providers) no longer has, or only with a warning, and that no table
knows anything against are printed, each with a ready line of the table it belongs in. Of a provider its first wheel
and each major's last one before Airflow 3 is read, for names go with a major. Exits with 1 where a name is missing,
with 3 where an environment could not be had.
"""

from __future__ import annotations

import ast
import csv
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, Probed, ensure, probe
from check_names import RELEASES
from name_tables import ROOT, csv_line, load_rows, minor_of, status_column, table_of
from rich.console import Console

from upgradecheck.rulebook.facts import load
from upgradecheck.rulebook.symbols import Symbols

_SKIPPED = {"tests", "migrations", "example_dags", "_vendor", "google_vendor", "node_modules"}
_DEFINED = ("module", "class", "function")


@dataclass(frozen=True)
class Name:
    """A public name of an old release."""

    name: str
    kind: str  # module, class, function, constant or reexport
    wheel: str  # the last one that has it


def listed(packages: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """The wheels to read, as (package, version); only of packages whose name ends so, where some are asked for."""
    ends = tuple(packages)
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not ends or row["package"].endswith(ends):
                yield from ((row["package"], version) for version in row["versions"].split())


def wheel_of(folder: Path, package: str, version: str) -> Path:
    """The wheel of a release, from the package index where the folder lacks it."""
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
        command += ["--ignore-requires-python", "--only-binary", ":all:", f"{package}=={version}"]
        subprocess.run(command, check=True)
    return next(folder.glob(pattern))


def modules(wheel: Path) -> Iterator[tuple[str, str]]:
    """Public modules of a wheel, each with its text."""
    with zipfile.ZipFile(wheel) as archive:
        for member in sorted(archive.namelist()):
            parts = member.removesuffix(".py").removesuffix("/__init__").split("/")
            hidden = any(part.startswith("_") or part in _SKIPPED or not part.isidentifier() for part in parts)
            if member.endswith(".py") and parts[0] == "airflow" and not hidden:
                yield ".".join(parts), archive.read(member).decode("utf-8")


def names_in(module: str, text: str, *, held: bool = False) -> Iterator[tuple[str, str]]:
    """A module and its public names, each with its kind."""
    yield module, "module"
    for name, kind in _bound(ast.parse(text).body):
        if not name.startswith("_") and (held or kind in _DEFINED):
            yield f"{module}.{name}", kind


def _bound(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """What the statements bind; what a handler binds only stands in for what could not be imported."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node.name, "class"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, "function"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((name, "constant") for target in targets for name in _assigned(target) if not _own(node))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.If | ast.Try | ast.With) and not _typing(node):
            yield from _bound([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])


def _assigned(target: ast.expr) -> Iterator[str]:
    names = (node for node in ast.walk(target) if isinstance(node, ast.Name))
    return (node.id for node in names if isinstance(node.ctx, ast.Store))


def _own(node: ast.Assign | ast.AnnAssign) -> bool:
    """Whether a module assigns what is of use to itself alone: its logger, a type's variable."""
    called = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else ""
    return called.rpartition(".")[2] in ("getLogger", "get_logger", "TypeVar", "ParamSpec")


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """What Airflow defines elsewhere; what modules hold of other libraries is nobody's home for it."""
    source = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        if (source or alias.name).startswith(("airflow", ".")):
            yield alias.asname or alias.name.partition(".")[0], "reexport"


def _typing(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def old_names(wheels: Iterable[Path], *, held: bool = False) -> dict[str, Name]:
    """Every public name of these wheels; of several wheels the last one counts."""
    found: dict[str, Name] = {}
    for wheel in wheels:
        release = "-".join(wheel.name.split("-")[:2]).removeprefix("apache_airflow_providers_")
        for module, text in modules(wheel):
            for name, kind in names_in(module, text, held=held):
                found[name] = Name(name, kind, release)
    return found


def unanswered(names: dict[str, Name], now: Probed, symbols: Symbols) -> Iterator[Name]:
    """Names that the release no longer has, or only with a warning, and of which the tables know nothing."""
    for name in names.values():
        if now.status(name.name) in ("broken", "warns") and not _answered(name.name, symbols):
            yield name


def _answered(name: str, symbols: Symbols) -> bool:
    hit = symbols.load(name, name.rpartition(".")[0])
    return hit is not None and (hit.symbol == name or hit.status == "broken")


def line_for(name: Name, probed: list[Probed]) -> tuple[str, str]:
    """The table of a name without a replacement, and its line as far as it can be measured."""
    cells = {
        "old": name.name,
        "kind": name.kind,
        "safety": "none",
        "reason": "TODO",
        "evidence": f"had_by_{name.wheel}",
    }
    cells |= {status_column(minor_of(release.version)): release.status(name.name) for release in probed}
    return table_of(name.name, []), csv_line(cells)


def homes(names: Iterable[Name], envs: list[Path]) -> dict[str, list[str]]:
    """Where the installed modules define a class or function of the same last name."""
    wanted = {name.name.rpartition(".")[2] for name in names if name.kind != "module"}
    found: dict[str, list[str]] = {}
    for path in (path for env in envs for path in sorted(env.glob("lib/python*/site-packages/airflow/**/*.py"))):
        parts = path.with_suffix("").parts[path.parts.index("airflow") :]
        module = ".".join(part for part in parts if part != "__init__")
        if not any(part.startswith("_") for part in module.split(".")):
            for name, kind in _bound(ast.parse(path.read_text("utf-8")).body):
                if kind in _DEFINED and name in wanted:
                    found.setdefault(name, []).append(f"{module}.{name}")
    return found


def show(console: Console, missing: list[Name], probed: list[Probed], last: Path) -> None:
    """Print what no table answers for, line by line."""
    where = homes(missing, [last])
    for name in missing:
        table, line = line_for(name, probed)
        near = ", ".join(where.get(name.name.rpartition(".")[2], [])[:3])
        console.print(f"{table}: {line}{'   perhaps ' + near if near else ''}", markup=False, soft_wrap=True)


@click.command()
@click.option("--wheels", type=click.Path(path_type=Path), required=True, help="Folder of the wheels.")
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--versions", default=RELEASES, show_default=True, help="Releases to measure with, the newest last.")
@click.option("--packages", default="", help="Only packages whose names end so, with commas.")
@click.option("--held", is_flag=True, help="Names that modules assign or import, too.")
@click.option("--python", default="3.11", show_default=True, help="Python of new environments.")
def main(wheels: Path, envs: Path, versions: str, packages: str, held: bool, python: str) -> None:
    """Is there an answer for every public name of old releases that is gone?"""
    console = Console(width=200, highlight=False)
    wheels.mkdir(parents=True, exist_ok=True)
    asked = list(listed(filter(None, packages.split(","))))
    names = old_names((wheel_of(wheels, *release) for release in asked), held=held)
    providers = {row.provider for row in load_rows(ROOT / "rules") if row.provider}
    providers |= {package for package, _ in asked if package != "apache-airflow"}
    try:
        folders = [ensure(envs, version, providers, python) for version in versions.split(",")]
        now = probe(folders[-1], names)
        missing = list(unanswered(names, now, Symbols(load(), minor_of(now.version))))
        probed = [probe(folder, [name.name for name in missing]) for folder in folders]
    except EnvironmentFailed as error:
        console.print(str(error), style="red")
        sys.exit(3)
    show(console, missing, probed, folders[-1])
    untried = sorted(name for name in names if now.status(name) == "not installed")
    gone = sum(now.status(name) in ("broken", "warns") for name in names)
    console.print(
        f"{len(asked)} wheels, {len(names)} names; gone or warning: {gone}; not to be tried: {len(untried)}"
    )
    console.print(f"{len(missing)} names that no table answers for")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
