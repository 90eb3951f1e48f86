"""The index of all names that rules have rows about, and what a row says on a target version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.rulebook.facts import Rule, cells, lookup, minors, number, runs_on

COLUMNS = "old,kind,s30,s31,s32,s33,new,new_from,new_2x,provider,provider_min,safety,reason,advice,evidence"
GONE = "broken"
FINE = "ok"
_T = TypeVar("_T")


class NameRow(Struct, frozen=True):
    """One line of a names table; ``statuses`` in the order of `facts.minors`."""

    old: str
    kind: str
    statuses: tuple[str, ...]
    new: str
    new_from: str
    new_2x: str
    provider: str
    provider_min: str
    safety: str
    reason: str
    advice: str
    fallback: str = ""  # with it, the new name is imported under a guard (see `bridges`)

    def runs_on(self, version: str) -> bool:
        """Whether code with the new name runs on a version, as far as was measured."""
        return runs_on(self.new_2x, self.new_from, version)

    @property
    def home(self) -> tuple[str, str]:
        """The replacement as (module to import, object in it); the object is empty for a module."""
        if ":" not in self.new and (self.kind == "module" or "." not in self.new):
            return self.new, ""
        module, _, name = self.new.partition(":") if ":" in self.new else self.new.rpartition(".")
        return module, name


class Hit(Struct, frozen=True):
    """What the tables say about a dotted name on the target."""

    symbol: str  # the row's name: the dotted name itself, or the module above it that is gone
    rule_id: str
    row: NameRow  # for the replacement: the row with the highest new_from up to the target
    status: str
    since: str  # the minor from which on the name has had this status, without a break
    advice: str


NAMES = ("old", "kind")  # how the heads of tables of names begin


class Symbols:
    """All names tables as one index. Rows are parsed when they are asked for."""

    def __init__(
        self, rules: Iterable[Rule], target: str, bridged: Callable[[NameRow], NameRow] = lambda row: row
    ) -> None:
        self.target = target
        self.bridged = bridged
        self._tables = [rule for rule in rules if rule.header[:2] == NAMES]
        self._hits: dict[str, Hit | None] = {}
        self._standing: dict[str, tuple[str, list[str]]] = {}
        self._linked: dict[object, Any] = {}

    def linked(self, kind: Callable[[Symbols], _T]) -> _T:
        """A further index that stands on this one, made once."""
        if kind not in self._linked:
            self._linked[kind] = kind(self)
        return cast("_T", self._linked[kind])

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages that rows are about."""
        return frozenset(top for rule in self._tables for top in rule.tops())

    def find(self, dotted: str) -> Hit | None:
        """What is known of a dotted name: its own row, that of a class it is a member of, or of a
        module above it that is gone. None: nothing known against it."""
        if dotted not in self._hits:
            self._hits[dotted] = self._find(dotted)
        return self._hits[dotted]

    def reach(self, dotted: str, base: str) -> Hit | None:
        """What is known of a name that code spells out from ``base`` on by attributes.

        Modules that 3.x makes up for old imports can be imported, but are no attributes of their package.
        """
        hit = self.find(dotted)
        if hit and hit.status == GONE and (module := self.handed_out(hit.symbol)):
            told = len(module.symbol) <= len(base)  # where the module is imported
            return module if told else replace(hit, status=module.status, since=module.since)
        if hit is None or hit.status == GONE or base.count(".") >= hit.symbol.count("."):
            return hit
        package = hit.symbol
        while (package := package.rpartition(".")[0]) and len(package) > len(base):
            statuses = _modules("unreachable_modules").get(package)
            if statuses and statuses[_index(self.target)] == GONE:
                since = min(hit.since, minors()[statuses.index(GONE)])
                return replace(hit, status=GONE, since=since)
        return hit

    def handed_out(self, symbol: str) -> Hit | None:
        """The module above a name that holds it as an attribute of its package, though it cannot be loaded."""
        module = symbol
        while module := module.rpartition(".")[0]:
            statuses = _modules("attribute_only_modules").get(module)
            if statuses and statuses[_index(self.target)] == GONE and (hit := self.find(module)):
                new = f"{hit.row.new}{symbol[len(module) :]}" if hit.row.new else ""
                there = new and not self._is_below_module(symbol, module) and self.there(new, self.target)
                return hit if hit.status != GONE and there else None
        return None

    def _is_below_module(self, symbol: str, package: str) -> bool:
        """Whether a name lies in a module of a package, which nobody loads by asking the package for it."""
        names = symbol[len(package) + 1 :].split(".")[:-1]
        rows = (self._lines(f"{package}.{name}")[1] for name in names[:1])
        return any(parse(lines[0]).kind == "module" for lines in rows if lines)

    def load(self, dotted: str, module: str) -> Hit | None:
        """What is known of a name whose ``module`` a statement loads by its whole name.

        Modules that 3.x hands out as attributes of their package cannot be loaded so.
        """
        hit = self.find(dotted)
        if hit is None or hit.status == GONE or not f"{module}.".startswith(f"{hit.symbol}."):
            return hit
        statuses = _modules("attribute_only_modules").get(hit.symbol)
        if statuses and statuses[_index(self.target)] == GONE:
            return replace(hit, status=GONE, since=minors()[statuses.index(GONE)])
        return hit

    def unloadable(self, module: str) -> bool:
        """Whether loading this module by its whole name fails on the target."""
        hit = self.load(module, module)
        return hit is not None and hit.status == GONE

    def broken(self, dotted: str) -> bool:
        """Whether reaching this name fails on the target."""
        hit = self.find(dotted)
        return hit is not None and hit.status == GONE

    def points_to(self, dotted: str) -> bool:
        """Whether some row names this as a replacement."""
        return dotted in self._replacements

    def there(self, dotted: str, minor: str) -> bool | None:
        """Whether a name can be had on a minor; None where no table tells."""
        if lines := self._lines(dotted)[1]:
            return parse(lines[0]).statuses[_index(minor)] != GONE
        least = self._replacements.get(dotted)
        if least is None:
            return False if self.broken(dotted) else None
        return number(least) <= number(minor)

    @cached_property
    def _replacements(self) -> dict[str, str]:
        """Each replacement, with the least minor for which a row names it."""
        found: dict[str, str] = {}
        column = 2 + len(minors())
        for line in (line for rule in self._tables for line in rule.lines.each()):
            new, new_from = line.split(",", column + 2)[column : column + 2]
            name = new.replace(":", ".")
            if name and number(new_from) < number(found.get(name, "9")):
                found[name] = new_from
        return found

    def _lines(self, symbol: str) -> tuple[str, list[str]]:
        """The table that a symbol stands in, by its rule's id, and the lines about it."""
        if symbol not in self._standing:
            found = ((rule.id, lines) for rule in self._tables if (lines := rule.of(symbol)))
            self._standing[symbol] = next(found, ("", []))
        return self._standing[symbol]

    def _find(self, dotted: str) -> Hit | None:
        symbol = dotted
        while not self._lines(symbol)[1]:
            symbol = symbol.rpartition(".")[0]
            if not symbol:
                return None
        hit = self._hit(symbol)
        if symbol != dotted and hit.row.kind == "module" and hit.status == FINE:
            return None
        return hit

    def _hit(self, symbol: str) -> Hit:
        rule_id, lines = self._lines(symbol)
        rows = [parse(line) for line in lines]
        order = minors()
        fitting = [row for row in rows if not row.new_from or _index(row.new_from) <= _index(self.target)]
        row = self.bridged(fitting[-1]) if fitting else _without_home(rows[0], self.target)
        status = row.statuses[_index(self.target)]
        start = _index(self.target)
        while start and row.statuses[start - 1] == status:
            start -= 1
        advice = row.advice or self._inherited(symbol)
        return Hit(symbol, rule_id, row, status, order[start] if status != FINE else "", advice)

    def _inherited(self, symbol: str) -> str:
        """The advice of the nearest module above."""
        while symbol := symbol.rpartition(".")[0]:
            for line in self._lines(symbol)[1]:
                if advice := parse(line).advice:
                    return advice
        return ""


@cache
def _modules(table: str) -> dict[str, list[str]]:
    """A lookup table of modules: how one way of reaching each fares, minor by minor."""
    columns = [row["column"] for row in lookup("releases")]
    return {row["module"]: [row[c] for c in columns] for row in lookup(table)}


@cache
def parse(line: str) -> NameRow:
    """A names table's line."""
    old, kind, *rest = cells(line)
    count = len(minors())
    statuses, (new, new_from, new_2x, provider, minimum, safety, reason, advice, _) = (
        rest[:count],
        rest[count:],
    )
    return NameRow(old, kind, tuple(statuses), new, new_from, new_2x, provider, minimum, safety, reason, advice)


def not_fine(rule: Rule, target: str) -> Callable[[str], bool]:
    """Whether a name stands in a rule's table and the target does not take it as it is."""
    column = 2 + _index(target)

    def test(dotted: str) -> bool:
        lines = rule.of(dotted)
        return bool(lines) and lines[0].split(",", column + 1)[column] != FINE

    return test


def _without_home(row: NameRow, target: str) -> NameRow:
    reason = f"{row.new} exists only from Airflow {row.new_from}, the target is {target}"
    return NameRow(row.old, row.kind, row.statuses, "", "", "", "", "", "none", reason, row.advice)


def _index(minor: str) -> int:
    return minors().index(minor)


def callables(table: str) -> dict[str, str]:
    """A lookup table of dotted callables: name → kind."""
    return {row["callable"]: row["kind"] for row in lookup(table)}
