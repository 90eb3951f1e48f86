"""Whether the text shows that a value cannot be written as JSON, and what it is then."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, Scope
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_MAX_DEPTH = 6
_CLASS = "class"


class Kind(Struct, frozen=True):
    """What a value is, for people. ``new``: what takes its place, with ``{value}`` in it, if something does.

    ``methods`` and ``operators`` of it give a value of the same kind.
    """

    what: str
    new: str = ""
    methods: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


class Culprit(Struct, frozen=True, eq=False):
    """The expression that is no JSON: ``node`` stands where the value is written, or where its name is."""

    node: ast.expr
    kind: Kind


@cache
def kinds() -> dict[str, Kind]:
    """What calling (or naming) these gives."""
    return {
        row["callable"]: Kind(
            row["what"], row["new"], tuple(row["methods"].split()), tuple(row["operators"].split())
        )
        for row in lookup("not_json")
    }


class Json:
    """Looks at values of one file."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def culprits(self, value: ast.expr, scope: Scope, block: Block, depth: int = 0) -> Iterator[Culprit]:
        """The parts of a value that are no JSON."""
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, ast.List | ast.Tuple):
            for item in value.elts:
                yield from self.culprits(item, scope, block, depth + 1)
        elif isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Tuple):
                    yield Culprit(key, Kind("a tuple as a key"))
                yield from self.culprits(item, scope, block, depth + 1)
        elif kind := self._kind(value, scope, block, depth):
            yield Culprit(value, kind)

    def _kind(self, value: ast.expr, scope: Scope, block: Block, depth: int) -> Kind | None:
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, ast.Set | ast.SetComp):
            return kinds()["set"]
        if isinstance(value, ast.GeneratorExp):
            return kinds()["iter"]
        if isinstance(value, ast.Lambda):
            return Kind("a function")
        if isinstance(value, ast.Constant):
            return Kind("bytes") if isinstance(value.value, bytes) else None
        if isinstance(value, ast.Call):
            return self._called(value, scope, block, depth)
        if isinstance(value, ast.BinOp):  # two times, say
            sides = (self._kind(side, scope, block, depth + 1) for side in (value.left, value.right))
            return next((k for k in sides if k and type(value.op).__name__ in k.operators), None)
        return self._named(value, scope, block, depth) if isinstance(value, ast.Name | ast.Attribute) else None

    def _named(self, value: ast.expr, scope: Scope, block: Block, depth: int) -> Kind | None:
        owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
        bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
        if len(bindings) == 1 and bindings[0].kind in ("def", _CLASS):
            return Kind("a class" if bindings[0].kind == _CLASS else "a function")
        if owner and (made := assigned(value, scope)):
            return self._of_name(made, owner, bindings[0].block, depth)
        several = self.scene.containers.looped(bindings[0].node, owner) if owner and len(bindings) == 1 else ()
        for part, where in several:  # what a loop gives the name, one after the other
            if kind := self._of_name(part, where, bindings[0].block, depth):
                return kind
        if owner is None and isinstance(value, ast.Name):
            return Kind("a function") if callable(getattr(builtins, value.id, None)) else None
        for dotted in callees_of(self.scene.scopes, value, scope, block):
            if self.scene.classes.kind(dotted) == _CLASS:
                return Kind("a class")
            if known := self.scene.project.constant(dotted):
                elsewhere = Scope("module", None)
                return self._kind(ast.parse(known[0], mode="eval").body, elsewhere, block, depth + 1)
        return None

    def _of_name(self, made: ast.expr, scope: Scope, block: Block, depth: int) -> Kind | None:
        """What the value is that a name was given."""
        found = next(self.culprits(made, scope, block, depth + 1), None)
        if found is None:
            return None
        return found.kind if found.node is made else Kind(f"something that holds {found.kind.what}")

    def _called(self, call: ast.Call, scope: Scope, block: Block, depth: int) -> Kind | None:
        function = call.func
        if isinstance(function, ast.Attribute):
            of = self._kind(function.value, scope, block, depth + 1)
            if of is not None:
                return of if function.attr in of.methods else None
        names = callees_of(self.scene.scopes, function, scope, block)
        if not names and scope.owner(ast.unparse(function)) is None:
            names = [ast.unparse(function)]  # a builtin, or spelled out by another file
        found = [self._made(dotted, scope) for dotted in names]
        return found[0] if found and all(found) else None

    def _made(self, dotted: str, scope: Scope) -> Kind | None:
        """What calling a name gives: a known function's result, or an object of a class."""
        if dotted in kinds():
            return kinds()[dotted]
        if dotted.startswith(":") and _plain_class(dotted[1:], scope):
            return Kind(f"an object of {dotted[1:]}")
        family = self.scene.project.family(dotted)
        lineage = self.scene.classes.of_all(family.names) if family else ()
        return next((kinds()[name] for name in lineage if name in kinds()), None)


def _plain_class(name: str, scope: Scope) -> bool:
    """Whether a name of this file is a class that descends from nothing."""
    owner = scope.owner(name)
    nodes = [binding.node for binding in owner.bindings[name]] if owner else []
    return bool(nodes) and all(isinstance(n, ast.ClassDef) and not (n.bases or n.keywords) for n in nodes)
