"""Python files: which class the objects behind names and expressions are of, where that is plain to see."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from upgradecheck.linking import places
from upgradecheck.linking.callees import Family
from upgradecheck.model import Runs
from upgradecheck.occurrences import Form
from upgradecheck.python.annotations import alternatives
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Binding, Block, Reference, Scope, last_name
from upgradecheck.python.script import qualified_name
from upgradecheck.readers.calls import target_of
from upgradecheck.readers.contexts import Reader
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_CLASS = "class"
_STATIC = {"staticmethod", "classmethod"}
_NONE = Family((), frozenset())


class Instances:
    """Which class the objects behind names are of."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[Binding, Family] = {}
        self._contexts = Reader(scene, frozenset())

    def handed(self, value: ast.expr, scope: Scope, block: Block) -> Family | None:
        """The family of what a task's context holds, where an expression is that."""
        key = self._contexts.holds(value, scope)
        name = _holdings().get(key, "")
        runs = self.scene.project.runs(qualified_name(block)) if name else Runs.FUNCTION
        if runs is Runs.LISTENER and key not in places.listened():
            return None  # the database's own object, and nobody said so
        entry = "[" in self._contexts.sight.held(value, scope)
        return Family((name,), frozenset()) if name and (entry or runs.handed) else None

    def of(self, value: ast.expr, scope: Scope, block: Block) -> Family | None:
        """The family of any expression."""
        if isinstance(value, ast.Name):
            family = self.family_of(Reference(value.id, (), (value,), scope, block))
            return self.handed(value, scope, block) or (family if family.names else None)
        return self.kept(value, scope, block) or self.unnamed(value, scope, block)

    def kept(self, value: ast.expr, scope: Scope, block: Block) -> Family | None:
        """The family of what an object keeps in an attribute."""
        if found := self.handed(value, scope, block):
            return found
        owner = self.of(value.value, scope, block) if isinstance(value, ast.Attribute) else None
        if owner is None or not isinstance(value, ast.Attribute) or value.attr in owner.members:
            return None
        names = self.scene.classes.of_all(owner.names)
        held = next((_kept_ones()[name, value.attr] for name in names if (name, value.attr) in _kept_ones()), "")
        return Family((held,), frozenset()) if held else None

    def unnamed(self, value: ast.expr, scope: Scope, block: Block) -> Family | None:
        """The family of an expression that is no name."""
        made = self._made(value, scope, block) if isinstance(value, ast.Call) else []
        return self.handed(value, scope, block) or (_together(made) if made else None)

    def family_of(self, reference: Reference) -> Family:
        """The family of what a reference begins with; no names if that is not plain to see."""
        found = [self._family(binding) for binding in self.scene.scopes.bindings(reference)]
        return _together(found) if all(family.names for family in found) else _NONE

    def _family(self, binding: Binding) -> Family:
        if binding not in self._known:
            self._known[binding] = _NONE
            self._known[binding] = _together(self._families(binding))
        return self._known[binding]

    def _families(self, binding: Binding) -> list[Family]:
        value = binding.context or binding.value
        if isinstance(value, ast.Call) and binding.scope is not None:
            return self._made(value, binding.scope, binding.block)
        if isinstance(binding.node, ast.arg):
            return list(self._parameter(binding))
        return []

    def _made(self, call: ast.Call, scope: Scope, block: Block) -> list[Family]:
        """What a call makes: an object of a class, or whatever a function hands its arguments on to."""
        if families := self._called(call.func, scope, block):
            return families
        form, _, callees = target_of(self.scene, call, scope, block)
        classes = [callee.name for callee in callees if self.scene.classes.kind(callee.name) == _CLASS]
        return [Family(tuple(classes), frozenset())] if form is Form.CALL and classes else []

    def _parameter(self, binding: Binding) -> Iterator[Family]:
        """``self`` in a method of a class of this file, or a parameter with an annotation."""
        argument, block = binding.node, binding.block
        assert isinstance(argument, ast.arg)
        if argument.annotation is not None and binding.scope is not None:
            for node in alternatives(argument.annotation):
                yield from self._called(node, binding.scope, block)
            return
        around = block.node
        owner = binding.scope.parent if binding.scope else None
        if owner is None or owner.kind != _CLASS or not isinstance(around, ast.ClassDef) or owner.parent is None:
            return
        if not any(_is_self(function, argument) for function in around.body):
            return
        if owner.parent is self.scene.scopes.scope:
            yield from self._named([f":{around.name}"])
        else:
            yield from (family for base in around.bases for family in self._called(base, owner.parent, block))

    def _called(self, node: ast.expr, scope: Scope, block: Block) -> list[Family]:
        return self._named(callees_of(self.scene.scopes, node, scope, block))

    def _named(self, names: Iterable[str]) -> list[Family]:
        found = [family for dotted in names if (family := self.scene.project.family(dotted))]
        return [family for family in found if any(self.scene.classes.kind(n) == _CLASS for n in family.names)]


@cache
def _holdings() -> dict[str, str]:
    """The classes of what stands in a task's context, and of what servers hand out, by key."""
    rows = (*lookup("context_keys"), *lookup("server_objects"))
    return {row["key"]: row["holds"] for row in rows if row["holds"]}


@cache
def _kept_ones() -> dict[tuple[str, str], str]:
    """The classes of what objects keep: (class, attribute) → class."""
    return {(row["class"], row["member"]): row["holds"] for row in lookup("kept_members")}


def _together(families: Iterable[Family]) -> Family:
    found = list(families)
    names = dict.fromkeys(name for family in found for name in family.names)
    return Family(tuple(names), frozenset().union(*(family.members for family in found)))


def _is_self(function: ast.stmt, argument: ast.arg) -> bool:
    method = isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    plain = method and not any(last_name(d) in _STATIC for d in function.decorator_list)  # type: ignore[attr-defined]
    return plain and function.args.args[:1] == [argument]  # type: ignore[attr-defined]
