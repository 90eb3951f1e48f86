"""What the tables know of classes, and of the functions and decorators that make them: lines of descent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from upgradecheck.rulebook.facts import cells, index_lines, own_rules
from upgradecheck.rulebook.lines import Lines
from upgradecheck.rulebook.symbols import GONE, Symbols

_VARIADIC = "**"


class Classes:
    """Descent of names from outside the project, on the target version."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._known: dict[str, tuple[str, ...]] = {}

    def lineage(self, dotted: str) -> tuple[str, ...]:
        """The name itself, then what it is, descends from, or has been replaced by; nearest first.

        A method (``Class.method``) descends from the methods of that name.
        """
        if dotted not in self._known:
            self._known[dotted] = tuple(dict.fromkeys(self._lineage(dotted)))
        return self._known[dotted]

    def of_all(self, names: Iterable[str]) -> tuple[str, ...]:
        """The lines of descent of several names."""
        return tuple(dict.fromkeys(ancestor for name in names for ancestor in self.lineage(name)))

    def _lineage(self, dotted: str) -> Iterator[str]:
        pending, seen = [dotted], {dotted}
        while pending:
            name = pending.pop(0)
            yield name
            for parent in self._parents(name):
                if parent not in seen:
                    seen.add(parent)
                    pending.append(parent)

    def _parents(self, name: str) -> list[str]:
        if row := _row(name):
            return row[1].split()
        hit = self.symbols.find(name)
        if hit and hit.status == GONE and hit.row.new and hit.row.kind != "module":
            return [hit.row.new.replace(":", ".") + name[len(hit.symbol) :]]
        owner, _, method = name.rpartition(".")
        if _row(owner):
            return [f"{parent}.{method}" for parent in self.lineage(owner)[1:]]
        return []

    def kind(self, dotted: str) -> str:
        """``class``, ``decorator``, ``function``, or "" for a name that the table does not know."""
        return next((row[0] for name in self.lineage(dotted) if (row := _row(name))), "")

    def parameters(self, dotted: str) -> frozenset[str] | None:
        """The arguments that a class takes on the target's newest release, with those it inherits.

        None where the table does not know them all.
        """
        found: set[str] = set()
        for name in self.lineage(dotted):
            row = _row(name)
            if row is None:
                return None
            found.update(row[2].split())
        return frozenset(found - {_VARIADIC})


@cache
def _lines() -> Lines:
    return index_lines(own_rules() / "tables" / "classes.csv")


@cache
def _row(name: str) -> tuple[str, str, str] | None:
    """(kind, bases, parameters)."""
    lines = _lines().of(name)
    if not lines:
        return None
    _, kind, bases, parameters, *_ = cells(lines[0])
    return kind, bases, parameters
