"""A gone name that is only one of several in a list: what names it is taken out of there."""

from __future__ import annotations

import ast

from upgradecheck.model import Edit, Fix, Free
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.argumenttext import without
from upgradecheck.python.scopes import Reference
from upgradecheck.scene import Scene

from ._around import parents
from ._drop import delete, offered
from ._named import asked
from ._rename import Declined, meant, mentioned

_HOLDERS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_CAUTION = "what goes through the list does nothing for it any more"


def unlisted(use: SymbolUse, scene: Scene, free: Free) -> Fix | None:
    """The fix for an imported name all of whose uses stand in lists beside others; None where one does not."""
    assert use.binding is not None
    references = meant(scene, use.binding)
    places = [_place(scene, reference) for reference in references]
    found = list(dict.fromkeys(place for place in places if place))
    others = len(scene.scopes.bound[use.binding.name]) > 1
    if not found or not all(places) or others or mentioned(scene, use.binding.name) or offered(scene, use.binding):
        return None
    if any(_left(holder, found) < 1 for holder, _ in found):
        return None
    delete(use.binding, scene, free)  # where that is declined, this is
    asks = all(id(holder) in asked(scene) for holder, _ in found)
    return Fix(
        "Take what names it out of the list", "safe" if asks else "unsafe", "cutover", _cuts(found, scene),
        frees=(free,), caution="" if asks else _CAUTION,
    )  # fmt: skip


def _place(scene: Scene, reference: Reference) -> tuple[ast.expr, ast.expr] | None:
    """The list that a reference stands in, and which item of it: the name alone, or a record with it."""
    if not isinstance(reference.parent, _HOLDERS):
        return None
    above = parents(scene)
    item = whole = reference.nodes[-1]
    while isinstance(holder := above.get(whole), _HOLDERS):
        item, whole = whole, holder
    if item is whole or reference.store or reference.text is not None:
        return None
    if isinstance(holder, ast.Assign) and not all(isinstance(target, ast.Name) for target in holder.targets):
        return None
    plain = isinstance(whole, ast.List | ast.Set) or id(whole) in asked(scene)
    return (whole, item) if plain else None


def _left(holder: ast.expr, found: list[tuple[ast.expr, ast.expr]]) -> int:
    """How many items stay."""
    return len(holder.elts) - sum(other is holder for other, _ in found)  # type: ignore[attr-defined]


def _cuts(found: list[tuple[ast.expr, ast.expr]], scene: Scene) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    for _, item in found:
        cut = without(scene.source, item, item)
        if cut is None or any(cut[0] < edit.end and edit.start < cut[1] for edit in edits):
            raise Declined("where the item ends cannot be told")
        edits.append(Edit(scene.document.name, *cut, ""))
    return tuple(edits)
