"""Python files: attributes of objects whose class is plain to see (a DAG, an operator, a task group)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from upgradecheck.linking import places
from upgradecheck.linking.callees import Family
from upgradecheck.model import Runs
from upgradecheck.occurrences import Form, Member
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Binding, Block, Reference, Scope, last_name, qualified_name
from upgradecheck.readers.calls import target_of
from upgradecheck.readers.contexts import Reader
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_CLASS = "class"
_STATIC = {"staticmethod", "classmethod"}
_NONE = Family((), frozenset())
_ASKING = {"isinstance": 2, "hasattr": 2, "getattr": 3}  # how many arguments they take


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[Member]:
    """The members named ``wanted``, of objects that are known."""
    instances = Instances(scene)
    yield from _entries(scene, instances, wanted)
    for reference in scene.scopes.references:
        if len(reference.attributes) < 1 or wanted.isdisjoint(reference.attributes):
            continue
        yield from _members(scene, reference, instances, wanted)
        yield from _kept(scene, reference, instances, wanted)
        yield from _of_classes(scene, reference, wanted)


def _kept(scene: Scene, reference: Reference, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    """Members of what an object keeps: ``self.ti.x``."""
    if len(reference.attributes) < 2 or reference.attributes[1] not in wanted or reference.text is not None:
        return
    node = reference.nodes[2]
    family = instances.handed(reference.nodes[1], reference.scope, reference.block)
    runs = live(scene, reference.block, node.lineno, "attribute") if family else None
    if family and runs is not None and isinstance(node, ast.Attribute):
        names = scene.classes.of_all(family.names)
        store = reference.store and len(reference.attributes) == 2
        yield Member(names, node.attr, node, store, runs, qualified_name(reference.block), reference.block)


def _of_classes(scene: Scene, reference: Reference, wanted: frozenset[str]) -> Iterator[Member]:
    """Members that are asked of a class itself (``DagRun.state``, ``models.DagRun.state``)."""
    dotted = [target for target, _ in scene.scopes.targets(reference)] if reference.text is None else []
    for number, member in enumerate(reference.attributes if dotted else ()):
        if member not in wanted or _is_asked(scene, reference, member):
            continue
        below = sum(len(name) + 1 for name in reference.attributes[number:])
        families = [scene.project.family(target[: len(target) - below]) for target in dotted]
        outside = [family.names if family and member not in family.members else () for family in families]
        names = scene.classes.of_all(name for found in outside for name in found) if all(outside) else ()
        node = reference.nodes[number + 1]
        runs = live(scene, reference.block, node.lineno, "attribute") if names else None
        if runs is not None:
            store, function = reference.store and node is reference.nodes[-1], qualified_name(reference.block)
            yield Member(names, member, node, store, runs, function, reference.block, reference)


def _members(scene: Scene, reference: Reference, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    member, node = reference.attributes[0], reference.nodes[1]
    if member not in wanted or not isinstance(node, ast.Attribute) or reference.text is not None:
        return
    reads_too = isinstance(reference.parent, ast.AugAssign | ast.Delete)
    store = reference.store and len(reference.attributes) == 1 and not reads_too
    family = instances.handed(reference.nodes[0], reference.scope, reference.block)
    family = family or instances.family_of(reference)
    names = () if member in family.members and not store else scene.classes.of_all(family.names)
    if names and _is_asked(scene, reference, member):
        return
    runs = live(scene, reference.block, node.lineno, "attribute") if names else None
    if runs is not None:
        yield Member(names, member, node, store, runs, qualified_name(reference.block), reference.block, reference)


def _is_asked(scene: Scene, reference: Reference, member: str) -> bool:
    """Whether the function asks what the object is, or whether it has the member: then it knows better."""
    return _asked(scene, reference.nodes[0], reference.scope, member)


def _asked(scene: Scene, value: ast.expr, scope: Scope, member: str) -> bool:
    return any(
        isinstance(call.func, ast.Name)
        and len(call.args) == _ASKING.get(call.func.id)
        and where is scope
        and ast.dump(call.args[0]) == ast.dump(value)
        and (call.func.id == "isinstance" or getattr(call.args[1], "value", "") == member)
        for call, where, _ in scene.scopes.calls
    )


def _entries(scene: Scene, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    """Members of what has no name: of what a task's context holds (``context["ti"].x``), of what a call makes."""
    for node, scope, block in scene.scopes.kept.get(ast.Attribute, ()):
        family = instances.unnamed(node.value, scope, block) if node.attr in wanted else None
        runs = live(scene, block, node.lineno, "attribute") if family else None
        store = isinstance(node.ctx, ast.Store)
        if family and runs is not None and (store or node.attr not in family.members):
            if _asked(scene, node.value, scope, node.attr):
                continue
            names = scene.classes.of_all(family.names)
            yield Member(names, node.attr, node, store, runs, qualified_name(block), block)


class Instances:
    """Which class the objects behind names are of."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[Binding, Family] = {}
        self._contexts = Reader(scene, frozenset())

    def handed(self, value: ast.expr, scope: Scope, block: Block) -> Family | None:
        """The family of what a task's context holds, where an expression is that."""
        name = _holdings().get(self._contexts.holds(value, scope), "")
        runs = self.scene.project.runs(qualified_name(block)) if name else Runs.FUNCTION
        if runs is Runs.LISTENER and name not in {_holdings().get(known) for known in places.listened()}:
            return None  # the database's own object
        entry = "[" in self._contexts.sight.held(value, scope)
        return Family((name,), frozenset()) if name and (entry or runs.handed) else None

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
            for node in _alternatives(argument.annotation):
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
    """The classes of what stands in a task's context, by key."""
    return {row["key"]: row["holds"] for row in lookup("context_keys") if row["holds"]}


def _together(families: Iterable[Family]) -> Family:
    found = list(families)
    names = dict.fromkeys(name for family in found for name in family.names)
    return Family(tuple(names), frozenset().union(*(family.members for family in found)))


def _alternatives(annotation: ast.expr) -> Iterator[ast.expr]:
    """The classes that an annotation names: ``"X"``, ``X | None``, ``Optional[X]``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return
    if isinstance(annotation, ast.BinOp):
        yield from _alternatives(annotation.left)
        yield from _alternatives(annotation.right)
    elif isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        yield from _alternatives(annotation.slice)
    elif isinstance(annotation, ast.Name | ast.Attribute):
        yield annotation


def _is_self(function: ast.stmt, argument: ast.arg) -> bool:
    method = isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    plain = method and not any(last_name(d) in _STATIC for d in function.decorator_list)  # type: ignore[attr-defined]
    return plain and function.args.args[:1] == [argument]  # type: ignore[attr-defined]
