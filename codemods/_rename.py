"""What a rewrite of names shares: may a use take the new name, who else sees the old one, how the fix is put."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from upgradecheck.model import Edit, Fix, Free, Need, When
from upgradecheck.python.scopes import Binding, Reference, import_target
from upgradecheck.python.spelling import mentions, place
from upgradecheck.rulebook.facts import below, minors, runs_on
from upgradecheck.rulebook.symbols import NameRow
from upgradecheck.scene import Scene

from ._refused import refused

_TOLD = 3  # new names in a description


class Declined(Exception):
    """No rewrite would be right; the message is the reason."""


def made(
    scene: Scene, rows: list[NameRow], edits: Iterable[Edit] = (), needs: Iterable[Need] = (),
    frees: Iterable[Free] = (), caution: str = "",
) -> Fix:  # fmt: skip
    """A fix that is as safe, and runs as early, as the rows it comes from."""
    unsafe = [row for row in rows if row.safety != "safe"]
    caution = caution or (unsafe[0].reason if unsafe else "")
    when: When = "now" if all(row.fallback or row.runs_on(scene.from_version) for row in rows) else "cutover"
    description = f"Replace with {_named(rows)}"
    if argument := next(filter(None, (refused(scene, row) for row in rows)), ""):
        when = "cutover"
        description += f", which takes no `{argument}` on {scene.from_version}"
    safety = "unsafe" if caution or unsafe else "safe"
    return Fix(description, safety, when, _once(edits), _once(needs), _once(frees), caution)  # type: ignore[arg-type]


def _named(rows: Iterable[NameRow]) -> str:
    """The new names in words, without those that are reached through others of them."""
    names = {row.new.replace(":", ".") for row in rows}
    told = sorted(name for name in names if not below(name.rpartition(".")[0], frozenset(names)))
    return f"{', '.join(told[:_TOLD])}{f' and {len(told) - _TOLD} more' if len(told) > _TOLD else ''}"


def _once(items: Iterable) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(items))


def need(row: NameRow, module: str, name: str, bound: str, anchor: int) -> Need:
    """The import of a row's new name, guarded where the row asks for it."""
    return Need(module, name, bound, anchor, row.fallback, row.provider if row.fallback else "")


def when_runs(new_2x: str, new_from: str, version: str) -> When:
    """When a rewrite to what is there from these versions on may be merged; no ``new_from``: on every target."""
    return "now" if runs_on(new_2x, new_from or minors()[0], version) else "cutover"


def home(row: NameRow) -> tuple[str, str]:
    """Where the new name is: (module, name)."""
    if not row.new:
        raise Declined(row.reason or "nothing replaces it")
    return row.home


def importable(row: NameRow) -> tuple[str, str]:
    """Where the new name is, if one import brings it."""
    module, name = home(row)
    if "." in name:
        raise Declined(f"it is an attribute of `{module}.{name.partition('.')[0]}` now")
    return module, name


def meant(scene: Scene, binding: Binding) -> list[Reference]:
    """All references that may mean this binding."""
    return [
        reference
        for reference in scene.scopes.references
        if reference.root == binding.name and binding in scene.scopes.bindings(reference)
    ]


def exported(scene: Scene, binding: Binding) -> bool:
    """Whether others may get the name from where it is bound: from the module, or from a class."""
    if binding in scene.scopes.scope.bindings.get(binding.name, ()):
        return scene.exported(binding.name)
    return binding.block.scope.kind == "class"


def mentioned(scene: Scene, name: str) -> bool:
    """Whether the document speaks of a name where no reference shows it."""
    return name in mentions(scene.source.text, scene.scopes)


def may_rename(scene: Scene, binding: Binding, references: list[Reference], module: str, name: str) -> bool:
    """Whether every use can take the new name: nobody else sees the old one, nothing has the new one."""
    bound = scene.scopes.bound[binding.name]
    if not all(b is binding or _same(b, binding) for b in bound) or exported(scene, binding):
        return False
    if mentioned(scene, binding.name):
        return False
    return all(is_spelled(scene, r) for r in references) and is_free(scene, name, f"{module}.{name}")


def _same(one: Binding, other: Binding) -> bool:
    """Whether two bindings are the same import, made twice in one suite or for scopes of their own."""
    apart = one.scope is not other.scope
    return one.kind == "from" and one.target == other.target and (apart or one.block is other.block)


def is_free(scene: Scene, name: str, target: str) -> bool:
    """Whether a name is unused in the document, or stands for ``target`` wherever it is bound."""
    if hasattr(builtins, name) or _brought(scene, name, target) or mentioned(scene, name):
        return False
    if any(binding.target != target for binding in scene.scopes.bound.get(name, ())):
        return False
    uses = [reference for reference in scene.scopes.references if reference.root == name]
    return not any(_written(use) or use.scope.owner(name) is None for use in uses)


def _brought(scene: Scene, name: str, target: str) -> bool:
    """Whether a star import may bring a name that stands for something else: what the project's own modules offer
    is known."""
    for binding in scene.scopes.bound.get("*", ()):
        assert isinstance(binding.node, ast.ImportFrom)
        dotted = import_target(binding.node, name)
        found = scene.project.resolve(dotted)
        if any(one.name != target for one in found):
            return True
    return False


def _written(reference: Reference) -> bool:
    return reference.store and not reference.attributes


def is_spelled(scene: Scene, reference: Reference) -> bool:
    """Whether the name that a reference begins with can be replaced where it stands."""
    return not _written(reference) and place(scene.source, scene.scopes, reference, reference.nodes[0]) is not None


def renamed(scene: Scene, reference: Reference, name: str) -> Edit:
    """Another name in place of the one that a reference begins with."""
    found = place(scene.source, scene.scopes, reference, reference.nodes[0])
    assert found is not None
    return Edit(scene.document.name, *found, name)
