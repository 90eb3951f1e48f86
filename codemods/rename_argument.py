"""An argument that has another name now: found in every call that reaches its owner, renamed where it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.parameters import possible
from upgradecheck.linking.triggers import Owned, Together, Trigger
from upgradecheck.linking.values import UNKNOWN
from upgradecheck.model import Edit, Fix
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.argumenttext import key_place, without
from upgradecheck.python.constants import member
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._arguments import freed, is_one_of, listen
from ._holder import editable
from ._rename import Declined, when_runs
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The old names; also where an argument alone tells whose method is called."""
    rows = list(Table(rule).not_fine(target))
    yield from (Owned(row.name, row.owner) for row in rows)
    told = {(row["owner"], row["argument"]): row["method"] for row in lookup("own_methods")}
    for row in rows:
        if method := told.get((row.owner, row.name)):
            yield Together(row.name, frozenset(member(method)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    return listen(rule, _renamed)


def _renamed(row: Row, call: Call, argument: Argument, scene: Scene) -> Fix:
    new, unsafe = row.cell("new"), row.cell("safety") == "unsafe" and not _granted(row, call, scene)
    if row.cell("safety") == "none":
        raise Declined(row.cell("reason") or "it takes more than another name")
    editable(scene, call, argument, row)
    if _passed_over(row, argument, scene):
        return _cut(scene, argument, "it was passed over")
    other = call.argument(new, argument)
    if other is not None and not _wins(row, argument, other, scene):
        return _dropped(scene, argument, other, new)
    found = key_place(scene.source, argument.node)
    if found is None:
        raise Declined("its name is written in parts or with escapes")
    edits = (Edit(scene.document.name, *found, new), *(_without(scene, other) if other else ()))
    return Fix(
        f"Rename the argument to {new}", "unsafe" if unsafe else "safe",
        when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version),
        edits, caution=row.cell("reason") if unsafe else "",
    )  # fmt: skip


def _wins(row: Row, argument: Argument, other: Argument, scene: Scene) -> bool:
    """Whether the old name counts where both are given with two values, because 2.x passes over only some."""
    over = row.cell("passed_over").split()
    if not over or argument.value is None or other.way != argument.way or _same(argument, other):
        return False
    found = possible(scene, argument.value, argument.scope)
    return other.place is argument.place and not any(v is UNKNOWN or repr(v) in over for v in found)


def _granted(row: Row, call: Call, scene: Scene) -> bool:
    """Whether another argument, which the row names, makes the rename safe: ``name=literal``."""
    name, _, literal = row.cell("safe_if").partition("=")
    other = call.argument(name) if name else None
    return is_one_of(other, [literal], scene)


def _passed_over(row: Row, argument: Argument, scene: Scene) -> bool:
    """Whether 2.x does as if the argument were not given, for any value that it may have here."""
    return is_one_of(argument, row.cell("passed_over").split(), scene)


def _cut(scene: Scene, argument: Argument, why: str) -> Fix:
    edits = _without(scene, argument)
    return Fix(f"Take it out: {why}", "safe", "now", edits, frees=freed(scene, argument.value))


def _without(scene: Scene, argument: Argument) -> tuple[Edit]:
    """The edit that takes an argument out."""
    cut = argument.cut
    if argument.place not in (Place.ITEM, Place.ENTRY):
        cut = without(scene.source, argument.node, argument.value)
    if cut is None:
        raise Declined("where the argument ends cannot be told")
    return (Edit(scene.document.name, *cut, ""),)


def _same(argument: Argument, other: Argument) -> bool:
    return bool(argument.value and other.value and ast.dump(argument.value) == ast.dump(other.value))


def _dropped(scene: Scene, argument: Argument, other: Argument, new: str) -> Fix:
    """Both names are given: with one value, the old one can go."""
    sure = other.way <= argument.way and argument.place is not Place.ITEM
    if not (sure and _same(argument, other)):
        raise Declined(f"`{new}` is given as well")
    return _cut(scene, argument, f"{new} says the same")
