"""What code does to the entries of a dictionary that has a name, one reference at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from upgradecheck.python.scopes import Reference, last_name

_LOOKING = {
    *("bool", "copy", "debug", "deepcopy", "dict", "dumps", "error", "exception", "format", "info", "isinstance"),
    *("len", "list", "log", "print", "repr", "set", "sorted", "str", "tuple", "type", "warning"),
}  # fmt: skip
_COPIES = {"copy", "deepcopy"}


class Deed(Enum):
    """What a reference does: to certain entries, or to the dictionary as a whole."""

    READ = "looks at an entry"
    PUT = "puts an entry in, whatever was there"
    DEFAULT = "puts an entry in where there is none"
    TAKE = "takes an entry out"
    WHOLE = "uses all entries and changes none"
    OTHER = "may change any entry"


def deed(reference: Reference) -> tuple[Deed, tuple[str, ...]]:
    """What a reference does to the dictionary it names, and to which entries."""
    parent, node = reference.parent, reference.nodes[-1]
    if not reference.attributes:
        return _plain(parent, node)
    if isinstance(parent, ast.Call) and parent.func is node and len(reference.attributes) == 1:
        return _method(reference.attributes[0], parent)
    return Deed.WHOLE, ()


def _plain(parent: ast.AST | None, node: ast.expr) -> tuple[Deed, tuple[str, ...]]:
    if isinstance(parent, ast.Subscript) and parent.value is node:
        keys = _keys(parent.slice)
        if isinstance(parent.ctx, ast.Del):
            return (Deed.TAKE if keys else Deed.OTHER), keys
        return (Deed.PUT if isinstance(parent.ctx, ast.Store) else Deed.READ), keys
    if isinstance(parent, ast.Compare) and node in parent.comparators:
        return Deed.READ, _keys(parent.left)
    if isinstance(parent, ast.Call) and node in parent.args and last_name(parent.func) not in _LOOKING:
        return Deed.OTHER, ()
    return Deed.WHOLE, ()


def _method(name: str, call: ast.Call) -> tuple[Deed, tuple[str, ...]]:
    keys = _keys(call.args[0]) if call.args else ()
    if name == "pop":
        return (Deed.TAKE if keys else Deed.OTHER), keys
    if name in ("get", "setdefault"):
        return (Deed.READ if name == "get" else Deed.DEFAULT), keys
    if name == "update":
        return Deed.PUT, tuple(key for key, _, _ in updated(call))
    return (Deed.OTHER if name in ("popitem", "clear") else Deed.WHOLE), ()


def _keys(node: ast.expr) -> tuple[str, ...]:
    return (node.value,) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ()


def updated(call: ast.Call) -> Iterator[tuple[str, ast.AST, ast.expr]]:
    """The entries that ``NAME.update(…)`` spells out: key, where it stands, value."""
    for value in call.args:
        if isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if key is not None and (names := _keys(key)):
                    yield names[0], key, item
    yield from ((keyword.arg, keyword, keyword.value) for keyword in call.keywords if keyword.arg)


def merged(value: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    """The names, dotted or not, whose entries become entries of what an expression comes to."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name | ast.Attribute):
            yield part
        elif isinstance(part, ast.Dict):
            pending += [item for key, item in zip(part.keys, part.values, strict=True) if key is None]
        elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            pending += [part.left, part.right]
        elif isinstance(part, ast.IfExp):
            pending += [part.body, part.orelse]
        elif isinstance(part, ast.BoolOp):
            pending += part.values
        elif isinstance(part, ast.Call):
            pending += copied(part)


def copied(call: ast.Call) -> list[ast.expr]:
    """What a call makes a dictionary of: ``dict(a, **b)``, ``a.copy()``, ``copy.deepcopy(a)``; else nothing."""
    function = call.func
    if isinstance(function, ast.Name) and function.id == "dict":
        return [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is None)]
    if last_name(function) in _COPIES and len(call.args) == 1:
        return list(call.args)
    if isinstance(function, ast.Attribute) and function.attr == "copy" and not call.args:
        return [function.value]
    return []


def side_by_side(target: ast.expr, value: ast.expr) -> list[tuple[ast.Name, ast.expr]]:
    """The names and values of ``a = x`` and ``a, b = x, y``; nothing for any other assignment."""
    if isinstance(target, ast.Name):
        return [(target, value)]
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)):
        return []
    names = [part for part in target.elts if isinstance(part, ast.Name)]
    starred = any(isinstance(part, ast.Starred) for part in value.elts)
    return [] if starred or len(names) < len(value.elts) else list(zip(names, value.elts, strict=True))


def kept_texts(node: ast.ClassDef) -> dict[str, str]:
    """The strings that a class keeps under names."""
    return {
        statement.targets[0].id: statement.value.value
        for statement in node.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        if isinstance(statement.value.value, str) and isinstance(statement.targets[0], ast.Name)
    }
