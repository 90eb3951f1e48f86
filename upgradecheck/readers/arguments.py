"""The arguments of a call, wherever they are written: keywords, positions, ``**`` of a dictionary in sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.occurrences import Argument, Place
from upgradecheck.scene import Scene
from upgradecheck.scopes import Binding, Reference, Scope, chain

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
            self._dict(value.body, place, holder, depth + 1)
            self._dict(value.orelse, place, holder, depth + 1)
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

    def _made(self, call: ast.Call, place: Place, holder: Binding | None, depth: int) -> None:
        """``dict(a=1)``, ``{…}.copy()``, ``copy.deepcopy(NAME)``."""
        parts = chain(call.func)
        name = parts[1][-1] if parts and parts[1] else parts[0].id if parts else ""
        if parts and not parts[1] and name == "dict":
            for value in call.args:
                self._dict(value, place, holder, depth + 1)
            self._keywords(call, place, holder, depth + 1)
        elif name in ("copy", "deepcopy") and call.args:
            self._dict(call.args[0], place, holder, depth + 1)
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "copy" and not call.args:
            self._dict(call.func.value, place, holder, depth + 1)
        else:
            self.open = True

    def _named(self, value: ast.expr, depth: int) -> None:
        parts = chain(value)
        if parts is None:
            self.open = True
            return
        root, attributes, nodes = parts
        owner = self.scope.owner(root.id)
        bindings = owner.bindings[root.id] if owner else []
        if not attributes and len(bindings) == 1 and bindings[0].kind == "assign" and bindings[0].value and owner:
            inner = Arguments(self.scene, owner)
            inner._dict(bindings[0].value, Place.NAMED, bindings[0], depth + 1)
            self.found += [*inner.found, *_set_later(self.scene, bindings[0])]
            self.open = self.open or inner.open
            return
        self._elsewhere(Reference(root.id, attributes, nodes, self.scope, self.scene.scopes.root))

    def _elsewhere(self, reference: Reference) -> None:
        keys: tuple[str, ...] | None = None
        for dotted, _ in self.scene.scopes.targets(reference):
            keys = self.scene.project.keys(dotted)
        self.open = self.open or keys is None
        node = reference.nodes[-1]
        self.found += [Argument(key, Place.ELSEWHERE, node, None, self.scope) for key in keys or ()]


def _set_later(scene: Scene, holder: Binding) -> Iterator[Argument]:
    """Entries that are put in after the dictionary was made: ``NAME["key"] = …``."""
    for node in ast.walk(scene.tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
                continue
            key = target.slice
            same = target.value.id == holder.name and isinstance(key, ast.Constant) and isinstance(key.value, str)
            if same and holder.scope is not None:
                name = str(key.value)  # type: ignore[attr-defined]
                yield Argument(name, Place.NAMED, key, node.value, holder.scope, holder=holder)
