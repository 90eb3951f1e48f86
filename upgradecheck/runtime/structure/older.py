"""Names that 2.x had, in a process that only asks what DAGs are made of.

What 3.x has is what it is there. Else the rules' tables say where a name went; what went nowhere is one of the few
functions below, or a stand-in by its name.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from upgradecheck.runtime.finder import Finder, Surface
from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.walls import BLOCKED
from upgradecheck.runtime.standins import KINDS, StandIns
from upgradecheck.runtime.structure.absent import Absent

OPERATORS = tuple(name.removeprefix("Base") for name in KINDS)


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """``airflow.utils.dates.days_ago`` of 2.x."""
    at = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    found: datetime = at - timedelta(days=n)
    return found


class SubDagOperator(BaseOperator):
    """A DAG as a task of another one."""

    def __init__(self, *, subdag: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subdag = subdag


class OlderTriggerRule:
    """``TriggerRule`` with the members that are gone."""

    DUMMY = "dummy"
    NONE_FAILED_OR_SKIPPED = "none_failed_or_skipped"

    def __getattr__(self, name: str) -> Any:
        return getattr(TriggerRule, name)

    def __call__(self, value: Any) -> Any:
        return TriggerRule(value)


OWN: dict[str, Any] = {
    "airflow.utils.dates.days_ago": days_ago,
    "airflow.operators.subdag.SubDagOperator": SubDagOperator,
    "airflow.operators.subdag_operator.SubDagOperator": SubDagOperator,
    "airflow.settings.TIMEZONE": timezone.utc,
    "airflow.utils.trigger_rule.TriggerRule": OlderTriggerRule(),
}


class OlderSurface(Surface):
    """What can be imported, on either version."""

    def __init__(self, tables: Path) -> None:
        super().__init__(tables)
        self.stand_ins = StandIns(tables)
        self.moved: dict[str, str] = {}
        self.aliases: dict[type, list[str]] = {}  # class -> the names that it was asked for by and no longer has
        for path in sorted(tables.parent.glob("*_import.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                self._read(csv.DictReader(file))

    def _read(self, rows: Any) -> None:
        newest: dict[str, str] = {}
        for row in rows:
            old, since = row["old"], row["new_from"]
            if row["new"] and since >= newest.get(old, ""):
                newest[old], self.moved[old] = since, row["new"]

    def get(self, module: str, name: str) -> Any:
        """What a name of a module stands for; never raises for one that does not begin with underscores."""
        full = f"{module}.{name}"
        if full in OWN:
            return OWN[full]
        try:
            found = super().get(module, name)
            return self.stand_in(full) if found is BLOCKED else found
        except (KeyError, AttributeError, ImportError):
            return self.successor(full)

    def successor(self, full: str) -> Any:
        """What took the place of a name, or a stand-in."""
        new = self.moved.get(full, "")
        if not new or new == full or not new.startswith("airflow."):
            return _elsewhere(new) if new and new != full else self.stand_in(full)
        module, _, name = new.rpartition(".")
        if module in self.modules:
            found = self.get(module, name)
        else:
            found = self.stand_ins.cls(new) if new in self.stand_ins.rows else self.stand_in(new)
        if isinstance(found, type):
            self.aliases.setdefault(found, []).append(full)
        return found

    def stand_in(self, full: str) -> Any:
        """A class where its name says of which kind, else something absent."""
        return self.stand_ins.cls(full) if full.endswith(OPERATORS) else Absent(full)


def _elsewhere(full: str) -> Any:
    module, _, name = full.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name) if module else importlib.import_module(name)
    except (ImportError, AttributeError):
        return Absent(full)


class OlderModule(ModuleType):
    """A module of Airflow, of either version."""

    surface: OlderSurface
    stand_ins: StandIns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if full in self.surface.modules or self.stand_ins.knows(full):
            return importlib.import_module(full)
        if full in self.stand_ins.rows and self.__name__ not in self.surface.modules:
            return self.stand_ins.cls(full)
        return self.surface.get(self.__name__, name)


class OlderFinder(Finder):
    """Every module of Airflow is there."""

    surface: OlderSurface

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """A spec for whatever is called ``airflow``; a class that is imported like a module is none."""
        if fullname != "airflow" and not fullname.startswith("airflow."):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The one that 3.x has, else one that knows where names went."""
        module = OlderModule(spec.name)
        module.surface, module.stand_ins = self.surface, self.stand_ins
        module.__dict__["__version__"] = "2.11.0"
        return module
