"""Names that 2.x had, in a process that only asks what DAGs are made of.

What 3.x has is what it is there. Else the rules' tables say where a name went (``earlier.surface``); what went
nowhere is one of the few below, or a stand-in by its name.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from upgradecheck.runtime.earlier.dialects import Mended
from upgradecheck.runtime.earlier.surface import EarlierSurface
from upgradecheck.runtime.finder import Finder
from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.walls import BLOCKED
from upgradecheck.runtime.standins import KINDS, StandIns
from upgradecheck.runtime.structure.absent import Absent

OPERATORS = tuple(name.removeprefix("Base") for name in KINDS)


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
    "airflow.operators.subdag.SubDagOperator": SubDagOperator,
    "airflow.operators.subdag_operator.SubDagOperator": SubDagOperator,
    "airflow.settings.TIMEZONE": timezone.utc,
    "airflow.utils.trigger_rule.TriggerRule": OlderTriggerRule(),
}


class OlderSurface(EarlierSurface):
    """What can be imported, on either version. ``aliases``: class -> the names that it was asked for by and no
    longer has."""

    def __init__(self, tables: Path) -> None:
        super().__init__(tables)
        self.aliases: dict[type, list[str]] = {}

    def get(self, module: str, name: str) -> Any:
        """What a name of a module stands for; never raises for one that does not begin with underscores."""
        full = f"{module}.{name}"
        if full in OWN:
            return OWN[full]
        for look in (super().get, self._successor):
            with suppress(KeyError, AttributeError, ImportError):
                found = look(module, name)
                return self._stand_in(full) if found is BLOCKED else found
        return self._elsewhere(full)

    def _successor(self, module: str, name: str) -> Any:
        """What became of a name that 3.x still has and the runtime does not."""
        return self._became(f"{module}.{name}")

    def _became(self, full: str) -> Any:
        found = super()._became(full)
        if isinstance(found, type):
            self.aliases.setdefault(found, []).append(full)
        return found

    def _elsewhere(self, full: str) -> Any:
        """A name that was another package's all along, or a stand-in."""
        seen = full
        while (new := self.became.get(seen, "")) and new != seen:
            seen = new
        module, _, name = seen.rpartition(".")
        if module and not module.startswith("airflow"):
            with suppress(ImportError, AttributeError):
                return getattr(importlib.import_module(module), name)
        return self._stand_in(seen)

    def _stand_in(self, full: str) -> Any:
        """A class where its name says of which kind, else something absent."""
        return self.stand_ins.cls(full) if full.endswith(OPERATORS) else Absent(full)


class OlderModule(ModuleType):
    """A module of Airflow, of either version."""

    surface: OlderSurface
    stand_ins: StandIns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if self.surface.modules.get(self.__name__, {}).get(name):  # a function may be called as its module is
            return self.surface.get(self.__name__, name)
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


class Structural(Mended):
    """How files are read here: with the context's keys of 2.x; ``arguments`` sees to the rest."""

    def dag_arguments(self, more: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """As they are."""
        return more, given

    def task_arguments(self, parameters: set[str], given: dict[str, Any]) -> dict[str, Any]:
        """As they are."""
        return given

    def unknown_arguments(self, modelled: bool, unknown: dict[str, Any]) -> dict[str, Any]:
        """All of them."""
        return unknown
