"""The lines of tables about arguments and members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from upgradecheck.facts import Rule, cells, minors
from upgradecheck.symbols import FINE


@dataclass(frozen=True)
class Row:
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
        parts = self.owner.split(".")
        return ".".join(parts[-2:]) if parts[-2][:1].isupper() else parts[-1]

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
        return next(number for number, column in enumerate(self.columns) if column.startswith("s3"))


def rows(rule: Rule, owner: str) -> Iterator[Row]:
    """The rows about exactly this name."""
    columns = tuple(rule.header)
    return (_row(columns, line) for line in rule.lines.get(owner, ()))


@cache
def _row(columns: tuple[str, ...], line: str) -> Row:
    return Row(columns, tuple(cells(line)))


def row_of(rule: Rule, owner: str, name: str, target: str) -> Row | None:
    """The row about an argument of exactly this callable: the highest ``new_from`` up to the target."""
    order = minors()
    best: Row | None = None
    for row in rows(rule, owner):
        from_ = row.cell("new_from")
        if row.name == name and (not from_ or order.index(from_) <= order.index(target)):
            best = row
    return best


def words(rule: Rule, target: str) -> Iterator[str]:
    """The names in the second column that are not fine on the target."""
    for owner in rule.lines:
        yield from (row.name for row in rows(rule, owner) if row.status(target) != FINE)


def rows_for(rule: Rule, names: tuple[str, ...], argument: str, target: str) -> Row | None:
    """The row of the nearest ancestor that has one for this argument."""
    return next((row for name in names if (row := row_of(rule, name, argument, target))), None)
