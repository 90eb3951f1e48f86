"""Values of options that the target does not take, or takes for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from upgradecheck.model import Edit
from upgradecheck.rulebook.facts import cells, load, minors
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._settings import Setting

_TABLE = "config_value"
_ITEM = re.compile(r"[^,\s][^,]*[^,\s]|[^,\s]")


class Value(Struct, frozen=True):
    """One line of the table of values. ``form``: how ``value`` is compared (see the table's page)."""

    section: str
    option: str
    value: str
    form: str
    statuses: tuple[str, ...]
    new: str
    new_from: str
    new_2x: str
    safety: str
    reason: str
    advice: str
    rule: str

    def status(self, target: str) -> str:
        """What becomes of it on the target."""
        return self.statuses[minors().index(target)]

    @property
    def since(self) -> str:
        """The first minor that takes it otherwise."""
        return next(m for m, status in zip(minors(), self.statuses, strict=True) if status != FINE)


class Hit(Struct, frozen=True, eq=False):
    """A value that the table knows, and where it is written."""

    row: Value
    text: Text


@cache
def _rows() -> dict[tuple[str, str], list[Value]]:
    table = next(rule for rule in load() if rule.stem == _TABLE)
    count = len(minors())
    found: dict[tuple[str, str], list[Value]] = {}
    for line in (line for lines in table.lines.values() for line in lines):
        section, option, value, form, *rest = cells(line)
        row = Value(section, option, value, form, tuple(rest[:count]), *rest[count : count + 7])
        found.setdefault((section, option), []).append(row)
    return found


def values(section: str, option: str, text: Text | None) -> Iterator[Hit]:
    """What the table knows of a value that is written out."""
    for row in _rows().get((section, option), ()) if text is not None else ():
        assert text is not None
        yield from (Hit(row, place) for place in _places(row, text))


def _places(row: Value, text: Text) -> Iterator[Text]:
    """Where a row's value stands in a text."""
    if row.form == "item":
        for found in _ITEM.finditer(text.value):
            if _bare(found[0]) == row.value:
                yield _part(text, found.start() + found[0].index(row.value), row.value)
    elif row.form == "text":
        if text.value.replace("%%", "%").strip() == row.value:  # in an INI file a percent sign stands twice
            yield text
    elif row.form == "dotted":
        if "." in text.value.strip():
            yield text
    elif row.form == "prefix":
        if text.value.startswith(row.value):
            yield _part(text, 0, row.value)
    elif row.form == "word":
        for word in re.finditer(rf"\b{re.escape(row.value)}\b", text.value):
            yield _part(text, word.start(), row.value)


def _bare(item: str) -> str:
    """An item without the alias or the team that may stand in front of it."""
    return item.strip("\"' ")


def _part(text: Text, start: int, value: str) -> Text:
    return text.part(start, start + len(value))


def replaced(found: Setting, scene: Scene) -> tuple[Edit, ...] | str:
    """Edits of what stands in a value and has to change when the option is written under a new name."""
    edits = []
    for hit in values(found.section, found.option, found.value):
        if hit.row.status(scene.target) == FINE:
            continue
        if hit.row.safety == "none":
            return hit.row.reason or "nothing takes the place of what it is set to"
        if not hit.text.editable:
            return "what it is set to is not written in one piece"
        edits.append(hit.text.edit(scene.document.name, hit.row.new))
    return tuple(edits)
