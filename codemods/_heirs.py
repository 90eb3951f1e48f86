"""Classes that descend from one that gives way to another: what they hand on, and what others give them for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from upgradecheck.linking import places
from upgradecheck.python.scopes import Reference
from upgradecheck.scene import Scene

from ._drop import offered
from ._rename import Declined, meant

_EVERY = frozenset({"log"})
_OWN = frozenset({"__init__"})


class Heir(Struct, frozen=True, eq=False):
    """A class of the document. ``call`` is its constructor's call of the ancestor's, if it has a constructor.

    ``own``: the constructor's parameters, and what it gives the ancestor by name; ``passes``: all else goes on.
    """

    node: ast.ClassDef
    call: ast.Call | None
    own: frozenset[str]
    passes: bool


def heir_of(scene: Scene, reference: Reference, names: Iterable[str], members: Iterable[str]) -> Heir | None:
    """The class that has a reference among its bases. Raises `Declined` where what it does cannot be told.

    ``names``: arguments that are other ones for the new ancestor. ``members``: what every such object has.
    """
    classes = (node for node, _, _ in scene.scopes.classes)
    node = next((node for node in classes if reference.nodes[-1] in node.bases), None)
    if node is None:
        return None
    if len(node.bases) > 1 or node.keywords or _mentions(node, frozenset(names)):
        raise Declined(f"what `{node.name}` does with the arguments of its ancestor is not plain to see")
    if unknown := sorted(_asked(node) - _defined(node) - frozenset(members) - _EVERY):
        raise Declined(f"whether `{node.name}` still gets `{unknown[0]}` from its ancestor is not known")
    if unknown := sorted(_methods(node) - _asked(node) - frozenset(places.methods()) - _OWN):
        raise Declined(f"whether `{unknown[0]}` of `{node.name}` is still called is not known")
    inits = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    if not inits:
        return Heir(node, None, frozenset(), True)
    calls = [part for part in ast.walk(inits[0]) if isinstance(part, ast.Call) and _is_parent(part.func)]
    if len(inits) > 1 or len(calls) != 1 or not _hands_its_own(calls[0], inits[0].args):
        raise Declined(f"what `{node.name}` hands on to its ancestor is not plain to see")
    args = inits[0].args
    own = {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    own.update(keyword.arg for keyword in calls[0].keywords if keyword.arg)
    return Heir(node, calls[0], frozenset(own), any(keyword.arg is None for keyword in calls[0].keywords))


def uses_of(scene: Scene, heir: Heir) -> list[Reference]:
    """The uses of a class, all of which stand in this document. Raises `Declined` where others may use it."""
    bindings = [b for b in scene.scopes.bound[heir.node.name] if b.node is heir.node]
    if len(scene.scopes.bound[heir.node.name]) > 1 or offered(scene, bindings[0]):
        raise Declined(f"others get `{heir.node.name}` from here, and give it arguments of its ancestor")
    return [
        use for use in meant(scene, bindings[0]) if not (isinstance(use.parent, ast.Call) and _is_super(use.parent))
    ]


def _mentions(node: ast.ClassDef, names: frozenset[str]) -> bool:
    """Whether a class speaks of an argument as an attribute or a key."""
    for part in ast.walk(node):
        said = part.attr if isinstance(part, ast.Attribute) else getattr(part, "value", None)
        if isinstance(said, str) and said in names:
            return True
    return False


def _asked(node: ast.ClassDef) -> frozenset[str]:
    """What a class asks of its own objects."""
    found = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return frozenset(part.attr for part in found if isinstance(part.value, ast.Name) and part.value.id == "self")


def _defined(node: ast.ClassDef) -> frozenset[str]:
    """What a class gives to its own objects."""
    stored = (part for part in ast.walk(node) if isinstance(getattr(part, "ctx", None), ast.Store))
    return _methods(node).union(getattr(part, "attr", getattr(part, "id", "")) for part in stored)


def _methods(node: ast.ClassDef) -> frozenset[str]:
    """What a class defines: what it does not use itself, somebody has to call."""
    return frozenset(part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_parent(function: ast.expr) -> bool:
    """Whether ``super().__init__`` is called, in either spelling."""
    if not isinstance(function, ast.Attribute) or function.attr != "__init__":
        return False
    return _is_super(function.value)


def _is_super(call: ast.expr) -> bool:
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "super"


def _hands_its_own(call: ast.Call, args: ast.arguments) -> bool:
    """Whether all that a call unpacks are the function's own ``*args`` and ``**kwargs``."""
    variadic = {arg.arg for arg in (args.vararg, args.kwarg) if arg}
    return all(isinstance(value, ast.Name) and value.id in variadic for value in _unpacked(call))


def _unpacked(call: ast.Call) -> Iterator[ast.expr]:
    yield from (value.value if isinstance(value, ast.Starred) else value for value in call.args)
    yield from (keyword.value for keyword in call.keywords if keyword.arg is None)
