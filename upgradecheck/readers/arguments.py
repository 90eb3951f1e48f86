"""The arguments of a call, wherever they are written: keywords, positions, ``**`` of a dictionary in sight."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from upgradecheck.linking.values import UNKNOWN
from upgradecheck.occurrences import Argument, Place
from upgradecheck.python.entries import copied
from upgradecheck.python.flow import returned_keys
from upgradecheck.python.scopes import Binding, Reference, Scope, chain
from upgradecheck.scene import Scene

_MAX_DEPTH = 5


class Arguments:
    """Collects arguments; ``open`` where there may be more than were found."""

    def __init__(self, scene: Scene, scope: Scope) -> None:
        self.scene = scene
        self.scope = scope
        self.found: list[Argument] = []
        self.open = False

    def of_call(self, call: ast.Call, first: int = 0) -> Arguments:
        """The arguments of a call, less the first positions."""
        for position, value in enumerate(call.args[first:]):
            if isinstance(value, ast.Starred):
                self.open = True
                break
            self.found.append(Argument("", Place.POSITION, value, value, self.scope, position))
        self._keywords(call, Place.CALL, None)
        return self

    def of_dict(self, value: ast.expr, place: Place = Place.DICT, holder: Binding | None = None) -> Arguments:
        """The entries of an expression that comes to a dictionary."""
        self._dict(value, place, holder, 0)
        return self

    def _keywords(self, call: ast.Call, place: Place, holder: Binding | None, depth: int = 0) -> None:
        for keyword in call.keywords:
            if keyword.arg is None:
                self._dict(keyword.value, Place.DICT if holder is None else place, holder, depth)
            else:
                self.found.append(Argument(keyword.arg, place, keyword, keyword.value, self.scope, holder=holder))

    def _dict(self, value: ast.expr, place: Place, holder: Binding | None, depth: int) -> None:
        if depth > _MAX_DEPTH:
            self.open = True
        elif isinstance(value, ast.Dict):
            self._entries(value, place, holder, depth)
        elif isinstance(value, ast.Call):
            self._made(value, place, holder, depth)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
            self._dict(value.left, place, holder, depth + 1)
            self._dict(value.right, place, holder, depth + 1)
        elif isinstance(value, ast.IfExp):
            taken = self.scene.values.value(value.test, self.scope)  # a test for the version, say
            ways = [value.body, value.orelse] if taken is UNKNOWN else [value.body if taken else value.orelse]
            self._ways(value, ways, place, holder, depth)
        elif isinstance(value, ast.BoolOp):
            self._ways(value, value.values, place, holder, depth)
        elif isinstance(value, ast.Name | ast.Attribute):
            self._named(value, depth)
        else:
            self.open = True

    def _entries(self, value: ast.Dict, place: Place, holder: Binding | None, depth: int) -> None:
        for key, item in zip(value.keys, value.values, strict=True):
            if key is None:
                self._dict(item, place, holder, depth + 1)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                self.found.append(Argument(key.value, place, key, item, self.scope, holder=holder))
            else:
                self.open = True

    def _ways(
        self, node: ast.expr, values: list[ast.expr], place: Place, holder: Binding | None, depth: int
    ) -> None:
        """One of several dictionaries."""
        for number, value in enumerate(values):
            before = len(self.found)
            self._dict(value, place, holder, depth + 1)
            if len(values) > 1:
                way = (node, number)
                self.found[before:] = [replace(a, way=a.way | {way}) for a in self.found[before:]]

    def _made(self, call: ast.Call, place: Place, holder: Binding | None, depth: int) -> None:
        """``dict(a=1)``, ``{…}.copy()``, ``copy.deepcopy(NAME)``."""
        plain = isinstance(call.func, ast.Name) and call.func.id == "dict"
        sources = call.args if plain else copied(call)
        for value in sources:
            self._dict(value, place, holder, depth + 1)
        if plain:
            self._keywords(call, place, holder, depth + 1)
        if not (plain or sources):
            self._returned(call)

    def _returned(self, call: ast.Call) -> None:
        """What a function of this file returns, if it is a dictionary that is written out."""
        owner = self.scope.owner(call.func.id) if isinstance(call.func, ast.Name) else None
        bindings = owner.bindings[call.func.id] if owner and isinstance(call.func, ast.Name) else []
        keys = returned_keys(bindings[0].node) if len(bindings) == 1 else None
        self.open = self.open or keys is None
        self.found += [Argument(key, Place.RETURNED, call, None, self.scope) for key in keys or ()]

    def _named(self, value: ast.Name | ast.Attribute, depth: int) -> None:
        parts = chain(value)
        if parts is None:
            self.open = True
            return
        root, attributes, nodes = parts
        reference = Reference(root.id, attributes, nodes, self.scope, self.scene.scopes.root)
        bindings = self.scene.scopes.bindings(reference)
        holder = bindings[0] if len(bindings) == 1 and not attributes else None
        if holder and (holder.kind == "assign" or holder.node in self.scene.dictionaries.variadic):
            self.of_holder(holder, value, depth)
        else:
            self._elsewhere(reference)

    def of_holder(self, holder: Binding, place: ast.AST | None, depth: int = 0) -> Arguments:
        """The entries that a named dictionary has at a place."""
        inner = Arguments(self.scene, holder.scope or self.scope)
        if holder.value is not None:
            inner._dict(holder.value, Place.NAMED, holder, depth + 1)
        inner.open = inner.open or holder.value is None
        for put in self.scene.dictionaries.puts(holder, place, self.scope):
            kind = Place.ITEM if put.alone else Place.NAMED
            inner.found.append(Argument(put.name, kind, put.node, put.value, put.scope, -1, holder, put.way))
        taken = self.scene.dictionaries.taken(holder, place, self.scope)
        self.found += [argument for argument in inner.found if argument.name not in taken]
        self.open = self.open or inner.open
        return self

    def _elsewhere(self, reference: Reference) -> None:
        keys: tuple[str, ...] | None = None
        for dotted, _ in self.scene.scopes.targets(reference):
            keys = self.scene.project.keys(dotted)
        self.open = self.open or keys is None
        node = reference.nodes[-1]
        self.found += [Argument(key, Place.ELSEWHERE, node, None, self.scope) for key in keys or ()]
