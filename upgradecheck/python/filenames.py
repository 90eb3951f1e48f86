"""The names of template files that a file gives to calls, or includes. Part of a file's summary.

A name is a pattern: what is not plain to see of it stands there as ``*``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Module, Scope, last_name
from upgradecheck.rulebook.facts import endings

ANY = "*"
_LONGEST = 300
_MAX_DEPTH = 6
_JOINS = {"join", "Path", "PurePath", "PosixPath", "joinpath"}
_KEEPS = {"str", "as_posix", "fspath", "resolve", "absolute", "expanduser", "normpath", "abspath"}
_PLACEHOLDER = r"%\(\w+\)s|%s|\{\w*\}"  # few files need these: they are compiled where one does
_INCLUDED = r"\{%[-+]?\s*(?:include|import|from|extends)\s+(\[[^\]]*\]|'[^']*'|\"[^\"]*\")"
_QUOTED = r"'([^']*)'|\"([^\"]*)\""


class Named(Struct, frozen=True, array_like=True):
    """A name of a file: which call gets it (as in a summary's calls; "" where none that can be told does), and as
    which argument ("" where it is none)."""

    callee: str
    slot: str
    pattern: str


def included(text: str) -> tuple[Named, ...]:
    """The files that a template takes in."""
    found = (
        name for part in re.findall(_INCLUDED, text) for pair in re.findall(_QUOTED, part) for name in pair if name
    )
    return tuple(Named("", "", name) for name in dict.fromkeys(found))


def named(module: Module) -> tuple[Named, ...]:
    """The names of template files that stand in a Python file."""
    mentioned = {text for text in module.spoken if _is_name(text)}
    if not mentioned and module.spoken.isdisjoint(ending[1:] for ending in endings()):
        return ()
    found = {Named(*one) for one in (*_arguments(module), *_entries(module))}
    told = {one.pattern for one in found}
    found |= {Named("", "", text) for text in mentioned if text not in told and text not in endings()}
    return tuple(sorted(found, key=lambda one: (one.callee, one.slot, one.pattern)))


def _is_name(text: str) -> bool:
    return text.endswith(endings()) and len(text) < _LONGEST and "\n" not in text


def _arguments(module: Module) -> Iterator[tuple[str, str, str]]:
    for node, scope, block in module.calls:
        for slot, value in _slots(node):
            names = [name for name in _patterns(value, scope, 0) if _is_name(name)]
            for callee in (callees_of(module, node.func, scope, block) or [""]) if names else ():
                yield from ((callee, slot, name) for name in names)


def _slots(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    yield from ((str(position), value) for position, value in enumerate(call.args))
    yield from ((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)


def _entries(module: Module) -> Iterator[tuple[str, str, str]]:
    for node, scope, _ in module.kept.get(ast.Dict, ()):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                names = (name for name in _patterns(value, scope, 0) if _is_name(name))
                yield from (("", str(key.value), name) for name in names)


def _patterns(value: ast.expr, scope: Scope, depth: int) -> list[str]:
    """What an expression may come to, as far as it is text; nothing where it is something else."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) else []
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return [name for part in value.elts for name in _patterns(part, scope, depth + 1)]
    if isinstance(value, ast.Dict):
        return [name for part in value.values for name in _patterns(part, scope, depth + 1)]
    if isinstance(value, ast.IfExp):
        return _patterns(value.body, scope, depth + 1) + _patterns(value.orelse, scope, depth + 1)
    if isinstance(value, ast.Name):
        owner = scope.owner(value.id)
        bound = owner.bindings[value.id] if owner else []
        plain = owner and len(bound) == 1 and bound[0].value is not None
        return _patterns(bound[0].value, owner, depth + 1) if plain and owner and bound[0].value else []
    whole = _joined(value, scope, depth)
    return [whole] if whole else []


def _joined(value: ast.expr, scope: Scope, depth: int) -> str:
    """The text that an expression puts together; "" where it is none."""
    if isinstance(value, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.FormattedValue) else part for part in value.values)
        return "".join(_one(part, scope, depth) for part in parts)
    if isinstance(value, ast.BinOp):
        left, right = _one(value.left, scope, depth), _one(value.right, scope, depth)
        if isinstance(value.op, ast.Mod):
            return re.sub(_PLACEHOLDER, ANY, left)
        return {ast.Add: f"{left}{right}", ast.Div: f"{left}/{right}"}.get(type(value.op), "")
    if isinstance(value, ast.Call):
        name, inner = last_name(value.func), value.func.value if isinstance(value.func, ast.Attribute) else None
        if name in _JOINS:
            first = [inner] if inner is not None and name == "joinpath" else []
            return "/".join(_one(part, scope, depth) for part in [*first, *value.args])
        if name == "format" and inner is not None:
            return re.sub(_PLACEHOLDER, ANY, _one(inner, scope, depth))
        if name in _KEEPS:
            return _one(value.args[0] if value.args else inner, scope, depth)
    return ""


def _one(value: ast.expr | None, scope: Scope, depth: int) -> str:
    found = _patterns(value, scope, depth + 1) if value is not None else []
    return found[0] if len(found) == 1 else ANY
