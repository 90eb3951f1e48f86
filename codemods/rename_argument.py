"""An argument that has another name now: found in every call that reaches its owner, renamed where it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.argumenttext import key_place, without
from upgradecheck.facts import Handler, Rule
from upgradecheck.model import Edit, Fix
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.scene import Scene
from upgradecheck.triggers import Owned, Trigger

from ._arguments import freed, listen
from ._holder import editable
from ._rename import Declined, when_runs
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The old names."""
    yield from (Owned(row.name, row.owner) for row in Table(rule).not_fine(target))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    return listen(rule, _renamed)


def _renamed(row: Row, call: Call, argument: Argument, scene: Scene) -> Fix:
    new, unsafe = row.cell("new"), row.cell("safety") == "unsafe" and not _granted(row, call)
    if row.cell("safety") == "none":
        raise Declined(row.cell("reason") or "it takes more than another name")
    editable(scene, call, argument, row)
    if (other := call.argument(new, argument)) is not None:
        return _dropped(scene, argument, other, new)
    found = key_place(scene.source, argument.node)
    if found is None:
        raise Declined("its name is written in parts or with escapes")
    return Fix(
        f"Rename the argument to {new}", "unsafe" if unsafe else "safe",
        when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version),
        (Edit(scene.document.name, *found, new),), caution=row.cell("reason") if unsafe else "",
    )  # fmt: skip


def _granted(row: Row, call: Call) -> bool:
    """Whether another argument, which the row names, makes the rename safe: ``name=literal``."""
    name, _, literal = row.cell("safe_if").partition("=")
    value = getattr(call.argument(name), "value", None) if name else None
    return isinstance(value, ast.Constant) and repr(value.value) == literal


def _dropped(scene: Scene, argument: Argument, other: Argument, new: str) -> Fix:
    """Both names are given: with one value, the old one can go."""
    sure = other.way <= argument.way and argument.place is not Place.ITEM
    same = sure and argument.value and other.value and ast.dump(argument.value) == ast.dump(other.value)
    cut = without(scene.source, argument.node, argument.value) if same else None
    if cut is None:
        raise Declined(f"`{new}` is given as well")
    edits = (Edit(scene.document.name, *cut, ""),)
    return Fix(f"Take it out: {new} says the same", "safe", "now", edits, frees=freed(scene, argument.value))
