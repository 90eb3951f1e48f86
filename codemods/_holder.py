"""Entries of a dictionary that has a name: may one be changed without changing it for others?"""

from __future__ import annotations

from upgradecheck.linking.dictionaries import Passing
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.entries import Deed, deed
from upgradecheck.python.scopes import Binding, Reference
from upgradecheck.readers.calls import carriers, names_of, target_of
from upgradecheck.scene import Scene

from ._rename import Declined
from ._rows import Row


def editable(scene: Scene, call: Call, argument: Argument, row: Row) -> None:
    """Raises `Declined` where changing the argument would change it for others too."""
    if argument.name in call.read:
        raise Declined(f"the project's own code on the way looks at `{argument.name}`")
    if argument.place is Place.RETURNED:
        raise Declined("a function returns it: change it there, and what else calls that function")
    if argument.holder is not None:
        _Entry(scene, row, frozenset(filter(None, (argument.name, row.cell("new"))))).of(argument.holder, ())


class _Entry:
    """One entry, by its old and its new name."""

    def __init__(self, scene: Scene, row: Row, names: frozenset[str]) -> None:
        self.scene = scene
        self.row = row
        self.names = names

    def of(self, holder: Binding, above: tuple[Binding, ...]) -> None:
        """Raises `Declined` where a dictionary does more than to hand the entry to what the row is about."""
        name, scene = holder.name, self.scene
        if holder.scope is None or holder.scope.kind == "class":
            raise Declined(f"the dictionary `{name}` belongs to a class: others may use it")
        for reference in scene.dictionaries.references(holder):
            self._used(reference, holder, above)
        at_top = holder.scope is scene.scopes.scope
        if at_top and scene.project.used_elsewhere(name) and not scene.project.only_passed(name):
            raise Declined(f"other files use the dictionary `{name}` for other things too")
        passed = scene.project.passed(name) if at_top else ()
        if any(p.how not in carriers() and self.row.owner not in names_of(scene, [p.callee]) for p in passed):
            raise Declined(f"the dictionary `{name}` also goes to something else")

    def _used(self, reference: Reference, holder: Binding, above: tuple[Binding, ...]) -> None:
        name, node = holder.name, reference.nodes[-1 if reference.attributes[-1:] != ("copy",) else 0]
        passings, derived = self.scene.dictionaries.passings.get(node), self.scene.dictionaries.derived.get(node)
        if passings:
            for passing in passings:
                self._passed(passing, name)
        elif derived:
            if derived not in above:
                self.of(derived, (*above, holder))
        else:
            done, keys = deed(reference)
            if done in (Deed.READ, Deed.TAKE) and not self.names.isdisjoint(keys):
                raise Declined(f"the entry of the dictionary `{name}` is looked at as well")
            if not keys or done in (Deed.WHOLE, Deed.OTHER):
                raise Declined(f"the dictionary `{name}` is used for other things too")

    def _passed(self, passing: Passing, name: str) -> None:
        if passing.how in carriers():
            return
        callees = target_of(self.scene, passing.call, passing.scope, passing.block)[2]
        if passing.how:
            raise Declined(f"the dictionary `{name}` is used for other things too")
        if self.row.owner not in names_of(self.scene, callees):
            raise Declined(f"the dictionary `{name}` also goes to something else")
