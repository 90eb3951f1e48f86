"""The lines of tables about arguments and members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property

from msgspec import Struct

from upgradecheck.rulebook.facts import Rule, cells, minors
from upgradecheck.rulebook.symbols import FINE


class Row(Struct, frozen=True, dict=True):
    """One line of a table about arguments or members; ``cell`` gives any column."""

    columns: tuple[str, ...]
    values: tuple[str, ...]

    def cell(self, column: str) -> str:
        """A column's value, "" where the table has no such column."""
        return self.values[self.columns.index(column)] if column in self.columns else ""

    @cached_property
    def owner(self) -> str:
        """What the row is about: the first column."""
        return self.values[0]

    @property
    def name(self) -> str:
        """The argument or member: the second column."""
        return self.values[1]

    @property
    def label(self) -> str:
        """How users call the owner: its last part, with the class for a method."""
        if label := self.cell("label"):
            return label
        parts = self.owner.split(".")
        return ".".join(parts[-2:]) if parts[-2:][0][:1].isupper() else parts[-1]

    @property
    def subject(self) -> str:
        """The subject of a finding."""
        return f"{self.label}.{self.name}"

    def status(self, target: str) -> str:
        """What becomes of it on the target."""
        return self.values[self._statuses + minors().index(target)]

    def since(self) -> str:
        """The first minor in which it is not fine."""
        cells = self.values[self._statuses : self._statuses + len(minors())]
        return next((minor for minor, cell in zip(minors(), cells, strict=True) if cell != FINE), "")

    @property
    def _statuses(self) -> int:
        return _first_status(self.columns)


@cache
def _first_status(columns: tuple[str, ...]) -> int:
    return next(number for number, column in enumerate(columns) if column.startswith("s3"))


class Table:
    """A rule's lines about arguments or members, each split once."""

    def __init__(self, rule: Rule) -> None:
        self._columns, self._lines = rule.header, rule.lines
        self._rows: dict[str, tuple[Row, ...]] = {}

    def of(self, owner: str) -> tuple[Row, ...]:
        """The rows about exactly this callable or class."""
        if owner not in self._rows:
            lines = self._lines.get(owner, [])
            self._rows[owner] = tuple(Row(self._columns, tuple(cells(line))) for line in lines)
        return self._rows[owner]

    def nearest(self, names: Iterable[str], name: str, target: str) -> Row | None:
        """The row about an argument or member, of the nearest ancestor that has one: the highest ``new_from``
        up to the target."""
        order = minors()
        for owner in names:
            rows = [row for row in self.of(owner) if row.name == name]
            begun = [row for row in rows if order.index(row.cell("new_from") or order[0]) <= order.index(target)]
            if begun:
                return begun[-1]
        return None

    def not_fine(self, target: str) -> Iterator[Row]:
        """The rows about what the target does not take as it is."""
        rows = (Row(self._columns, tuple(cells(line))) for line in self._lines.each())
        yield from (row for row in rows if row.status(target) != FINE)
