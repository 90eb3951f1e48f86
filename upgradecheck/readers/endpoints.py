"""Python files: endpoints of the REST API that strings name, and the calls that are given them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from upgradecheck.linking.endpoints import Endpoint, Request
from upgradecheck.python.scopes import Scope
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import lookup
from upgradecheck.rulebook.routes import Found, find, speaks_of
from upgradecheck.scene import Scene
from upgradecheck.texts.formats import speaks
from upgradecheck.texts.texts import plain

_DEPTH = 3
_HOST = re.compile(r"https?://([\w.-]+)(?=[:/])")


def read(scene: Scene) -> Iterator[Endpoint | Request]:
    """The addresses in a file, and the requests that are made with them."""
    known: dict[int, list[Found]] = {}
    places = []
    for use in scene.scopes.slashed:
        whole = use.parent if isinstance(use.parent, ast.JoinedStr) else use.node
        if id(whole) in known or isinstance(use.parent, ast.Expr) or not speaks_of([use.value]):
            continue
        known[id(whole)] = list(find(scene.text(whole)))
        places.append((whole, use.block))
    if not any(known.values()):
        return
    own = [host_of(scene.text(whole)) for whole, _ in places if any(found.route.own for found in known[id(whole)])]
    told = bool(own) or _has_client(scene)
    for whole, block in places:
        host = host_of(scene.text(whole))
        elsewhere = bool(host) and any(own) and host not in own  # another server's, by its name
        sure = (told and not elsewhere) or speaks(scene.source.line(whole.lineno))
        runs = live(scene, block, whole.lineno, "")
        for found in known[id(whole)] if sure else ():
            if runs is None:  # a guard sees to it
                break
            start = scene.start(whole)
            yield Endpoint(found, plain(scene.source.text, start + found.start, start + found.end), runs)
    yield from _requests(scene, known)


def host_of(text: str) -> str:
    """The server that an address names; "" where it does not, or only in part."""
    found = _HOST.search(text)
    return found[1] if found else ""


def _has_client(scene: Scene) -> bool:
    """Whether a file imports what talks to this API and to no other."""
    clients = {row["package"] for row in lookup("rest_clients")}
    targets = (binding.target or "" for bindings in scene.scopes.bound.values() for binding in bindings)
    return any(target.partition(".")[0] in clients for target in targets)


def _requests(scene: Scene, known: dict[int, list[Found]]) -> Iterator[Request]:
    for call, scope, block in scene.scopes.calls:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        found = [each for value in values for each in _inside(value, scope, known, 0)]
        runs = live(scene, block, call.lineno, "") if found else None
        if runs is not None:
            yield Request(max(found, key=lambda each: len(each.segments)), call, scope, block, runs)


def _inside(value: ast.AST, scope: Scope, known: dict[int, list[Found]], depth: int) -> Iterator[Found]:
    """What an expression names, also by the names that it is put together from."""
    for node in ast.walk(value):
        yield from known.get(id(node), ())
        if isinstance(node, ast.Name) and depth < _DEPTH:
            for source in _values(node.id, scope):
                yield from _inside(source, scope, known, depth + 1)


def _values(name: str, scope: Scope) -> Iterable[ast.expr]:
    owner = scope.owner(name)
    bindings = owner.bindings[name] if owner else []
    return [bindings[0].value] if len(bindings) == 1 and bindings[0].value is not None else []
