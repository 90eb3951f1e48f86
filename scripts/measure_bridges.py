"""Measure which names of a bridge provider run on 2.x and 3.x, and what each stands for there.

    python scripts/measure_bridges.py --envs /tmp/airflow-envs --wheels /tmp/compat-wheels

Writes `rules/tables/bridges.csv` (the names that run on 2.x too) and `rules/bridge_import.csv` (their homes: a
line for each minor from which a name stands for another one). Imports every public name of the provider on each
release below `--envs` and looks which home holds the same object; the wheels (`pip download --no-deps
PROVIDER==VERSION`) tell in which release of the provider a name first stood.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from airflow_envs import python_of
from name_tables import BRIDGES, ROOT, in_force, load_rows, minor_of, status_column, version_key
from name_tables import FIELDS as NAME_FIELDS

PROVIDER, PACKAGE = "apache-airflow-providers-common-compat", "airflow.providers.common.compat"
FIELDS = ("bridge", "new_from", "new_2x", "provider", "provider_min", "evidence")
_PROBE = Path(__file__).resolve().parent / "probe_bridges.py"
Probed = dict[str, dict[str, Any]]
_ABSENT: dict[str, Any] = {"error": "absent"}


@dataclass(frozen=True)
class Measured:
    """What the releases say: 3.x by minor, the old one, and in which release of the provider each name came."""

    probed: dict[str, Probed]
    old: Probed
    old_minor: str
    first: dict[str, str]

    def told(self, bridge: str) -> dict[str, dict[str, Any]]:
        """What each 3.x minor says of one name."""
        return {minor: names.get(bridge, _ABSENT) for minor, names in self.probed.items()}


def probe(python: Path, homes: list[str]) -> Probed:
    """What one environment says of all names of the bridge."""
    with tempfile.TemporaryDirectory() as scratch:
        asked, told = Path(scratch) / "asked.json", Path(scratch) / "told.json"
        asked.write_text(json.dumps({"bridge": PACKAGE, "homes": homes}), "utf-8")
        environment = {**os.environ, "AIRFLOW_HOME": scratch}
        command = [str(python), str(_PROBE), str(asked), str(told)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if not told.exists():
            raise click.ClickException(f"{python}: {done.stderr[-500:]}")
        found: Probed = json.loads(told.read_text("utf-8"))
        return found


def first_releases(wheels: Path) -> dict[str, str]:
    """Each name → the first of these releases in which the provider has it."""
    found: dict[str, str] = {}
    for path in sorted(wheels.glob("*.whl"), key=lambda path: version_key(path.name.split("-")[1])):
        with zipfile.ZipFile(path) as wheel:
            for member in wheel.namelist():
                if member.endswith(".py") and member.startswith(PACKAGE.replace(".", "/")):
                    module = member[:-3].replace("/", ".").removesuffix(".__init__")
                    for name in _names(ast.parse(wheel.read(member))):
                        found.setdefault(f"{module}.{name}", path.name.split("-")[1])
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    """What a module imports, defines, or lists in a table of lazy names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Dict):
            yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def home(told: dict[str, Any], wanted: set[str], stale: set[str]) -> str:
    """The best place for the object of a bridge: public, where the bridge itself looks, the Task SDK's."""
    looked = set(told.get("paths", ()))
    public = [name for name in told.get("homes", ()) if "._" not in name and not name.startswith(f"{PACKAGE}.")]
    known = [n for n in public if n.startswith("airflow.") and n in looked | wanted and n not in stale]

    def rank(name: str) -> tuple[bool, bool, int, str]:
        return name not in looked, not name.startswith("airflow.sdk."), name.count("."), name

    return min(known, key=rank, default="")


def status(told: dict[str, Any]) -> str:
    """How a release takes the bridge itself."""
    return "broken" if told["error"] else "warns" if told["warns"] else "ok"


def rows(measured: Measured) -> Iterator[dict[str, str]]:
    """The names table: for each bridge, a line for every minor from which it stands for another home."""
    tables = load_rows(ROOT / "rules")
    wanted = {minor: {row.new for row in in_force(tables, minor)} for minor in measured.probed}
    stale = {minor: {row.old for row in tables if row.status(minor) != "ok"} for minor in measured.probed}
    for bridge in sorted(set().union(*measured.probed.values()) - {row.old for row in tables}):
        told = measured.told(bridge)
        statuses = {status_column(minor): status(told[minor]) for minor in told}
        lines: list[dict[str, str]] = []
        for minor in told:
            new = home(told[minor], wanted[minor], stale[minor])
            if lines and lines[-1]["new"] == new:
                lines[-1]["evidence"] += f" same_{minor}"
            elif new:
                both = new in measured.old.get(bridge, _ABSENT).get("homes", ())
                lines.append({
                    "old": bridge, "kind": "bridge", **statuses, "new": new, "new_from": minor,
                    "new_2x": measured.old_minor if both else "", "safety": "safe", "evidence": f"same_{minor}",
                })  # fmt: skip
        yield from lines


def bridges(names: set[str], measured: Measured) -> Iterator[dict[str, str]]:
    """The lookup: the bridges that run on the old release too, and what they take."""
    for bridge in sorted(names):
        if measured.old.get(bridge, _ABSENT)["error"] == "":
            start = next(minor for minor, told in measured.told(bridge).items() if told["error"] == "")
            came = measured.first[bridge]
            yield {"bridge": bridge, "new_from": start, "new_2x": measured.old_minor, "provider": PROVIDER,
                   "provider_min": came, "evidence": f"import_{measured.old_minor} wheel_{came}"}  # fmt: skip


def write(path: Path, fields: Iterable[str], lines: Iterable[dict[str, str]]) -> None:
    """One table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(fields), lineterminator="\n")
        out.writeheader()
        out.writerows(lines)


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--old", default="2.11.2", show_default=True, help="The 2.x release.")
@click.option("--versions", default="3.0.6,3.1.8,3.2.2,3.3.2", show_default=True)
@click.option("--wheels", type=click.Path(path_type=Path), required=True, help="Releases of the provider.")
def main(envs: Path, old: str, versions: str, wheels: Path) -> None:
    """Write the tables of bridges."""
    homes = sorted({row.new.replace(":", ".") for row in load_rows(ROOT / "rules") if row.new})
    probed = {minor_of(v): probe(python_of(envs / v), homes) for v in versions.split(",")}
    before = probe(python_of(envs / old), homes)
    measured = Measured(probed, before, minor_of(old), first_releases(wheels))
    found = list(rows(measured))
    write(ROOT / "rules" / f"{BRIDGES}.csv", NAME_FIELDS, found)
    write(ROOT / "rules" / "tables" / "bridges.csv", FIELDS, bridges({row["old"] for row in found}, measured))


if __name__ == "__main__":
    main()
