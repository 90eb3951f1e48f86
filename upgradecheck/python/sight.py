"""What an expression of a file is: what it holds, as `reach` writes it down, and which code it may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache, cached_property

from msgspec import Struct, field

from upgradecheck.python.entries import kept_texts
from upgradecheck.python.flow import callees_of
from upgradecheck.python.kept import Kept, all_parameters, class_around, is_first
from upgradecheck.python.loops import Containers
from upgradecheck.python.reach import RENEWED, taken
from upgradecheck.python.scopes import Binding, Block, Module, Reference, Scope, chain, function_name, last_name
from upgradecheck.rulebook.facts import lookup

_MAX_DEPTH = 4
_CHAINED = (ast.Name, ast.Attribute)
_WRAPPED = (ast.Await, ast.NamedExpr)
_MANY = (ast.List, ast.Tuple, ast.Set)
_MADE = (ast.Lambda, ast.Call, ast.List)
_PARTIAL = "functools.partial"
_GETS = ("get", "pop")
_SAME = ("copy", "dict")


class Sight(Struct, eq=False, dict=True):
    """A module, with what is needed to say what an expression of it is."""

    module: Module
    owners: dict[ast.AST, str] = field(default_factory=dict)  # each parameter → its function's qualified name
    open: set[ast.expr] = field(default_factory=set)  # what `code` is looking into
    told: dict[Binding, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)  # by names

    def __post_init__(self) -> None:
        for node, _, _ in self.module.functions:
            function = function_name(self.module, node)
            for arg in all_parameters(node.args):  # type: ignore[attr-defined]
                self.owners[arg] = function

    @cached_property
    def containers(self) -> Containers:
        """The lists and dictionaries that are written out."""
        return Containers(self.module)

    def held(self, value: ast.expr, scope: Scope, depth: int = 0) -> str:
        """What an expression holds, followed back to a parameter or a call; "" where it cannot be told."""
        if depth > _MAX_DEPTH:
            return ""
        if isinstance(value, ast.Name):
            return self._named(value, scope, depth)
        if isinstance(value, ast.Subscript):
            return self._entry(value.value, value.slice, scope, depth)
        if isinstance(value, ast.Attribute):
            return self._kept(value, scope, depth)
        if isinstance(value, _WRAPPED):
            return self.held(value.value, scope, depth + 1)
        if isinstance(value, ast.BoolOp):
            return next(filter(None, (self.held(part, scope, depth + 1) for part in value.values)), "")
        if isinstance(value, ast.Dict):
            spread = [item for key, item in zip(value.keys, value.values, strict=True) if key is None]
            return self.held(spread[0], scope, depth + 1) if len(spread) == 1 else ""
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
            return self.held(value.left, scope, depth + 1) or self.held(value.right, scope, depth + 1)
        return self._called(value, scope, depth) if isinstance(value, ast.Call) else ""

    def _named(self, value: ast.Name, scope: Scope, depth: int) -> str:
        reference = Reference(value.id, (), (value,), scope, self.module.root)
        found = [self._bound(binding, depth) for binding in self.module.bindings(reference)]
        return found[0] if found and len(set(found)) == 1 else ""

    def _bound(self, binding: Binding, depth: int) -> str:
        if binding.node in self.owners:
            return f"{self.owners[binding.node]}({binding.name})"
        if binding.value is not None and binding.scope is not None:
            return self.held(binding.value, binding.scope, depth + 1)
        return ""

    @cached_property
    def kept(self) -> Kept:
        """What the file's classes put into attributes."""
        return Kept(self.module, self.owners)

    def _kept(self, value: ast.Attribute, scope: Scope, depth: int) -> str:
        """What an attribute of ``self`` holds, where all that the class puts there is the same."""
        owner = self.kept.self_of(value.value, scope)
        if owner is None:
            return ""
        found = {self.held(one, where, depth + 1) for one, where in self.kept.given(owner, value.attr)}
        return found.pop() if len(found) == 1 else "" if found else self.kept.elsewhere(owner, value.attr)

    def _entry(self, base: ast.expr, key: ast.expr, scope: Scope, depth: int) -> str:
        whole = self.held(base, scope, depth + 1) if isinstance(key, ast.Constant) else ""
        return f"{whole}[{key.value!s}]" if whole and isinstance(key, ast.Constant) else ""

    def _called(self, call: ast.Call, scope: Scope, depth: int) -> str:
        function, name = call.func, last_name(call.func)
        if isinstance(function, ast.Attribute) and name in _GETS and call.args:
            return self._entry(function.value, call.args[0], scope, depth)
        if isinstance(function, ast.Attribute) and name == "copy" and not call.args:
            return self.held(function.value, scope, depth + 1)
        if isinstance(function, ast.Attribute) and name in _renewing():
            held = self.held(function.value, scope, depth + 1)
            return held and held + RENEWED
        if name in _SAME and len(call.args) == 1:
            return self.held(call.args[0], scope, depth + 1)
        if name == "cast" and len(call.args) == 2:
            return self.held(call.args[1], scope, depth + 1)
        callees = callees_of(self.module, function, scope, self.module.root)
        return f"{callees[0]}()" if len(callees) == 1 and not call.args and not call.keywords else ""

    def code(self, value: ast.expr, scope: Scope, block: Block) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The functions that an expression may be, each with the arguments that it has been given already."""
        if value in self.open:
            return  # ``for one in (one, two)``: it hangs on itself
        self.open.add(value)
        try:
            found = list(self._code(value, scope, block))
        finally:
            self.open.discard(value)
        yield from found

    def _code(self, value: ast.expr, scope: Scope, block: Block) -> Iterator[tuple[str, tuple[str, ...]]]:
        if name := self._method_named(value):
            around = class_around(block)
            yield from [(f":{around}.{name}", ())] if around else []
        elif isinstance(value, ast.Lambda):
            yield ":" + function_name(self.module, value), ()
        elif isinstance(value, _CHAINED):
            yield from ((what, ()) for what in self._functions(value, scope, block))
        elif isinstance(value, ast.IfExp):
            yield from self.code(value.body, scope, block)
            yield from self.code(value.orelse, scope, block)
        elif isinstance(value, _MANY):
            for part in value.elts:
                yield from self.code(part, scope, block)
        elif isinstance(value, ast.Dict):
            for part in value.values:
                yield from self.code(part, scope, block)
        elif isinstance(value, ast.Subscript):
            for part, where in self.containers.entries(value, scope):
                yield from self.code(part, where, block)
        elif isinstance(value, ast.Call):
            callees = callees_of(self.module, value.func, scope, block)
            if isinstance(value.func, ast.Name) and value.func.id == "dict" and not callees:
                for keyword in value.keywords:
                    yield from self.code(keyword.value, scope, block)
            elif callees == [_PARTIAL] and value.args:
                given = taken(value.args[1:], value.keywords)
                yield from ((what, given) for what, _ in self.code(value.args[0], scope, block))
            else:
                yield from ((f"{callee}()", ()) for callee in callees)

    def _method_named(self, value: ast.expr) -> str:
        """The method that a text names: a constant, one that a class keeps, ``self.m.__name__``."""
        if isinstance(value, ast.Constant):
            return value.value if isinstance(value.value, str) else ""
        if isinstance(value, ast.Attribute) and value.attr == "__name__":
            return value.value.attr if isinstance(value.value, ast.Attribute) else ""
        named = value.attr if isinstance(value, ast.Attribute) else ""
        texts = (
            {text for node, _, _ in self.module.classes if (text := kept_texts(node).get(named, ""))}
            if named
            else set()
        )
        return texts.pop() if len(texts) == 1 else ""

    def _functions(self, value: ast.expr, scope: Scope, block: Block) -> Iterator[str]:
        owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
        bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
        given = bindings[0].value if len(bindings) == 1 else None
        looped = [binding for binding in bindings if binding.node in self.containers.loops]
        if owner and looped:
            above = [b for b in looped if b.node.lineno <= value.lineno] or looped  # type: ignore[attr-defined]
            for part, where in self.containers.looped(above[-1].node, owner):
                yield from (what for what, _ in self.code(part, where, above[-1].block))
            return
        if isinstance(given, _MADE) and owner and bindings[0].node not in self.owners:
            yield from (what for what, _ in self.code(given, owner, bindings[0].block))
            return
        yield from callees_of(self.module, value, scope, block) or self.method(value, scope, block)

    def method(self, function: ast.expr, scope: Scope, block: Block) -> list[str]:
        """The method that ``self.m``, ``super().m``, ``Class().m`` or ``x.m`` with ``x = Class()`` is."""
        if not isinstance(function, ast.Attribute):
            return []
        inner = function.value
        if isinstance(inner, ast.Call):
            if last_name(inner.func) == "super" and (around := class_around(block)):
                return [f":{around}.super.{function.attr}"]
            return [f"{callee}.{function.attr}" for callee in callees_of(self.module, inner.func, scope, block)]
        parts = chain(function)
        if parts is not None and len(parts[1]) == 2 and (kept := self.kept.self_of(parts[0], scope)):
            makers = [value.func for value, _ in self.kept.given(kept, parts[1][0]) if isinstance(value, ast.Call)]
            named = (callee for maker in makers for callee in callees_of(self.module, maker, scope, block))
            return [f"{callee}.{function.attr}" for callee in named]
        if parts is None or len(parts[1]) != 1:
            return []
        owner = scope.owner(parts[0].id)
        bindings = owner.bindings[parts[0].id] if owner else []
        if len(bindings) != 1 or owner is None:
            return []
        node, value = bindings[0].node, bindings[0].value or bindings[0].context
        owning = bindings[0].block.node
        if node in self.owners and isinstance(owning, ast.ClassDef) and is_first(node, owning):
            return [f":{owning.name}.{function.attr}"]
        made = callees_of(self.module, value.func, owner, bindings[0].block) if isinstance(value, ast.Call) else []
        return [f"{callee}.{function.attr}" for callee in made]


@cache
def _renewing() -> frozenset[str]:
    """The methods that hand the context out."""
    return frozenset(row["name"] for row in lookup("code_places") if row["kind"] == "renewed")
