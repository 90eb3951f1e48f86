"""What a request to the REST API sends and what code takes from its answer, as far as the file spells it out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.linking.endpoints import Request
from upgradecheck.python.scopes import FUNCTIONS, Scope, last_name
from upgradecheck.readers.calls import assigned
from upgradecheck.scene import Scene

_BODIES = {"json", "data", "content", "body"}
_QUERIES = {"params", "query"}
_METHODS = {"get", "post", "patch", "put", "delete", "head"}
_WRITERS = {"dumps"}
_BOUND_AND_SENT = 2  # all that is done with a dictionary to which nothing is added
_ROUNDS = 3  # answer → its JSON → a list in it → each of its entries
_TARGETS = {
    ast.AnnAssign: "target",
    ast.NamedExpr: "target",
    ast.For: "target",
    ast.AsyncFor: "target",
    ast.comprehension: "target",
    ast.withitem: "optional_vars",
}
_SOURCES = {
    ast.Assign: "value",
    ast.AnnAssign: "value",
    ast.NamedExpr: "value",
    ast.For: "iter",
    ast.AsyncFor: "iter",
    ast.comprehension: "iter",
    ast.withitem: "context_expr",
}


class Entry(Struct, frozen=True, eq=False):
    """A name that is sent or asked for: where it stands."""

    name: str
    node: ast.AST


class Body(Struct, frozen=True, eq=False):
    """What a request sends: ``whole`` where nothing is added elsewhere, ``display`` the dictionary as written."""

    entries: tuple[Entry, ...]
    whole: bool
    display: ast.Dict


def method(request: Request) -> str:
    """``POST`` and the like; "" where it is not told."""
    call = request.call
    name = last_name(call.func).lower()
    if name in _METHODS:
        return name.upper()
    given = [keyword.value for keyword in call.keywords if keyword.arg == "method"] or call.args[:1]
    first = given[0] if given else None
    known = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.lower() in _METHODS
    return str(first.value).upper() if known and isinstance(first, ast.Constant) else ""


def body(request: Request, scene: Scene) -> Body | None:
    """The body that a request sends."""
    return _given(request, _BODIES, scene)


def query(request: Request, scene: Scene) -> Body | None:
    """The names in a request's query that do not stand in the address itself."""
    return _given(request, _QUERIES, scene)


def _given(request: Request, names: set[str], scene: Scene) -> Body | None:
    for keyword in request.call.keywords:
        if keyword.arg in names and (found := _dictionary(keyword.value, request.scope)):
            display, named = found
            return _body(display, named, scene)
    return None


def _dictionary(value: ast.expr, scope: Scope) -> tuple[ast.Dict, str] | None:
    """A dictionary that is written out, directly, as JSON, or under a name that is given but once."""
    if isinstance(value, ast.Call) and last_name(value.func) in _WRITERS and value.args:
        value = value.args[0]
    if isinstance(value, ast.Dict):
        return value, ""
    named = assigned(value, scope)
    if isinstance(named, ast.Call) and last_name(named.func) in _WRITERS and named.args:
        named = named.args[0]
    if isinstance(named, ast.Dict):
        return named, value.id if isinstance(value, ast.Name) else ""
    return None


def _body(display: ast.Dict, name: str, scene: Scene) -> Body:
    keys = [key.value if isinstance(key, ast.Constant) else None for key in display.keys]
    entries = [
        Entry(key, node) for key, node in zip(keys, display.keys, strict=True) if isinstance(key, str) and node
    ]
    used = [r for r in scene.scopes.references if r.root == name] if name else []
    added = [item for item in scene.scopes.items if isinstance(item.value, ast.Name) and item.value.id == name]
    for item in added if name else ():
        if isinstance(item.slice, ast.Constant) and isinstance(item.slice.value, str):
            entries.append(Entry(item.slice.value, item.slice))
    alone = len(used) <= _BOUND_AND_SENT and not (name and added)
    whole = alone and all(isinstance(key, str) for key in keys)
    return Body(tuple(entries), whole, display)


def sent(text: str) -> list[str] | None:
    """The names in a body that is written as JSON; None where the text is no such thing."""
    import json  # a start without requests does without

    try:
        found = json.loads(text)
    except ValueError:
        return None
    return list(found) if isinstance(found, dict) else None


def answers(request: Request, scene: Scene) -> Iterator[Entry]:
    """The names that code asks the answer of a request for, in the function that makes the request."""
    around = next(b.node for b in request.block.chain() if isinstance(b.node, (*FUNCTIONS, ast.Module)))
    parts = list(ast.walk(around))
    names = _named(parts, request.call)
    for node in parts:
        key = _key(node)
        if key is not None and _comes_from(_owner(node), request.call, names):
            yield Entry(str(key.value), key)


def _key(node: ast.AST) -> ast.Constant | None:
    """What ``x["key"]`` and ``x.get("key")`` ask for."""
    key: ast.AST | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        key = node.slice
    elif isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        key = node.args[0]
    return key if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _owner(node: ast.AST) -> ast.expr | None:
    """What something is taken out of."""
    if isinstance(node, ast.Call):
        return node.func.value if isinstance(node.func, ast.Attribute) else None
    return node.value if isinstance(node, ast.Subscript | ast.Attribute | ast.Await) else None


def _named(parts: list[ast.AST], call: ast.Call) -> set[str]:
    """The names that hold the answer, or parts of it."""
    names: set[str] = set()
    for _ in range(_ROUNDS):
        holding = [part for part in parts if _comes_from(_source(part), call, names)]
        names |= {target.id for part in holding for target in _targets(part)}
    return names


def _targets(part: ast.AST) -> Iterator[ast.Name]:
    found = part.targets if isinstance(part, ast.Assign) else [getattr(part, _TARGETS.get(type(part), ""), None)]
    yield from (target for target in found if isinstance(target, ast.Name))


def _source(part: ast.AST) -> ast.expr | None:
    found = getattr(part, _SOURCES.get(type(part), ""), None)
    return found if isinstance(found, ast.expr) else None


def _comes_from(value: ast.expr | None, call: ast.Call, names: set[str]) -> bool:
    """Whether an expression is the answer of a call, or something that is taken out of it."""
    while value is not None:
        if value is call or (isinstance(value, ast.Name) and value.id in names):
            return True
        value = _owner(value)
    return False
