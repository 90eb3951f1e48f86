"""Python files: attributes of objects whose class is plain to see (a DAG, an operator, a task group)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck.callees import Callee
from upgradecheck.flow import callees_of
from upgradecheck.occurrences import Form, Member
from upgradecheck.readers.calls import names_of, target_of
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene
from upgradecheck.scopes import Binding, Block, Reference, Scope, qualified_name

_CLASS = "class"


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[Member]:
    """The members named ``wanted``, of objects that are known."""
    instances = Instances(scene)
    for reference in scene.scopes.references:
        if len(reference.attributes) < 1 or wanted.isdisjoint(reference.attributes):
            continue
        yield from _members(scene, reference, instances, wanted)


def _members(scene: Scene, reference: Reference, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    member, node = reference.attributes[0], reference.nodes[1]
    if member not in wanted or not isinstance(node, ast.Attribute) or reference.text is not None:
        return
    names = instances.classes_of(reference)
    runs = live(scene, reference.block, node.lineno, "attribute") if names else None
    if runs is not None:
        store = reference.store and len(reference.attributes) == 1
        yield Member(names, member, node, store, runs, qualified_name(reference.block), reference.block, reference)


class Instances:
    """Which class the objects behind names are of."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[Binding, tuple[str, ...]] = {}

    def classes_of(self, reference: Reference) -> tuple[str, ...]:
        """The class of what a reference begins with, and what it descends from; empty if not plain to see."""
        bindings = self.scene.scopes.bindings(reference)
        found = [self._class(binding) for binding in bindings]
        return tuple(dict.fromkeys(name for names in found for name in names)) if all(found) else ()

    def _class(self, binding: Binding) -> tuple[str, ...]:
        if binding not in self._known:
            self._known[binding] = ()
            self._known[binding] = names_of(self.scene, self._callees(binding))
        return self._known[binding]

    def _callees(self, binding: Binding) -> Iterable[Callee]:
        value = binding.context or binding.value
        if isinstance(value, ast.Call) and binding.scope is not None:
            form, _, callees = target_of(self.scene, value, binding.scope, binding.block)
            classes = [c for c in callees if self.scene.classes.kind(c.name) == _CLASS]
            return classes if form is Form.CALL else ()
        if isinstance(binding.node, ast.arg):
            return self._parameter(binding)
        return ()

    def _parameter(self, binding: Binding) -> tuple[Callee, ...]:
        """``self`` in a method of a class of this file, or a parameter with an annotation."""
        argument, block = binding.node, binding.block
        assert isinstance(argument, ast.arg)
        if argument.annotation is not None:
            return self._called(argument.annotation, binding.scope, block)
        around = block.node
        owner = binding.scope.parent if binding.scope else None
        if owner is None or owner.kind != _CLASS or not isinstance(around, ast.ClassDef):
            return ()
        if not any(_is_self(function, argument) for function in around.body):
            return ()
        return tuple(c for base in around.bases for c in self._called(base, owner.parent, block))

    def _called(self, node: ast.expr, scope: Scope | None, block: Block) -> tuple[Callee, ...]:
        if scope is None:
            return ()
        names = callees_of(self.scene.scopes, node, scope, block)
        return tuple(c for dotted in names for c in self.scene.project.called(dotted))


def _is_self(function: ast.stmt, argument: ast.arg) -> bool:
    method = isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.decorator_list
    return method and function.args.args[:1] == [argument]  # type: ignore[attr-defined]
