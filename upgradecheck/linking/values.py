"""What an expression comes to on the target, where the text tells: version tests, ids, constants.

A small interpreter for the expressions that people write in such places (``if AIRFLOW_V_3_0_PLUS:``,
``DAG(f"{TEAM}_daily")``). Whatever it does not know is `UNKNOWN`: nothing is guessed.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from upgradecheck.python.constants import BUILTINS, METHODS
from upgradecheck.python.entries import kept_texts
from upgradecheck.python.resulting import result
from upgradecheck.python.scopes import Reference, Scope, chain, last_name
from upgradecheck.rulebook.facts import lookup

if TYPE_CHECKING:
    from upgradecheck.scene import Scene

UNKNOWN = object()
_MAX_DEPTH = 8
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_PLAIN_ATTRIBUTES = {"major", "minor", "micro", "release", "base_version", "public"}
_ALTERING = {"append", "clear", "extend", "insert", "pop", "remove"}
_OF_MEMBERS = "value"  # of an enumeration


def release(target: str) -> str:
    """The full version number that stands for a minor."""
    return next(row["release"] for row in lookup("releases") if row["minor"] == target)


class Values:
    """Evaluates expressions of one file for one version: the target, unless another one is given."""

    def __init__(self, scene: Scene, version: str = "") -> None:
        self.scene = scene
        self.release = version or release(scene.target)
        self.names = {row["name"]: row["form"] for row in lookup("version_names")}
        self.flags = [re.compile(name) for name, form in self.names.items() if form == "flag"]

    def value(self, node: ast.expr, scope: Scope, depth: int = 0) -> Any:
        """The expression's value on the target, or `UNKNOWN`."""
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None or depth > _MAX_DEPTH:
            return UNKNOWN
        try:
            return handler(node, scope, depth + 1)
        except (TypeError, ValueError, LookupError, AttributeError):  # what the code itself would raise
            return UNKNOWN

    def _constant(self, node: ast.Constant, scope: Scope, depth: int) -> Any:
        return node.value

    def _tuple(self, node: ast.Tuple, scope: Scope, depth: int) -> Any:
        values = [self.value(e, scope, depth) for e in node.elts]
        return UNKNOWN if any(v is UNKNOWN for v in values) else tuple(values)

    _list = _tuple

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> Any:
        return self._chain(node, scope, depth)

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> Any:
        found = self._chain(node, scope, depth)
        if found is UNKNOWN and node.attr == _OF_MEMBERS:
            return self._chain(node.value, scope, depth)
        if found is not UNKNOWN or node.attr not in _PLAIN_ATTRIBUTES:
            return found
        base = self.value(node.value, scope, depth)
        return UNKNOWN if base is UNKNOWN else getattr(base, node.attr)

    def _chain(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        parts = chain(node)
        if parts is None:
            return UNKNOWN
        root, attributes, nodes = parts
        last = attributes[-1] if attributes else root.id
        for flag in self.flags:
            if match := flag.fullmatch(last):
                return self._release_tuple()[:2] >= tuple(map(int, match.groups()))
        reference = Reference(root.id, attributes, nodes, scope, self.scene.scopes.root)
        spelled = [".".join((root.id, *attributes))] if scope.owner(root.id) is None else []
        for dotted in [*spelled, *(target for target, _ in self.scene.scopes.targets(reference))]:
            if self.names.get(dotted) == "string":
                return self.release
            if known := self.scene.project.constant(dotted):
                return self._elsewhere(known[0], depth)
        if not attributes:
            return self._assigned(root.id, scope, depth)
        return self._of_class(root.id, attributes, scope)

    def _of_class(self, name: str, attributes: tuple[str, ...], scope: Scope) -> Any:
        """A string that a class of this file keeps."""
        owner = scope.owner(name)
        found = owner.bindings[name] if owner and len(attributes) == 1 else []
        node = found[0].node if len(found) == 1 else None
        return kept_texts(node).get(attributes[0], UNKNOWN) if isinstance(node, ast.ClassDef) else UNKNOWN

    def _elsewhere(self, source: str, depth: int) -> Any:
        """The value of an expression of another file, whose imported names are spelled out in it."""
        return self.value(ast.parse(source, mode="eval").body, Scope("module", None), depth)

    def _assigned(self, name: str, scope: Scope, depth: int) -> Any:
        owner = scope.owner(name)
        found = owner.bindings[name] if owner else []
        if len(found) > 1:  # `try: import x; HAS_X = True`, `except ImportError: HAS_X = False`
            reached = [(b, self.scene.guards.reached(b.block)) for b in found]
            found = [b for b, there in reached if there is not False][-1:]
            found = [b for b in found if (b, True) in reached]
        value = found[0].value if found else None
        if value is None or owner is None or (isinstance(value, ast.List) and self._grows(name, owner, value)):
            return UNKNOWN
        return self.value(value, owner, depth)

    def _grows(self, name: str, owner: Scope, value: ast.List) -> bool:
        """Whether a list may hold something else by the time it is asked: an empty one is there to be filled."""
        return not value.elts or any(
            r.root == name and r.attributes[:1] and r.attributes[0] in _ALTERING and r.scope.owner(name) is owner
            for r in self.scene.scopes.references
        )

    def _returned(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        """What a function without parameters returns, if it does nothing else: ``def is_3(): return …``."""
        parts = chain(node.func)
        if parts is None or node.args or node.keywords:
            return UNKNOWN
        root, attributes, nodes = parts
        owner = scope.owner(root.id)
        for binding in owner.bindings[root.id] if owner and not attributes else ():
            if owner and (value := result(binding.node)):
                return self.value(value, owner, depth)
        reference = Reference(root.id, attributes, nodes, scope, self.scene.scopes.root)
        for dotted, _ in self.scene.scopes.targets(reference):
            if known := self.scene.project.constant(f"{dotted}()"):
                return self._elsewhere(known[0], depth)
        return UNKNOWN

    def _release_tuple(self) -> tuple[int, ...]:
        return tuple(map(int, self.release.split(".")))

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        values = [self.value(a, scope, depth) for a in node.args]
        name = self._called(node.func, scope)
        if name == "version" and values and self.names.get(values[0]) == "distribution":
            return self.release
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            base = self.value(node.func.value, scope, depth)
            return UNKNOWN if base is UNKNOWN or UNKNOWN in values else getattr(base, node.func.attr)(*values)
        if name == "map" and len(node.args) == 2 and isinstance(node.args[0], ast.Name):
            return UNKNOWN if values[1] is UNKNOWN else list(map(BUILTINS[node.args[0].id], values[1]))
        if not values:
            return self._returned(node, scope, depth)
        if name == "hasattr":
            return self._has(node, scope)
        if any(v is UNKNOWN for v in values):
            return UNKNOWN
        if name == "find_spec":
            return None if self.scene.symbols.unloadable(str(values[0])) else UNKNOWN
        if name in ("Version", "parse", "LooseVersion", "StrictVersion", "parse_version"):
            from packaging.version import Version

            return Version(*values)
        return BUILTINS[name](*values) if name in BUILTINS else UNKNOWN

    def _called(self, function: ast.expr, scope: Scope) -> str:
        """The last part of what is called, by its own name where it was imported as another."""
        parts = chain(function)
        if parts is None or parts[1]:
            return last_name(function)
        reference = Reference(parts[0].id, (), parts[2], scope, self.scene.scopes.root)
        found = [dotted.rpartition(".")[2] for dotted, _ in self.scene.scopes.targets(reference)]
        return found[0] if found else parts[0].id

    def _has(self, node: ast.Call, scope: Scope) -> Any:
        """``hasattr(a.b, "c")``: false for what is gone on the target."""
        parts, name = chain(node.args[0]), node.args[1]
        if parts is None or not isinstance(name, ast.Constant):
            return UNKNOWN
        reference = Reference(parts[0].id, (*parts[1], str(name.value)), parts[2], scope, self.scene.scopes.root)
        found = [dotted for dotted, _ in self.scene.scopes.targets(reference)]
        gone = found and all(self.scene.symbols.broken(dotted) for dotted in found)
        return False if gone else UNKNOWN

    def _listcomp(self, node: ast.ListComp, scope: Scope, depth: int) -> Any:
        """``[int(x) for x in …]``."""
        generator, call = node.generators[0], node.elt
        if len(node.generators) > 1 or generator.ifs or not isinstance(call, ast.Call) or len(call.args) != 1:
            return UNKNOWN
        values, function = self.value(generator.iter, scope, depth), last_name(call.func)
        plain = isinstance(generator.target, ast.Name) and last_name(call.args[0]) == generator.target.id
        if values is UNKNOWN or not plain or function not in BUILTINS:
            return UNKNOWN
        return [BUILTINS[function](value) for value in values]

    _generatorexp = _listcomp

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        base = self.value(node.value, scope, depth)
        if base is UNKNOWN:
            return UNKNOWN
        if isinstance(node.slice, ast.Slice):
            ends = [self.value(e, scope, depth) if e else None for e in (node.slice.lower, node.slice.upper)]
            return UNKNOWN if UNKNOWN in ends else base[ends[0] : ends[1]]
        index = self.value(node.slice, scope, depth)
        return UNKNOWN if index is UNKNOWN else base[index]

    def _compare(self, node: ast.Compare, scope: Scope, depth: int) -> Any:
        if ast.unparse(node.comparators[0]) == "sys.modules":
            return self._loaded(node, scope, depth)
        left = self.value(node.left, scope, depth)
        for test, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator, scope, depth)
            if left is UNKNOWN or right is UNKNOWN or type(test) not in _COMPARE:
                return UNKNOWN
            if not _COMPARE[type(test)](left, right):
                return False
            left = right
        return True

    def _loaded(self, node: ast.Compare, scope: Scope, depth: int) -> Any:
        """``"a.b" in sys.modules``: false for what is gone on the target."""
        name = self.value(node.left, scope, depth)
        gone = isinstance(name, str) and self.scene.symbols.unloadable(name)
        return isinstance(node.ops[0], ast.NotIn) if gone else UNKNOWN

    def _boolop(self, node: ast.BoolOp, scope: Scope, depth: int) -> Any:
        values = [self.value(v, scope, depth) for v in node.values]
        decides = isinstance(node.op, ast.Or)
        if any(v is not UNKNOWN and bool(v) is decides for v in values):
            return decides
        return UNKNOWN if any(v is UNKNOWN for v in values) else not decides

    def _unaryop(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Any:
        value = self.value(node.operand, scope, depth)
        return UNKNOWN if value is UNKNOWN or not isinstance(node.op, ast.Not) else not value

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope, depth: int) -> Any:
        values = [self.value(part, scope, depth) for part in node.values]
        return UNKNOWN if any(v is UNKNOWN for v in values) else "".join(map(str, values))

    def _formattedvalue(self, node: ast.FormattedValue, scope: Scope, depth: int) -> Any:
        plain = node.conversion == -1 and node.format_spec is None
        return self.value(node.value, scope, depth) if plain else UNKNOWN

    def _binop(self, node: ast.BinOp, scope: Scope, depth: int) -> Any:
        left, right = self.value(node.left, scope, depth), self.value(node.right, scope, depth)
        known = left is not UNKNOWN and right is not UNKNOWN and isinstance(node.op, ast.Add)
        return left + right if known else UNKNOWN

    def _ifexp(self, node: ast.IfExp, scope: Scope, depth: int) -> Any:
        test = self.value(node.test, scope, depth)
        return UNKNOWN if test is UNKNOWN else self.value(node.body if test else node.orelse, scope, depth)
