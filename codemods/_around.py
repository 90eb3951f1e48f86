"""What stands around an expression: how the code handles what it gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import cast

from upgradecheck.python.nodes import children
from upgradecheck.python.scopes import Scope, last_name
from upgradecheck.scene import Scene

_TEXT_CALLS = {"str", "format", "print"}
_TEXT_METHODS = {"format", "debug", "info", "warning", "error", "critical", "exception", "log"}
_PARTS = {"split", "rsplit", "partition", "rpartition", "removeprefix"}
_READS = {"strptime", "fromisoformat", "isoparse", "parse", "match", "search", "fullmatch", "findall", "sub"}
READERS = frozenset(f".{name}" for name in _PARTS | _READS)  # attributes by which text is taken apart
# Jinja's filters that take the text of an enum's member for what it is, and show no class
_OF_VALUES = {"capitalize", "count", "length", "lower", "title", "tojson", "trim", "upper", "urlencode"}
_MEMBER = re.compile(r"[A-Z]\w*\.[A-Z_]+")  # of an enum, as `str` spells it
_TESTS = ("==", "!=", "in", "not", "is", "and", "or", "if", "elif")


def parents(scene: Scene) -> dict[ast.AST, ast.AST]:
    """Each node of a document → the one that it stands in."""
    if parents not in scene.memory:
        scene.memory[parents] = {child: node for node in scene.nodes for child in children(node)}
    return cast("dict[ast.AST, ast.AST]", scene.memory[parents])


def calls_of(node: ast.expr, scope: Scope | None, scene: Scene) -> list[ast.Call]:
    """The calls of what an expression is, under the name too that it alone is given."""
    parent = parents(scene).get(node)
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    bound = scope.bindings.get(target.id, []) if scope and isinstance(target, ast.Name) else []
    if len(bound) == 1 and isinstance(target, ast.Name):
        made = ((call, where.owner(target.id)) for call, where, _ in scene.scopes.calls)
        return [c for c, own in made if isinstance(c.func, ast.Name) and c.func.id == target.id and own is scope]
    return [call for call, _, _ in scene.scopes.calls if call.func is node]


def forms(node: ast.expr, scene: Scene) -> Iterator[str]:
    """How an expression is handled: ``text`` (becomes text), ``item``, ``sum``, ``parsed`` (text that is taken
    apart), ``sliced`` (not from the start), or the name of the attribute that is reached."""
    above = parents(scene)
    parent = above.get(node)
    if isinstance(parent, ast.FormattedValue):
        yield "text"
    elif isinstance(parent, ast.Subscript) and parent.value is node:
        yield "item"
        if isinstance(parent.slice, ast.Slice) and parent.slice.lower is not None:
            yield "sliced"
    elif isinstance(parent, ast.Attribute):
        yield from _of_attribute(parent, above)
    elif isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod) and parent.right is node:
        yield "text"
    elif isinstance(parent, ast.BinOp):
        yield "sum"
    elif isinstance(parent, ast.Tuple) and _is_formatted(parent, above.get(parent)):
        yield "text"
    elif isinstance(parent, ast.Call | ast.keyword):
        yield from _of_call(node, parent, above)


def _is_formatted(values: ast.Tuple, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod) and parent.right is values


def _of_attribute(parent: ast.Attribute, above: dict[ast.AST, ast.AST]) -> Iterator[str]:
    yield parent.attr
    call = above.get(parent)
    if parent.attr in _PARTS and isinstance(call, ast.Call) and not _is_first(call, above.get(call)):
        yield "parsed"


def _is_first(call: ast.AST, parent: ast.AST | None) -> bool:
    """Whether only the first part is taken."""
    chosen = parent.slice if isinstance(parent, ast.Subscript) and parent.value is call else None
    return isinstance(chosen, ast.Constant) and chosen.value == 0


def _of_call(node: ast.expr, parent: ast.Call | ast.keyword, above: dict[ast.AST, ast.AST]) -> Iterator[str]:
    call = above.get(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or call.func is node:
        return
    name, method = last_name(call.func), isinstance(call.func, ast.Attribute)
    if name in (_TEXT_METHODS if method else _TEXT_CALLS) and not _reckons(above.get(call)):
        yield "text"
    elif name in _READS:
        yield "parsed"


def _reckons(parent: ast.AST | None) -> bool:
    """Whether a text is compared with one that names a class and its member: the code knows what it gets."""
    if not isinstance(parent, ast.Compare):
        return False
    sides = [part for side in (parent.left, *parent.comparators) for part in getattr(side, "elts", [side])]
    texts = [str(side.value) for side in sides if isinstance(side, ast.Constant)]
    return any(map(_MEMBER.fullmatch, texts))


def forms_in_template(around: tuple[str, str]) -> Iterator[str]:
    """The same in a template, by the code on both sides."""
    before, behind = around
    if behind.endswith("}}") or behind == "~" or (behind.startswith("|") and behind[1:] not in _OF_VALUES):
        if before.startswith("{{") or before in ("~", "-"):
            yield "text"
    elif behind == "[":
        yield "item"
    elif behind.removeprefix(".") in _PARTS:
        yield "parsed"
    elif behind == "+" and before not in _TESTS:
        yield "sum"
