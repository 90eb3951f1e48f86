"""What one file calls, and with how much. Part of its summary."""

from __future__ import annotations

import ast
import sys
from functools import cache

from upgradecheck.python.constants import first, is_class
from upgradecheck.python.flow import SUPER, callees_of, made_by
from upgradecheck.python.scopes import Block, Module, Scope, function_name
from upgradecheck.python.script import qualified_name
from upgradecheck.rulebook.facts import below, lookup

UNTOLD = "?"
_UNTOLD = {SUPER, "functools.partial"}
_MANY = 99
_METHODS = {"staticmethod", "classmethod"}


def calls(module: Module) -> tuple[tuple[str, str], ...]:
    """Each call: (qualified name of the calling function, "" at module level; dotted callee, ":name" for own)."""
    found: set[tuple[str, str]] = set()
    for node, scope, block in module.calls:
        found.update((qualified_name(block), sys.intern(c)) for c in callees_of(module, node.func, scope, block))
    for function, scope, block in module.functions:
        for decorator in getattr(function, "decorator_list", ()):
            callees = callees_of(module, decorator, scope, block)
            found.update((qualified_name(block), callee) for callee in callees)
    return tuple(sorted(found))


def filled(module: Module) -> dict[str, int]:
    """Callees, as in `calls` ("?" for those not told) → the most arguments that they get by position."""
    found: dict[str, int] = {}
    for node, scope, block in module.calls:
        if node.args:
            count = _MANY if any(isinstance(value, ast.Starred) for value in node.args) else len(node.args)
            callees = callees_of(module, node.func, scope, block)
            told = callees and _UNTOLD.isdisjoint(callees)
            for callee in callees if told or not (callees or made_by(scope, node.func)) else (UNTOLD,):
                found[callee] = max(count, found.get(callee, 0))
    return found


def argued(module: Module) -> dict[str, dict[str, None]]:
    """Callees, as in `calls` ("?" for those not told, and for dictionaries) → the words for what they get."""
    found: dict[str, dict[str, None]] = {UNTOLD: dict.fromkeys(sorted(module.loose))}
    for node, scope, block in module.calls:
        if words := module.argued.get(node):
            callees = callees_of(module, node.func, scope, block)
            told = callees and _UNTOLD.isdisjoint(callees)
            for callee in callees if told else (UNTOLD,):
                found.setdefault(callee, {}).update(dict.fromkeys(words))
                if node.args and is_class(callee.rpartition(".")[2]):
                    found[callee].update(dict.fromkeys(first(node, None)))  # whatever it is called here
    return found


def always(module: Module) -> dict[str, tuple[str, ...]]:
    """Callees, as in `calls` → the names of arguments that each call of them in this file gives."""
    found: dict[str, set[str]] = {}
    for node, scope, block in module.calls:
        given = {keyword.arg for keyword in node.keywords if keyword.arg}
        for callee in callees_of(module, node.func, scope, block):
            if callee in found:
                found[callee] &= given
            else:
                found[callee] = set(given)
    return {callee: tuple(sorted(names)) for callee, names in found.items()}


def decorators(module: Module) -> dict[str, tuple[str, ...]]:
    """Each decorated function, by qualified name → its decorators, as in `calls`; not those that only say whose
    method it is."""
    found: dict[str, tuple[str, ...]] = {}
    for node, scope, block in module.functions:
        name = function_name(module, node)
        for decorator in getattr(node, "decorator_list", ()):
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(function, ast.Name) and function.id in _METHODS and not scope.owner(function.id):
                continue
            callees = callees_of(module, function, scope, block) or _made_before(module, function, scope, block)
            found[name] = (*found.get(name, ()), *callees)
    for node, scope, block in module.calls:
        if node.args and isinstance(node.args[0], ast.Name):
            maker = node.func.func if isinstance(node.func, ast.Call) else node.func
            names = [one for one in callees_of(module, maker, scope, block) if below(one, _known())]
            for own in callees_of(module, node.args[0], scope, block) if names else ():
                found[own[1:]] = (*found.get(own[1:], ()), *names) if own.startswith(":") else ()
    return {name: given for name, given in found.items() if name}


def _made_before(module: Module, function: ast.expr, scope: Scope, block: Block) -> list[str]:
    """The decorator that a name was given with its arguments: ``retried = task(retries=3)``."""
    made = made_by(scope, function)
    return (
        callees_of(module, made.func, scope, block) if made is not None and isinstance(function, ast.Name) else []
    )


@cache
def _known() -> frozenset[str]:
    """The decorators that put a function's body off, for they are called with functions as well: ``task(f)``."""
    return frozenset(row["name"] for row in lookup("code_places") if row["kind"] == "decorator")
