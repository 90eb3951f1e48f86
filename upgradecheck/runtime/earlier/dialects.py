"""How a file of 2.x is read: names and arguments that 3.3 lacks, and what 2.11 makes of what is left out."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

from upgradecheck.runtime.dialect import Dialect
from upgradecheck.runtime.earlier.surface import EarlierSurface

RELEASE = "2.11"
PARAMETERS = (
    "description",
    "schedule",
    "schedule_interval",
    "timetable",
    "start_date",
    "end_date",
    "full_filepath",
    "template_searchpath",
    "template_undefined",
    "user_defined_macros",
    "user_defined_filters",
    "default_args",
    "concurrency",
    "max_active_tasks",
    "max_active_runs",
)  # of DAG, after its id, in the order of 2.11.2
DAG = "airflow.sdk.DAG"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Mended(Dialect):
    """Names and arguments of 2.x are taken for what they became; what they mean is as in 3.3."""

    def __init__(self, tables: Path) -> None:
        super().__init__()
        self.dag_names: dict[str, str] = {}
        self.task_names: dict[str, str] = {}
        gone = _rows(tables.parent / "context_key.csv")
        self.context_keys = frozenset(row["key"] for row in gone if row["owner"] == "context")
        own = _rows(tables / "operator_keys.csv")
        self.operator_keys = tuple((row["operator"], row["argument"], row["key"]) for row in own)
        for stem in ("removed_argument", "renamed_argument"):
            for row in _rows(tables.parent / f"{stem}.csv"):
                if row["s33"] != "broken" or row["callable"].count(".") < 2:
                    continue
                names = self.dag_names if row["callable"] == DAG else self.task_names
                names[row["old"]] = row.get("new", "")

    def surface(self, surface: type, tables: Any) -> Any:
        """That of 3.3, and what became of the names of 2.x."""
        return EarlierSurface(tables)

    def dag_arguments(self, more: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positions become names, old names new ones; what is no more is left out."""
        named = {**dict(zip(PARAMETERS, more, strict=False)), **given}
        for old, new in self.dag_names.items():
            if old in named:
                value = named.pop(old)
                if new and not (value is None and new in named):
                    named[new] = value
        return more[len(PARAMETERS) :], named

    def task_arguments(self, parameters: set[str], given: dict[str, Any]) -> dict[str, Any]:
        """Old names become new ones."""
        for old in [name for name in given if name in self.task_names and name not in parameters]:
            new = self.task_names[old]
            if new in parameters and new not in given:
                given[new] = given.pop(old)
        return given

    def unknown_arguments(self, modelled: bool, unknown: dict[str, Any]) -> dict[str, Any]:
        """What is no more is left out; a provider of that time took what its own table of today does not have."""
        if not modelled:
            return {}
        return {name: value for name, value in unknown.items() if name not in self.task_names}


class Earlier(Mended):
    """As 2.11 reads it."""

    release = RELEASE
    plain_words = True
    delta_intervals = True

    def __init__(self, tables: Path) -> None:
        super().__init__(tables)
        keys = _rows(tables / "context_keys.csv")
        self.keys = frozenset(row["key"] for row in keys if f"context_{RELEASE}" in row["evidence"].split())
        self.left_out: dict[str, str] = {}
        for row in _rows(tables / "earlier_defaults.csv"):
            if row["section"]:
                self.options[row["section"], row["name"]] = row["value"]
            else:
                self.left_out[row["name"]] = row["value"]

    def dag_arguments(self, more: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The same, and a schedule where none is given."""
        more, named = super().dag_arguments(more, given)
        named.setdefault("schedule", timedelta(seconds=float(self.left_out["schedule"])))
        return more, named

    def records(self) -> tuple[Any, Any]:
        """The classes of ``ti`` and ``dag_run``, with the members that they had."""
        from upgradecheck.runtime.earlier.context import EarlierInstance, EarlierRun

        return EarlierInstance, EarlierRun

    def context(self, ti: Any, run: Any) -> dict[str, Any]:
        """The keys of 2.11."""
        from upgradecheck.runtime.earlier.context import dated

        found = super().context(ti, run)
        return {**{key: value for key, value in found.items() if key in self.keys}, **dated(ti, run)}


DIALECTS = {"mended": Mended, RELEASE: Earlier}
