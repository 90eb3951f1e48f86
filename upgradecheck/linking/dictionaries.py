"""Dictionaries that have a name in one file: where their entries come from, and what is done with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from upgradecheck.linking.guards import Guard
from upgradecheck.python.entries import Deed, deed, merged, updated
from upgradecheck.python.scopes import Binding, Block, Reference, Scope

if TYPE_CHECKING:
    from upgradecheck.scene import Scene

_PUTS = (Deed.PUT, Deed.DEFAULT)


class Passing(Struct, frozen=True, eq=False):
    """A call that a dictionary's entries are passed to; ``how``: the argument that carries them, "" for ``**``."""

    call: ast.Call
    scope: Scope
    block: Block
    how: str


class Put(Struct, frozen=True, eq=False):
    """An entry that is put in after the dictionary was made; ``alone``: by a statement of its own.

    ``way``: the branches that lead there.
    """

    name: str
    node: ast.AST
    value: ast.expr
    scope: Scope
    alone: bool
    way: frozenset[tuple[ast.AST, object]]


class Dictionaries:
    """The named dictionaries of one file."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    @cached_property
    def _references(self) -> dict[str, list[Reference]]:
        found: dict[str, list[Reference]] = {}
        for reference in self.scene.scopes.references:
            found.setdefault(reference.root, []).append(reference)
        return found

    def references(self, holder: Binding) -> list[Reference]:
        """All that may mean the dictionary, less the place where it gets its name."""
        named = self._references.get(holder.name, ())
        return [r for r in named if r.nodes[0] is not holder.node and holder in self.scene.scopes.bindings(r)]

    @cached_property
    def passings(self) -> dict[ast.expr, list[Passing]]:
        """Each name whose entries a call gets by ``**``, or by any one argument."""
        found: dict[ast.expr, list[Passing]] = {}
        for call, scope, block in self.scene.scopes.calls:
            for keyword in call.keywords:
                for name in merged(keyword.value):
                    found.setdefault(name, []).append(Passing(call, scope, block, keyword.arg or ""))
        return found

    @cached_property
    def derived(self) -> dict[ast.expr, Binding]:
        """Each name whose entries become those of another named dictionary."""
        every = (binding for bindings in self.scene.scopes.bound.values() for binding in bindings)
        return {name: b for b in every if b.kind == "assign" and b.value for name in merged(b.value)}

    @cached_property
    def variadic(self) -> frozenset[ast.AST]:
        """The ``**kwargs`` parameters."""
        functions = (node for node, _, _ in self.scene.scopes.functions)
        return frozenset(kwarg for node in functions if (kwarg := node.args.kwarg))  # type: ignore[attr-defined]

    def puts(self, holder: Binding, place: ast.AST | None, scope: Scope) -> Iterator[Put]:
        """The entries that are put in before a place, on the target."""
        for reference in self._before(holder, place, scope):
            parent = reference.parent
            if deed(reference)[0] in _PUTS and isinstance(parent, ast.Subscript | ast.Call):
                way = frozenset((block.node, block.branch) for block in reference.block.chain())
                for name, node, value, alone in self._put(parent):
                    yield Put(name, node, value, reference.scope, alone, way)

    def _put(self, node: ast.Subscript | ast.Call) -> Iterator[tuple[str, ast.AST, ast.expr, bool]]:
        if isinstance(node, ast.Subscript):
            value, key = self.scene.scopes.items.get(node), node.slice
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault" and len(node.args) == 2:
            key, value = node.args
        else:
            yield from ((*entry, False) for entry in updated(node))
            return
        if value is not None and isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, key, value, True

    def taken(self, holder: Binding, place: ast.AST | None, scope: Scope) -> frozenset[str]:
        """The entries that are taken out before a place."""
        deeds = (deed(reference) for reference in self._before(holder, place, scope))
        return frozenset(key for done, keys in deeds if done is Deed.TAKE for key in keys)

    def _before(self, holder: Binding, place: ast.AST | None, scope: Scope) -> Iterator[Reference]:
        """The references that run before a place (None: the end of the file), as far as the text tells."""
        for reference in self.references(holder):
            line = reference.nodes[0].lineno
            above = (
                place is None or reference.scope is not scope or _position(reference.nodes[0]) < _position(place)
            )
            outside = reference.scope is scope or reference.scope is holder.scope
            if above and outside and self.scene.guards.at(reference.block, line, "call") is not Guard.COVERED:
                yield reference


def _position(node: ast.AST) -> tuple[int, int]:
    return (node.lineno, node.col_offset)  # type: ignore[attr-defined]
