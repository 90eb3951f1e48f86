"""Bridges: replacements that run on the version a project comes from as well as on the target.

Rows of a names table say where a name is on the target. Where that home is not on the old version too, a
bridge stands in: a provider's name that hands back whichever object there is, or else a guarded import. What
neither can do is left as it is, and is for the cutover.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from msgspec.structs import replace

from upgradecheck.config import Options
from upgradecheck.rulebook.facts import Rule, lookup, number
from upgradecheck.rulebook.symbols import NameRow, parse

_BEYOND = "9999"  # a version above all that there are


class Bridges:
    """Turns rows into ones whose replacement runs on both versions, where that can be had.

    ``rules/tables/bridges.csv`` holds the bridges; which home each stands for on the target, a rule's names table.
    """

    def __init__(self, rules: Iterable[Rule], options: Options) -> None:
        self.options = options
        self._bridges = {row["bridge"]: row for row in lookup("bridges")}
        self._by_home: dict[str, str] = {}
        lines = {old: lines for rule in rules for old, lines in rule.lines.items() if old in self._bridges}
        for bridge in sorted(lines, key=len):  # of several with the same home, the one with the shortest path
            rows = [parse(line) for line in lines[bridge]]
            fitting = [row for row in rows if row.new and number(row.new_from) <= number(options.target)]
            if fitting:
                self._by_home.setdefault(fitting[-1].new, bridge)

    def __call__(self, row: NameRow) -> NameRow:
        """The row, with what takes its replacement's place on both versions."""
        if not row.new or row.old in self._bridges or self._runs(row):
            return row
        bridge = self._bridges.get(self._by_home.get(row.new, ""))
        if bridge and row.kind != "module":
            other = replace(
                row, new=bridge["bridge"], new_from=bridge["new_from"], new_2x=bridge["new_2x"],
                provider=bridge["provider"], provider_min=bridge["provider_min"],
            )  # fmt: skip
            if self._runs(other):
                return other
        return row if ":" in row.new else replace(row, fallback=row.old)

    def _runs(self, row: NameRow) -> bool:
        """Whether a row's replacement runs on the old version, in this project."""
        return row.runs_on(self.options.from_version) and self._allowed(row.provider, row.provider_min)

    def _allowed(self, provider: str, least: str) -> bool:
        """Whether the project has a provider, or nothing in its requirements keeps it from adding it."""
        if not least:
            return True
        return all(reaches(bounds, least) for name, bounds in self.options.pins if name == provider)


def proven() -> str:
    """The least version on which bridges were tried."""
    return min((row["new_2x"] for row in lookup("bridges")), key=number)


def early(options: Options) -> bool:
    """Whether bridges are asked for, from a version on which they were not tried."""
    return options.bridge and number(options.from_version) < number(proven())


@cache
def reaches(bounds: str, least: str) -> bool:
    """Whether specifiers leave room for a version, or for one above it."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    specifiers = SpecifierSet(bounds)
    named = [Version(specifier.version.removesuffix(".*")) for specifier in specifiers]
    above = [version for version in named if version >= Version(least)]
    return any(specifiers.contains(version) for version in (Version(least), Version(_BEYOND), *above))
