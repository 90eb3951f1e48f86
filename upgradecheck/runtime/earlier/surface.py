"""What a file of 2.x imports: the names of 3.3, and for those that are gone what became of them, as the tables of
the rules have it (``rules/*_import.csv``)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from upgradecheck.runtime.earlier import names as own
from upgradecheck.runtime.finder import Surface
from upgradecheck.runtime.standins import StandIns
from upgradecheck.runtime.unmodelled import NotModelled

CLASSES = ("Operator", "Sensor", "Hook", "Trigger")


class EarlierSurface(Surface):
    """Modules and names of 2.x too."""

    def __init__(self, tables: Path) -> None:
        super().__init__(tables)
        self.stand_ins = StandIns(tables)
        self.became: dict[str, str] = {}
        for path in sorted((*tables.parent.glob("*_import.csv"), tables.parent / "sub_dag_operator.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    self._take(row["old"], row["kind"], row["new"].replace(":", "."))

    def _take(self, old: str, kind: str, new: str) -> None:
        module = old if kind == "module" else old.rpartition(".")[0]
        parts = module.split(".")
        for number in range(1, len(parts) + 1):
            name = ".".join(parts[:number])
            if not self.stand_ins.knows(name):
                self.modules.setdefault(name, {})
        if new or old not in self.became:
            self.became[old] = new

    def gone(self, module: str) -> bool:
        """Nothing is."""
        return False

    def get(self, module: str, name: str) -> Any:
        """What a name stands for, or stood for. Raises ``AttributeError``, ``NotModelled``."""
        full = f"{module}.{name}"
        if full in own.OBJECTS:
            return own.OBJECTS[full]
        if name in own.ANYWHERE and full in self.became:
            return own.ANYWHERE[name]
        if name in self.modules[module] and module not in self.untold:
            return super().get(module, name)
        if full not in self.became:
            raise NotModelled(f"{full} is not modelled", name=full)
        return self._became(full)

    def _became(self, full: str) -> Any:
        seen = full
        while (new := self.became.get(seen, "")) and new != seen:
            seen = new
        module, _, name = seen.rpartition(".")
        if seen != full and module in self.modules and name in self.modules[module]:
            return super().get(module, name)
        if seen in self.stand_ins.rows or name.endswith(CLASSES):
            return self.stand_ins.cls(seen)
        raise NotModelled(f"{full} is not modelled", name=full)
