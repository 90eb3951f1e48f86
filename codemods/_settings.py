"""What a file sets, as an option of the configuration: written as one, or as the variable that stands for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from upgradecheck.linking.deployment import Moved, Option, Variable
from upgradecheck.model import Edit
from upgradecheck.python.borrowed import Way, mark
from upgradecheck.rulebook.facts import Rule, cells, load, lookup, minors, runs_on
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

_TABLE = "config_option"


class Row(Struct, frozen=True):
    """What becomes of an option that is set: one line of the table of options.

    ``new_from``: the least minor that knows the new name; ``new_2x``: the 2.x that does.
    """

    section: str
    option: str
    statuses: tuple[str, ...]
    new_section: str
    new_option: str
    new_from: str
    new_2x: str
    provider: str
    safety: str
    reason: str
    advice: str
    rule: str

    @property
    def name(self) -> str:
        """The subject of findings."""
        return f"{self.section}.{self.option}"

    def status(self, target: str) -> str:
        """What becomes of it on the target."""
        return self.statuses[minors().index(target)]

    @property
    def since(self) -> str:
        """The first minor in which it is not what it was."""
        return next(m for m, status in zip(minors(), self.statuses, strict=True) if status != FINE)

    def renamed(self, target: str) -> bool:
        """Whether the target knows it under a new name."""
        return bool(self.new_option) and runs_on(self.new_2x, self.new_from, target)


@cache
def rows() -> dict[tuple[str, str], Row]:
    """The table, by section and option."""
    table = next(rule for rule in load() if rule.stem == _TABLE)
    first = table.header.index("set30")
    count = len(minors())
    found = {}
    for line in (line for lines in table.lines.values() for line in lines):
        section, option, *_ = values = cells(line)
        told = values[first:]
        found[section, option] = Row(section, option, tuple(told[:count]), *told[count : count + 9])
    return found


def told_by(rule: Rule, row_rule: str) -> bool:
    """Whether a row is this rule's; without a name it is that of the rule whose table it stands in."""
    return rule.id == row_rule if row_rule else rule.stem in (_TABLE, "config_value")


class Setting(Struct, frozen=True, eq=False):
    """An option that is set. ``suffix``: what it is set to is not the value, but tells where that is to be had."""

    section: str
    option: str
    suffix: str
    use: Variable | Option

    @property
    def value(self) -> Text | None:
        """The value as far as it is written out."""
        return None if self.suffix else self.use.value

    def spelled(self, section: str, option: str) -> str:
        """How an option is written in this place."""
        if isinstance(self.use, Option):
            return f"[{section}] {option}{self.suffix}"
        scheme = lookup("variable_schemes")[0]
        return f"{scheme['prefix']}{section}{scheme['separator']}{option}{self.suffix}".upper()

    @property
    def beside(self) -> Iterator[tuple[str, str]]:
        """The other options that are set in the same place: section and name."""
        if isinstance(self.use, Option):
            yield from self.use.beside
            return
        for name in self.use.beside:
            if found := _named(name):
                yield found

    def rival(self, row: Row) -> str:
        """Another option that is set beside it and becomes the same one; "" if there is none."""
        for name in self.beside:
            other = rows().get(name)
            same = other and (other.new_section, other.new_option) == (row.new_section, row.new_option)
            if same and other and name != (row.section, row.option):
                return self.spelled(*name)
        return ""

    def move(self, section: str, option: str, edits: tuple[Edit, ...], scene: Scene) -> Moved:
        """Write it under another name, with edits made in its value."""
        if isinstance(self.use, Option):
            return self.use.move(section, f"{option}{self.suffix}", edits)
        new = self.spelled(section, option)
        if new in self.use.beside:
            return f"{new} is set beside it"
        if self._asked_for(scene):
            return "other files ask for it by this name: write them anew together"
        if not self.use.name.editable:
            return "its name is not written in one piece"
        return (self.use.name.edit(scene.document.name, new), *edits)

    def _asked_for(self, scene: Scene) -> bool:
        """Whether something in the project asks for the variable by its name."""
        if isinstance(self.use, Option):
            return False
        ways = [Way.CODE]
        if scene.content[0] in ("env", "shell"):
            ways.append(Way.FILE)
        if self.use.keyed:
            ways.append(Way.KEY)
        return any(scene.project.requires(mark(way, self.use.name.value)) for way in ways)

    def remove(self, scene: Scene) -> Moved:
        """Take it out, with the lines that it stands on."""
        if self._asked_for(scene):
            return "other files ask for it by this name: take it out together"
        if self.use.entry is None:
            return "what stands around it has to stay: take it out by hand"
        return (Edit(scene.document.name, *self.use.entry, ""),)


def setting(use: Variable | Option) -> Setting | None:
    """What is set; None where it is no option, or none that any table knows something about."""
    if isinstance(use, Option):
        section, option = use.section, use.name.value
    else:
        name = use.name.value
        if key := next((row for row in lookup("option_keys") if row["key"] == name), None):
            return Setting(key["section"], key["option"], "", use)
        found = _named(name)
        if found is None:
            return None
        section, option = found
    return _plain(section.lower(), option.lower(), use)


def _named(name: str) -> tuple[str, str] | None:
    """The option that a variable's name stands for: section and name."""
    scheme = lookup("variable_schemes")[0]
    if not name.startswith(scheme["prefix"]) or name != name.upper():
        return None
    section, _, option = name[len(scheme["prefix"]) :].lower().partition(scheme["separator"])
    return section, option


def _plain(section: str, option: str, use: Variable | Option) -> Setting | None:
    """The option without the suffix of its variants."""
    if (section, option) not in rows():
        for suffix in (row["suffix"] for row in lookup("option_suffixes")):
            if option.endswith(suffix) and (section, option.removesuffix(suffix)) in rows():
                return Setting(section, option.removesuffix(suffix), suffix, use)
    return Setting(section, option, "", use)
