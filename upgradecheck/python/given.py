"""Fills a file's `reach.Reach`: what its calls get, which methods they are, what its functions hand back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from upgradecheck.python.annotations import alternatives
from upgradecheck.python.flow import SPREAD, callees_of
from upgradecheck.python.kept import SELF, fields
from upgradecheck.python.reach import OPEN, Give, Reach, joined, parameters, taken
from upgradecheck.python.scopes import FUNCTIONS, Block, Scope, function_name, last_name, qualified_name
from upgradecheck.python.sight import Sight

_PARTIAL = "partial"
_CODE = (ast.Name, ast.Attribute, ast.Lambda)
_SILENT = frozenset({ast.Constant, ast.JoinedStr, ast.BinOp, ast.Compare})  # nobody asks what they hold


class Asking(NamedTuple):
    """What is looked for: ``code`` are arguments whose value is called later, ``positions`` and ``entries`` those
    that hold what it gets then, ``keys`` what it may get by name besides, ``makers`` the last parts of the names of
    what hands out the context, ``templated`` attributes of classes that name their templated arguments,
    ``watching`` arguments that name a DAG whose dates count, ``packages`` those that are never the project's."""

    code: frozenset[str]
    positions: frozenset[str]
    entries: frozenset[str]
    keys: frozenset[str]
    makers: frozenset[str]
    templated: frozenset[str]
    watching: frozenset[str]
    packages: frozenset[str]


def reach(sight: Sight, asking: Asking) -> Reach:
    """A file's part in what runs when."""
    gives = frozenset((*_gives(sight, asking), *_put(sight)))
    return Reach(
        _parameters(sight),
        frozenset(_methods(sight)),
        gives,
        frozenset(_returns(sight)),
        frozenset(_typed(sight)),
        _templated(sight, asking),
        tuple(sorted(set(_watched(sight, asking)))),
    )


def _parameters(sight: Sight) -> dict[str, tuple[str, ...]]:
    """The parameters of functions, of constructors that are made of fields, and what objects keep for others."""
    found: dict[str, tuple[str, ...]] = {}
    for node, _, _ in sight.module.functions:
        if given := parameters(node.args):  # type: ignore[attr-defined]
            found[function_name(sight.module, node)] = given
    for node, _, _ in sight.module.classes:
        if made := fields(node):
            found[f"{node.name}.__init__"] = (
                SELF,
                *(f"{name}=" if default else name for name, default in made.items()),
            )
    kept = {(name, attribute) for name, attribute, _, _ in sight.kept.put()}.union(sight.kept.asked())
    for owner in sorted({name for name, _ in kept}):
        found[f"{owner}.{SELF}"] = tuple(f"{one}=" for name, one in sorted(kept) if name == owner)
    return found


def _put(sight: Sight) -> Iterator[Give]:
    """What objects keep for others, as if they were called with it."""
    for owner, attribute, value, scope in sight.kept.put():
        if held := sight.held(value, scope):
            yield Give(held, owner, f":{owner}.{SELF}", attribute)


def _watched(sight: Sight, asking: Asking) -> Iterator[str]:
    for node, scope, _ in sight.module.calls:
        for keyword in node.keywords:
            if keyword.arg in asking.watching:
                made = keyword.value
                if isinstance(made, ast.Name) and (owner := scope.owner(made.id)):
                    made = owner.bindings[made.id][0].value or made
                if isinstance(made, ast.Constant) and isinstance(made.value, str):
                    yield made.value


def _methods(sight: Sight) -> Iterator[tuple[str, str]]:
    for node, scope, block in sight.module.calls:
        if isinstance(node.func, ast.Attribute) and not callees_of(sight.module, node.func, scope, block):
            caller = qualified_name(block)
            yield from ((caller, callee) for callee in sight.method(node.func, scope, block))


def _gives(sight: Sight, asking: Asking) -> Iterator[Give]:
    for node, scope, block in sight.module.calls:
        callees = _callees(sight, node.func, scope, block) if node.args or node.keywords else []
        found = _given(sight, node, scope, block, asking, _only_code(callees, asking)) if callees else []
        if not found:
            continue
        caller, more = qualified_name(block), _beside(node, scope, asking)
        for callee in callees:
            made = callee.rpartition(".")[2][:1].isupper()  # a class: what else it is given by name is no matter
            for slot, what, given in (one for one in found if one[1] or not made):
                yield Give(what, caller, callee, slot, joined(given, more) if slot in asking.code else given)
    yield from _entries(sight, asking.code)


def _callees(sight: Sight, function: ast.expr, scope: Scope, block: Block) -> list[str]:
    """What is called; ``f.override(…)(…)`` is ``f.override``; "" for a dictionary."""
    inner = function.func if isinstance(function, ast.Call) else function
    found = callees_of(sight.module, inner, scope, block) or sight.method(inner, scope, block)
    return found or ([""] if isinstance(function, ast.Name) and function.id == "dict" else [])


def _only_code(callees: list[str], asking: Asking) -> bool:
    """Whether only code matters among what a call gets: no function of the project is called."""
    return all(not callee or callee.partition(".")[0] in asking.packages for callee in callees)


def _given(
    sight: Sight, call: ast.Call, scope: Scope, block: Block, asking: Asking, only_code: bool
) -> list[tuple[str, str, tuple[str, ...]]]:
    """What a call gets, as far as somebody may ask: the slot of each, what it holds or is, what that gets."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for slot, value in _slots(call):
        if slot in asking.code or not (only_code or type(value) in _SILENT):
            values = _values(sight, slot, value, scope, block, asking)
            found.extend([(slot, what, given) for what, given in values])
        elif slot in asking.keys and not only_code:
            found.append((slot, "", ()))
    return found


def _slots(call: ast.Call) -> list[tuple[str, ast.expr]]:
    found = [(keyword.arg or SPREAD, keyword.value) for keyword in call.keywords]
    if not call.args:
        return found
    several = (number for number, value in enumerate(call.args) if isinstance(value, ast.Starred))
    placed = call.args[: next(several, len(call.args))]
    return [*((str(position), value) for position, value in enumerate(placed)), *found]


def _values(
    sight: Sight, slot: str, value: ast.expr, scope: Scope, block: Block, asking: Asking
) -> list[tuple[str, tuple[str, ...]]]:
    """What a call gets as one argument, as far as somebody may ask."""
    owner = scope.owner(value.id) if type(value) is ast.Name and slot not in asking.code else None
    bindings = owner.bindings[value.id] if owner else []  # type: ignore[attr-defined]
    if len(bindings) != 1:
        found = list(_value(sight, slot, value, scope, block, asking))
    elif (told := sight.told.get(bindings[0])) is not None:
        found = told
    else:
        found = sight.told[bindings[0]] = list(_value(sight, slot, value, scope, block, asking))
    return found or ([("", ())] if slot in asking.keys else [])


def _value(
    sight: Sight, slot: str, value: ast.expr, scope: Scope, block: Block, asking: Asking
) -> Iterator[tuple[str, tuple[str, ...]]]:
    held = sight.held(value, scope)
    if held:
        made = held.partition("()")[0].rpartition(".")[2]
        if made in asking.makers or "()" not in held:
            yield held, ()
            return
    code = isinstance(value, _CODE) or slot in asking.code
    for one in sight.code(value, scope, block) if code else ():
        if slot in asking.code or not one[0].endswith("()"):
            yield one


def _beside(call: ast.Call, scope: Scope, asking: Asking) -> tuple[str, ...]:
    """What code gets from arguments beside the one it is."""
    given: tuple[str, ...] = ("0", OPEN) if last_name(call.func) == _PARTIAL else ()
    for keyword in call.keywords:
        if keyword.arg in asking.positions:
            plain = isinstance(keyword.value, ast.List | ast.Tuple)
            given = joined(given, taken(keyword.value.elts, []) if plain else ("0", OPEN))  # type: ignore[attr-defined]
        elif keyword.arg in asking.entries:
            given = joined(given, ("0", *_keys(keyword.value, scope)))
    return given


def _keys(value: ast.expr, scope: Scope) -> list[str]:
    if isinstance(value, ast.Dict):
        return [str(key.value) if isinstance(key, ast.Constant) else OPEN for key in value.keys]
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "dict"
        and not value.args
    ):
        return [keyword.arg or OPEN for keyword in value.keywords]
    several = value.values if isinstance(value, ast.BoolOp) else [value]
    names = (part.id for part in several if isinstance(part, ast.Name))
    return [OPEN + next((name for name in names if _is_parameter(name, scope)), "")]


def _is_parameter(name: str, scope: Scope) -> bool:
    owner = scope.owner(name)
    bindings = owner.bindings[name] if owner else []
    return len(bindings) == 1 and isinstance(bindings[0].node, ast.arg)


def _entries(sight: Sight, places: frozenset[str]) -> Iterator[Give]:
    """Entries of dictionaries that are written out, or put in later."""
    for node, scope, block in sight.module.kept.get(ast.Dict, ()):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in places:
                for what, given in sight.code(value, scope, block):
                    yield Give(what, qualified_name(block), "", str(key.value), given)


def _returns(sight: Sight) -> Iterator[tuple[str, str]]:
    """The functions that functions hand back."""
    for node, scope, block in sight.module.kept.get(ast.Return, ()):
        function = qualified_name(block)
        if node.value is not None and isinstance(node.value, ast.Name | ast.Lambda | ast.Call):
            yield from ((function, what) for what, _ in sight.code(node.value, scope, block))


def _templated(sight: Sight, asking: Asking) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in asking.templated:
        for binding in sight.module.bound.get(name, ()):
            around = binding.block.node
            if isinstance(around, ast.ClassDef) and binding.value is not None:
                texts = (part.value for part in ast.walk(binding.value) if isinstance(part, ast.Constant))
                found[around.name] = tuple(text for text in texts if isinstance(text, str))
    return found


def _typed(sight: Sight) -> Iterator[tuple[str, str]]:
    for node, scope, block in sight.module.functions:
        if isinstance(node, FUNCTIONS) and not isinstance(node, ast.Lambda):
            function = function_name(sight.module, node)
            for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                for part in alternatives(arg.annotation) if arg.annotation else ():
                    found = callees_of(sight.module, part, scope, block)
                    yield from ((f"{function}({arg.arg})", dotted) for dotted in found if ":" not in dotted)
