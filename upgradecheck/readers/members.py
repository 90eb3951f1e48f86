"""Python files: attributes of objects whose class is plain to see (a DAG, an operator, a task group)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.occurrences import Member
from upgradecheck.python.scopes import Reference, Scope
from upgradecheck.python.script import qualified_name
from upgradecheck.readers import fetchers
from upgradecheck.readers.instances import Instances
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene

_ASKING = {"isinstance": 2, "hasattr": 2, "getattr": 3}  # how many arguments they take


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[Member]:
    """The members named ``wanted``, of objects that are known."""
    instances = Instances(scene)
    yield from _entries(scene, instances, wanted)
    yield from _fetched(scene, instances, wanted)
    for reference in scene.scopes.references:
        if len(reference.attributes) < 1 or wanted.isdisjoint(reference.attributes):
            continue
        yield from _members(scene, reference, instances, wanted)
        yield from _kept(scene, reference, instances, wanted)
        yield from _of_classes(scene, reference, wanted)


def _kept(scene: Scene, reference: Reference, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    """Members of what an object keeps: ``self.ti.x``, ``ti.task.dag.x``."""
    for number, name in enumerate(reference.attributes):
        if number == 0 or name not in wanted or reference.text is not None:
            continue
        node, held = reference.nodes[number + 1], reference.nodes[number]
        family = instances.kept(held, reference.scope, reference.block)
        runs = live(scene, reference.block, node.lineno, "attribute") if family else None
        store = reference.store and node is reference.nodes[-1]
        known = family and name in family.members and not store
        if family and runs is not None and isinstance(node, ast.Attribute) and not known:
            names = scene.classes.of_all(family.names)
            yield Member(names, name, node, store, runs, qualified_name(reference.block), reference.block)


def _fetched(scene: Scene, instances: Instances, wanted: frozenset[str]) -> Iterator[Member]:
    """Members that a string names: ``getattr(ti, "x")``."""
    for value, word, scope, block in fetchers.attributes(scene):
        for part in scene.containers.choices(word, scope):
            name = str(part.value) if isinstance(part, ast.Constant) else ""
            family = instances.of(value, scope, block) if name in wanted else None
            runs = live(scene, block, value.lineno, "attribute") if family else None
            settled = runs is None or not family or name in family.members
            if family and runs and not settled and not _asked(scene, value, scope, name):
                node = fetchers.spelled(scene, part) if part is word else word
                names = scene.classes.of_all(family.names)
                yield Member(names, name, node, False, runs, qualified_name(block), block)


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
