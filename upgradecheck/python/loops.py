"""What loops give names: ``for name in …``, in statements and in comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.scopes import Module, Scope

Loop = tuple[ast.expr, int]
"""What a loop goes through, and the name's place in a tuple (-1: it stands alone)."""
Part = tuple[ast.expr, Scope]
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_MAX_DEPTH = 4


def loops(module: Module) -> dict[ast.AST, Loop]:
    """Each name that a loop binds."""
    found: dict[ast.AST, Loop] = {}
    for node, _, _ in (kept for kind in _LOOPS for kept in module.kept.get(kind, ())):
        tuples = isinstance(node.target, ast.Tuple)
        names = node.target.elts if tuples else [node.target]
        found.update({name: (node.iter, number if tuples else -1) for number, name in enumerate(names)})
    return found


def elements(several: ast.expr, position: int, containers: Iterator[Part]) -> Iterator[Part]:
    """What a loop gives a name. ``containers``: those that are gone through, as they are written out."""
    way = several.func.attr if isinstance(several, ast.Call) and isinstance(several.func, ast.Attribute) else ""
    for part, where in containers:
        if isinstance(part, ast.Dict):
            if way == "values" or (way == "items" and position == 1):
                yield from ((value, where) for value in part.values)
            continue
        for element in part.elts if isinstance(part, ast.List | ast.Tuple | ast.Set) and not way else ():
            if position < 0:
                yield element, where
            elif isinstance(element, ast.Tuple | ast.List) and position < len(element.elts):
                yield element.elts[position], where


def gone_through(several: ast.expr) -> ast.expr:
    """The container of ``container``, ``container.values()`` and ``container.items()``."""
    called = several.func if isinstance(several, ast.Call) else None
    return called.value if isinstance(called, ast.Attribute) else several


class Containers:
    """Lists and dictionaries that are written out, behind the names that a module gives them."""

    def __init__(self, module: Module) -> None:
        self.loops = loops(module)

    def written(self, value: ast.expr, scope: Scope, depth: int = 0) -> Iterator[Part]:
        """The containers that an expression is."""
        if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Dict):
            yield value, scope
        elif isinstance(value, ast.Name) and depth < _MAX_DEPTH:
            owner = scope.owner(value.id)
            bindings = owner.bindings[value.id] if owner else []
            if owner and len(bindings) == 1 and bindings[0].value is not None:
                yield from self.written(bindings[0].value, owner, depth + 1)
            elif owner and len(bindings) == 1:
                for part, where in self.looped(bindings[0].node, owner, depth + 1):
                    yield from self.written(part, where, depth + 1)

    def looped(self, name: ast.AST, scope: Scope, depth: int = 0) -> Iterator[Part]:
        """What a loop gives the name that it binds."""
        if name in self.loops:
            several, position = self.loops[name]
            yield from elements(several, position, self.written(gone_through(several), scope, depth))

    def choices(self, value: ast.expr, scope: Scope) -> Iterator[ast.expr]:
        """What a value may be: itself, or all that a loop gives its name."""
        owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
        bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
        if owner and len(bindings) == 1 and bindings[0].node in self.loops:
            yield from (part for part, _ in self.looped(bindings[0].node, owner))
        else:
            yield bindings[0].value if len(bindings) == 1 and bindings[0].value is not None else value

    def entries(self, value: ast.Subscript, scope: Scope) -> Iterator[Part]:
        """An entry of what is written out; all of them where the key is not plain to see."""
        key = value.slice.value if isinstance(value.slice, ast.Constant) else None
        for part, where in self.written(value.value, scope):
            if isinstance(part, ast.Dict):
                keys = [known.value if isinstance(known, ast.Constant) else None for known in part.keys]
                pairs = zip(keys, part.values, strict=True)
                yield from ((inner, where) for known, inner in pairs if key in (None, known))
            elif isinstance(part, ast.List | ast.Tuple):
                yield from ((inner, where) for inner in part.elts)
