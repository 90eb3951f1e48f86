"""The forms in which code can reach a name, as snippets with marks, and what each mark means for a row.

A line's mark says where the finding has to be: `#! own` the name's own status, `module` that of its module, `held`
that of the module where its package hands it out, `loads` that of a module that is loaded by its whole name,
`use` a use through the module, `reach` one through a plain `import a.b`, `either` the worse of name and module,
`typing` advice at most, `there` a use of what was asked for before, `fallback` and `missing_name` a use or an
import with a handler, `spelled` a string that is a module's name, and perhaps a function's too.
A line without a mark must have no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from csv import DictReader
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from name_tables import ROOT, NameRow, in_force, status_column

MARK = "#!"
_SEVERITY = {"broken": "ERROR", "warns": "WARNING", "changed": "WARNING", "ok": ""}
_RANK = {"": 0, "INFO": 1, "WARNING": 2, "ERROR": 3}


@dataclass(frozen=True)
class Fact:
    """One row on one target, with what is known of the module around it."""

    row: NameRow
    own: str  # the severity of the name itself
    loaded: str  # that of a module whose whole name an import statement spells
    around: str  # that of the module around it, loaded so
    held: str  # that of the module around it, as a name in its package
    patched: str  # its own, reached by attributes alone: through a module that its package still hands out
    reached: str  # that of `a.b.name` after `import a.b`
    new: str  # an import of the replacement that works on this target, as `name`; empty where there is none
    callable: bool  # whether the module around it is a module at all

    @property
    def old(self) -> str:
        return self.row.old

    @property
    def is_module(self) -> bool:
        """Whether the name is a module's."""
        return self.row.cells["kind"] == "module"

    @property
    def module(self) -> str:
        """What the name is imported from."""
        return self.old.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.old.rpartition(".")[2]

    def values(self, pack: str, unit: str) -> dict[str, str]:
        """What the snippets' fields stand for."""
        parent, _, tail = self.module.rpartition(".")
        alternative = self.new or f"{self.name} = None"
        return {
            "old": self.old, "M": self.module, "N": self.name, "P": parent, "T": tail, "new": alternative,
            "k": pack, "u": unit,
        }  # fmt: skip

    def right(self, mark: str) -> frozenset[str]:
        """The severities that are right on a line with this mark."""
        if mark == "use" or mark == "reach":
            here = self.own if mark == "use" else max(self.own, self.reached, key=_RANK.__getitem__)
            told = _RANK[self.around] >= _RANK[here]  # where the import stands: saying it twice is no fault
            return frozenset({"", "WARNING", "ERROR"} if told and self.around else {here})
        if mark == "either":
            return frozenset({max(self.own, self.around, key=_RANK.__getitem__)})
        if mark == "typing":
            return frozenset({"INFO" if self.own else ""})
        if mark == "fallback":  # a missing name is caught; what warns works
            return self.right("use") | {""}
        if mark == "there":  # looked at only where it is to be had
            return self.right("use") - {"ERROR"} | {""} if self.own == "ERROR" else self.right("use")
        if mark == "missing_name":  # the handler catches missing modules alone
            return frozenset({"" if self.around == "ERROR" else self.own})
        if mark == "spelled":
            return frozenset({self.held if self.callable else ""})
        plain = {"own": self.own, "loads": self.loaded, "held": self.held, "patched": self.patched}
        return frozenset({plain.get(mark, self.around)})


class Facts:
    """All rows on one target."""

    def __init__(self, rows: Iterable[NameRow], target: str) -> None:
        self.target = target
        self.rows = {row.old: row for row in [*rows, *in_force(rows, target)]}

    @property
    def rules(self) -> list[str]:
        """The ids of the rules that the rows belong to."""
        tables = {row.table for row in self.rows.values()}
        return sorted("".join(word.capitalize() for word in table.split("_")) + "Rule" for table in tables)

    @cached_property
    def _unreachable(self) -> set[str]:
        return self._broken("unreachable_modules")

    @cached_property
    def _attribute_only(self) -> set[str]:
        return self._broken("attribute_only_modules")

    def _broken(self, table: str) -> set[str]:
        with (ROOT / "rules" / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            column = status_column(self.target)
            return {line["module"] for line in DictReader(lines) if line[column] == "broken"}

    def loads(self, module: str) -> str:
        """The severity of a statement that loads a module by its whole name."""
        return "ERROR" if module in self._attribute_only else self.severity(module)

    def severity(self, dotted: str) -> str:
        """The severity of reaching a dotted name: its own row's, or that of a module above that is gone."""
        row = self.rows.get(dotted)
        if row is not None:
            return _SEVERITY[row.status(self.target)]
        above = dotted.rpartition(".")[0]
        return "ERROR" if above and self.severity(above) == "ERROR" else ""

    def fact(self, row: NameRow) -> Fact:
        """A row as the snippets need it."""
        parts = row.old.split(".")
        above = {".".join(parts[:count]) for count in range(2, len(parts))}
        around = self.rows.get(row.old.rpartition(".")[0])
        return Fact(
            row=row,
            own=self.severity(row.old),
            loaded=self.loads(row.old),
            around=self.loads(row.old.rpartition(".")[0]),
            held=self.severity(row.old.rpartition(".")[0]),
            patched=self._patched(row),
            reached="ERROR" if above & self._unreachable else "",
            new=self._replacement(row),
            callable=around is not None and around.cells["kind"] != "module",
        )

    def _patched(self, row: NameRow) -> str:
        above, _, name = row.old.rpartition(".")
        module = self.rows.get(above)
        if module is None or above not in self._attribute_only or not self.severity(row.old):
            return self.severity(row.old)
        there = self.rows.get(f"{module.new}.{name}")
        known = there is not None and there.status(self.target) != "broken"
        return self.severity(above) if known else self.severity(row.old)

    def _replacement(self, row: NameRow) -> str:
        new, name = row.new, row.old.rpartition(".")[2]
        if not new or ":" in new or self.severity(new):
            return ""
        if row.cells["kind"] == "module" or "." not in new:
            return f"import {new} as {name}"
        module, _, last = new.rpartition(".")
        return f"from {module} import {last} as {name}"


@dataclass(frozen=True)
class Form:
    """A way of reaching a name, as `sweep_forms.txt` has it. `--- path` in the text begins another file."""

    name: str
    text: str
    what: str = "any"  # names (no modules), modules, any
    only: str = ""  # only rows whose own / around severity is ERROR; `new`: only those with a replacement

    def applies(self, fact: Fact) -> bool:
        """Whether the form makes sense for a row."""
        if re.search(rf"\b{re.escape(fact.name)}\b", self.text):
            return False  # the snippet calls something of its own by this name
        through = any(f"{MARK} {mark}" in self.text for mark in ("use", "reach", "module", "either", "fallback"))
        if (through and (fact.callable or fact.module == "airflow")) or not fact.module:
            return False
        if self.what != "any" and (self.what == "modules") is not fact.is_module:
            return False
        needed = {"": True, "own": fact.own == "ERROR", "around": fact.around == "ERROR", "new": bool(fact.new)}
        return needed[self.only]


def _read(text: str) -> Iterator[Form]:
    """The forms of a text in which `=== name [words]` begins a snippet."""
    for block in text.split("\n=== ")[1:]:
        title, _, code = block.partition("\n")
        name, _, words = title.partition(" [")
        wanted = words.rstrip("]").split()
        what = next((word for word in wanted if word in ("names", "modules")), "any")
        only = next((word for word in wanted if word in ("own", "around", "new")), "")
        yield Form(name, code.rstrip(), what, only)


FORMS = tuple(_read(Path(__file__).with_suffix(".txt").read_text("utf-8")))
