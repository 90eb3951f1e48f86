"""A name that goes with nothing in its place: its import is deleted, and the decorators that never did anything."""

from __future__ import annotations

import ast

from upgradecheck.model import Edit, Fix, Free
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import FUNCTIONS, Binding, Reference
from upgradecheck.rulebook.symbols import callables
from upgradecheck.scene import Scene

from ._rename import Declined, exported, meant, mentioned


def drop(use: SymbolUse, scene: Scene, free: Free) -> Fix:
    """Take the import out, if nothing uses it but decorators that can go with it."""
    assert use.binding is not None
    name = use.binding.name
    references = meant(scene, use.binding)
    spoken = mentioned(scene, name) or offered(scene, use.binding)
    others = len(scene.scopes.bound[name]) > 1 and any(r.root == name for r in scene.scopes.references)
    idle = use.hit.symbol in callables("idle_decorators")
    if others or spoken or (references and not idle):
        raise Declined(use.hit.row.reason or "nothing replaces it")
    if not references or use.binding.block is not scene.scopes.root:
        return delete(use.binding, scene, free)
    decorators = _decorators(scene)
    edits = tuple(_undecorated(scene, reference, decorators) for reference in references)
    return Fix("Delete the decorator, which does nothing", "safe", "now", edits, frees=(free,))


def offered(scene: Scene, binding: Binding) -> bool:
    """Whether others show that they get the name from here.

    That anybody could, in a package that is installed, does not keep an import that only fails on the target:
    it would keep the whole module from them.
    """
    if binding in scene.scopes.scope.bindings.get(binding.name, ()):
        return scene.offered(binding.name)
    return exported(scene, binding)


def delete(binding: Binding, scene: Scene, free: Free) -> Fix:
    """The fix that takes out an import which nothing uses."""
    if binding.block is not scene.scopes.root:
        raise Declined("it is imported on a condition, for a reason that does not show")
    return Fix("Delete the import, which nothing uses", "safe", "now", frees=(free,))


def _decorators(scene: Scene) -> frozenset[ast.expr]:
    functions = (node for node in scene.nodes if isinstance(node, FUNCTIONS))
    return frozenset(d for node in functions for d in getattr(node, "decorator_list", ()))


def _undecorated(scene: Scene, reference: Reference, decorators: frozenset[ast.expr]) -> Edit:
    """Delete a decorator: its line, or where a comment follows, all but the comment."""
    node, text = reference.nodes[0], scene.source.text
    if node not in decorators:
        raise Declined("it is used as something else than a plain decorator")
    at, end = text.rfind("@", 0, scene.start(node)), scene.end(node)
    if text[at + 1 : scene.start(node)].strip(" \t"):
        raise Declined("the decorator stands in parentheses")
    rest = text[end:].partition("\n")[0]
    end += len(rest) - len(rest.lstrip(" \t"))
    if not rest.strip():
        at = text.rfind("\n", 0, at) + 1
        end = text.index("\n", end) + 1
    return Edit(scene.document.name, at, end, "")
