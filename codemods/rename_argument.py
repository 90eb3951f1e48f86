"""An argument that has another name now: found in every call that reaches its owner, renamed where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.argumenttext import key_place
from upgradecheck.facts import Handler, Rule
from upgradecheck.model import Edit, Fix
from upgradecheck.occurrences import Argument, Call
from upgradecheck.scene import Scene

from ._arguments import editable, listen
from ._rename import Declined, when_runs
from ._rows import Row, words


def triggers(rule: Rule, target: str) -> Iterator[str]:
    """The old names."""
    yield from words(rule, target)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    return listen(rule, _renamed)


def _renamed(row: Row, call: Call, argument: Argument, scene: Scene) -> Fix:
    new, unsafe = row.cell("new"), row.cell("safety") == "unsafe"
    if row.cell("safety") == "none":
        raise Declined(row.cell("reason") or "it takes more than another name")
    if call.argument(new):
        raise Declined(f"`{new}` is given as well")
    editable(scene, call, argument, row)
    found = key_place(scene.source, argument.node)
    if found is None:
        raise Declined("its name is written in parts or with escapes")
    return Fix(
        f"Rename the argument to {new}", "unsafe" if unsafe else "safe",
        when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version),
        (Edit(scene.document.name, *found, new),), caution=row.cell("reason") if unsafe else "",
    )  # fmt: skip
