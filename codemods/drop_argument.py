"""An argument that nothing takes any more: found in every call that reaches its owner, taken out."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.linking.triggers import Owned, Trigger
from upgradecheck.model import Edit, Fix
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.argumenttext import without
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._arguments import freed, is_one_of, listen
from ._holder import editable
from ._rename import Declined
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names of arguments."""
    yield from (Owned(row.name, row.owner) for row in Table(rule).not_fine(target))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    return listen(rule, _dropped)


def _dropped(row: Row, call: Call, argument: Argument, scene: Scene) -> Fix:
    safety = row.cell("safety")
    if is_one_of(argument, row.cell("safe_for").split(), scene):
        safety = "safe"  # what it asks for is what the target does
    if safety not in ("safe", "unsafe"):
        raise Declined(row.cell("reason") or "what it did has to be done in another way")
    editable(scene, call, argument, row)
    if argument.place is Place.ITEM:
        raise Declined(f"`{row.name}` is set by a statement of its own")
    cut = argument.cut if argument.place is Place.ENTRY else without(scene.source, argument.node, argument.value)
    if cut is None:
        raise Declined("where the argument ends cannot be told")
    return Fix(
        f"Take {row.name} out",
        "safe" if safety == "safe" else "unsafe",
        "cutover" if row.cell("when") == "cutover" else "now",  # 2.x may need it
        (Edit(scene.document.name, *cut, ""),), frees=freed(scene, argument.value),
        caution=row.cell("reason") if safety == "unsafe" else "",
    )  # fmt: skip
