"""The templates that an expression holds, through names, loops, containers, parameters and what keeps text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.python.flow import callees_of
from upgradecheck.python.lettering import escaped, letters
from upgradecheck.python.loops import elements, gone_through
from upgradecheck.python.scopes import FUNCTIONS, Binding, Scope, function_name, last_name
from upgradecheck.scene import Scene

MARKS = ("{{", "{%")
_MAX_DEPTH = 6
_KEEPING = {"dedent", "strip", "lstrip", "rstrip", "join", "replace", "dict", "list", "tuple", "cast", "format"}
Part = tuple[ast.expr, Scope]


class Text(Struct, frozen=True, eq=False):
    """A template: the constant or f-string, what it comes to, and where its letters stand (None: nobody knows)."""

    node: ast.expr
    value: str
    places: list[int] | None


def texts(scene: Scene, value: ast.expr, scope: Scope, depth: int = 0) -> Iterator[Text]:
    """The templates in a value."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, ast.Constant):
        if isinstance(value.value, str) and any(mark in value.value for mark in MARKS):
            yield Text(value, value.value, letters(scene.source, value))
    elif isinstance(value, ast.JoinedStr):
        yield from (Text(value, text, places) for text, places in escaped(scene.source, value))
        for part in value.values:
            if isinstance(part, ast.FormattedValue):
                yield from texts(scene, part.value, scope, depth + 1)
    elif isinstance(value, ast.BinOp) and (whole := _sum(scene, value)):
        yield whole
        for part in _summands(value):
            if not isinstance(part, ast.Constant):
                yield from texts(scene, part, scope, depth + 1)
    elif isinstance(value, ast.Call) and (filled := _filled(value)) is not None:
        yield from (Text(filled, text, places) for text, places in escaped(scene.source, filled))
        for part in (*value.args, *(keyword.value for keyword in value.keywords)):
            yield from texts(scene, part, scope, depth + 1)
    else:
        for part, where in _parts(scene, value, scope):
            yield from texts(scene, part, where, depth + 1)


def _filled(value: ast.expr) -> ast.Constant | None:
    """The string of ``"…".format(…)``, in which brackets are doubled."""
    function = value.func if isinstance(value, ast.Call) else None
    plain = isinstance(function, ast.Attribute) and function.attr == "format"
    text = function.value if plain and isinstance(function, ast.Attribute) else None
    return text if isinstance(text, ast.Constant) and isinstance(text.value, str) else None


def _summands(value: ast.expr) -> list[ast.expr]:
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return [*_summands(value.left), *_summands(value.right)]
    return [value]


def _sum(scene: Scene, value: ast.BinOp) -> Text | None:
    """A template that is put together with ``+``; what is no constant stands there as ``x``."""
    parts = _summands(value)
    text, places = "", list[int]()
    for part in parts:
        plain = isinstance(part, ast.Constant) and isinstance(part.value, str)
        found = letters(scene.source, part) if plain and isinstance(part, ast.Constant) else [-1]
        if found is None:
            return None
        text += str(part.value) if isinstance(part, ast.Constant) and plain else "x"
        places += found
    return Text(value, text, places) if any(mark in text for mark in MARKS) else None


def _parts(scene: Scene, value: ast.expr, scope: Scope) -> Iterator[Part]:
    if isinstance(value, ast.Name):
        owner = scope.owner(value.id)
        bindings = owner.bindings[value.id] if owner else []
        if owner and len(bindings) == 1:
            yield from _bound(scene, bindings[0], owner)
        return
    inner: list[ast.expr | None] = []
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        inner += value.elts
    elif isinstance(value, ast.Dict):
        inner += value.values
    elif isinstance(value, ast.BinOp):
        inner += [value.left, value.right]
    elif isinstance(value, ast.IfExp):
        inner += [value.body, value.orelse]
    elif isinstance(value, ast.BoolOp):
        inner += value.values
    elif isinstance(value, ast.Starred):
        inner.append(value.value)
    elif isinstance(value, ast.Subscript):
        yield from _entry(scene, value, scope)
    elif isinstance(value, ast.Call) and last_name(value.func) in _KEEPING:
        inner += [*value.args, *(keyword.value for keyword in value.keywords)]
        inner += [value.func.value] if isinstance(value.func, ast.Attribute) else []
    elif isinstance(value, ast.Call):
        yield from _of_function(scene, value, scope)
    yield from ((part, scope) for part in inner if part is not None)


def _of_function(scene: Scene, value: ast.Call, scope: Scope) -> Iterator[Part]:
    """What a function of this file returns."""
    own = [one for one in callees_of(scene.scopes, value.func, scope, scene.scopes.root) if one.startswith(":")]
    for node, _, _ in scene.scopes.functions if own else ():
        if isinstance(node, ast.FunctionDef) and f":{node.name}" in own:
            yield from returned_by(scene, node)


def returned_by(scene: Scene, function: ast.FunctionDef) -> Iterator[Part]:
    """All that a function returns, less what functions inside of it do."""
    for node, scope, block in scene.scopes.kept.get(ast.Return, ()):
        around = next((part.node for part in block.chain() if isinstance(part.node, FUNCTIONS)), None)
        if around is function and node.value is not None:
            yield node.value, scope


def _entry(scene: Scene, value: ast.Subscript, scope: Scope) -> Iterator[Part]:
    """An entry of a dictionary or list that has a name; all of them where the key is not plain to see."""
    for part, where in _parts(scene, value.value, scope) if isinstance(value.value, ast.Name) else ():
        if isinstance(part, ast.Dict) and isinstance(value.slice, ast.Constant):
            pairs = zip(part.keys, part.values, strict=True)
            wanted = value.slice.value
            yield from ((v, where) for k, v in pairs if isinstance(k, ast.Constant) and k.value == wanted)
        elif isinstance(part, ast.Dict | ast.List | ast.Tuple):
            yield part, where


def _bound(scene: Scene, binding: Binding, owner: Scope) -> Iterator[Part]:
    if binding.value is not None:
        yield binding.value, owner
    elif isinstance(binding.node, ast.arg):
        yield from _given(scene, binding.node)
    elif binding.node in scene.containers.loops:
        several, position = scene.containers.loops[binding.node]
        inner = gone_through(several)
        written = _parts(scene, inner, owner) if isinstance(inner, ast.Name) else iter([(inner, owner)])
        yield from elements(several, position, written)


def _given(scene: Scene, parameter: ast.arg) -> Iterator[Part]:
    """What the calls of this file give a function of this file for a parameter."""
    for node, _, _ in scene.scopes.functions:
        if not isinstance(node, FUNCTIONS) or isinstance(node, ast.Lambda):
            continue
        plain = [*node.args.posonlyargs, *node.args.args]
        if parameter in plain or parameter in node.args.kwonlyargs:
            own = f":{function_name(scene.scopes, node)}"
            position = plain.index(parameter) if parameter in plain else len(plain)
            for call, where, around in scene.scopes.calls:
                if own in callees_of(scene.scopes, call.func, where, around):
                    named = [k.value for k in call.keywords if k.arg == parameter.arg]
                    yield from ((value, where) for value in (named or call.args[position : position + 1]))
