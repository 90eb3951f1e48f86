"""DAGs of the metadata database that no file of the project defines, with tasks of classes that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Runs, Severity
from upgradecheck.occurrences import Row
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.symbols import Hit
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from .report_row import UNWRITTEN

_SHOWN = 3


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: nothing in code concerns it."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to rows with the classes of a DAG's tasks, dotted, one a line."""

    def handler(row: Row, scene: Scene) -> Iterator[Finding]:
        cells = dict(row.columns)
        hits = [hit for name in cells["found"].split("\n") if (hit := _gone(name, scene))]
        if hits and not _defined(cells["fileloc"], cells.get("folder", ""), scene):
            shown = ", ".join(f"`{hit.symbol}`" for hit in hits[:_SHOWN])
            more = f" and {len(hits) - _SHOWN} more" if len(hits) > _SHOWN else ""
            since = min(hit.since for hit in hits)
            message = f"DAG `{row.item}` ({cells['fileloc']}) is in no file of this project, and uses {shown}{more}"
            found = scene.finding(
                rule, Severity.ERROR, None, row.item, f"{message}, gone in Airflow {scene.target}",
                "Find the project that its file is kept in, and check it there; delete the DAG if it is no more.",
                since, UNWRITTEN,
            )  # fmt: skip
            yield replace(found, dag_id=row.item)

    return {Row: handler}


def _gone(name: str, scene: Scene) -> Hit | None:
    """What is known against a class. (Those that decorators make are found by no name in any code.)"""
    if any(name.startswith(f"{row['module']}.") for row in lookup("decorator_modules")):
        return None
    hit = scene.symbols.find(name)
    return hit if hit and judge.severity(hit.status, Runs.IMPORT) is Severity.ERROR else None


def _defined(fileloc: str, folder: str, scene: Scene) -> bool:
    """Whether the project has the file: by its path below the folder of DAGs, else by its name."""
    inside = folder and fileloc.startswith(f"{folder.rstrip('/')}/")
    path = fileloc[len(folder.rstrip("/")) + 1 :] if inside else fileloc.rpartition("/")[2]
    return any(name == path or name.endswith(f"/{path}") for name in scene.project.files(""))
