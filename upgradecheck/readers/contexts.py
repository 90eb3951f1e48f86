"""Python files: keys of a task's context, wherever code that has one asks for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from string import Formatter

from upgradecheck.linking import places
from upgradecheck.linking.places import WHOLE, is_whole
from upgradecheck.linking.running import entry
from upgradecheck.occurrences import Access, ContextKey
from upgradecheck.python.flow import callees_of
from upgradecheck.python.reach import RENEWED, parameters
from upgradecheck.python.scopes import FUNCTIONS, Block, Scope, last_name
from upgradecheck.python.script import qualified_name
from upgradecheck.python.sight import Sight
from upgradecheck.readers import fetchers
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene

_ENTRY = "[]"
_PERCENT = re.compile(r"%\((\w+)\)")
_CATCHES = {"KeyError", "LookupError"}


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[ContextKey]:
    """The keys among ``wanted`` (as ``[key]``) that code asks for."""
    reader = Reader(scene, frozenset(word[1:-1] for word in wanted if word.startswith("[")))
    for found in reader.read():
        if not reader.is_settled(found):
            yield found


class Reader:
    """Reads one file."""

    def __init__(self, scene: Scene, wanted: frozenset[str]) -> None:
        self.scene = scene
        self.wanted = wanted
        self.sight = Sight(scene.scopes)
        entries = {key.removesuffix(_ENTRY) for key in wanted if key.endswith(_ENTRY)}
        self.entries = {key for key in entries if key in scene.scopes.spoken or key in scene.scopes.bound}

    def read(self) -> Iterator[ContextKey]:
        """Every way to ask for a key."""
        kept = self.scene.scopes.kept
        for node, scope, block in kept.get(ast.Subscript, ()):
            if not isinstance(node.ctx, ast.Store):
                yield from self._asked(Access.ITEM, node, node.value, node.slice, scope, block)
        for node, scope, block in self.scene.scopes.calls:
            yield from self._called(node, scope, block)
        for node, scope, block in kept.get(ast.Compare, ()):
            if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
                yield from self._asked(Access.TESTED, node, node.comparators[0], node.left, scope, block)
        for node, scope, block in self.scene.scopes.functions:
            yield from self._parameters(node, scope, block)
        for node, scope, block in kept.get(ast.Match, ()):
            yield from self._matched(node, scope, block)
        for node, scope, block in kept.get(ast.BinOp, ()):
            filled = isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)
            if filled and is_whole(self.holds(node.right, scope)):
                yield from self._fields(node.left, node.right, scope, block)

    def _called(self, node: ast.Call, scope: Scope, block: Block) -> Iterator[ContextKey]:
        function = node.func
        for key in fetchers.items(self.scene, node, scope, block):
            yield from self._asked(Access.ITEM, node, node.args[0], key, scope, block)
        if not isinstance(function, ast.Attribute):
            return
        if function.attr in ("get", "pop") and node.args:
            raises = function.attr == "pop" and len(node.args) == 1 and not node.keywords
            access = Access.ITEM if raises else Access.ASKED
            yield from self._asked(access, node, function.value, node.args[0], scope, block)
        elif function.attr == "format" and isinstance(function.value, ast.Constant):
            for keyword in node.keywords:
                if keyword.arg is None and is_whole(self.holds(keyword.value, scope)):
                    yield from self._fields(function.value, keyword.value, scope, block)

    def _matched(self, node: ast.Match, scope: Scope, block: Block) -> Iterator[ContextKey]:
        """The keys of a pattern, unless other patterns stand beside it: they may reckon with a key that is gone."""
        patterns = [case.pattern for case in node.cases if isinstance(case.pattern, ast.MatchMapping)]
        for key in patterns[0].keys if len(patterns) == 1 else ():
            yield from self._asked(Access.TESTED, key, node.subject, key, scope, block)

    def _fields(self, text: ast.Constant, context: ast.expr, scope: Scope, block: Block) -> Iterator[ContextKey]:
        for key in dict.fromkeys(_fields(text.value)):
            if key in self.wanted:
                yield from self._found(Access.FORMAT, key, text, text, context, scope, block)

    def _asked(
        self, access: Access, node: ast.expr, base: ast.expr, key: ast.expr, scope: Scope, block: Block
    ) -> Iterator[ContextKey]:
        spelled = key if isinstance(key, ast.Constant) else None
        for value in self._keys(key, scope):
            yield from self._key(access, node, base, value, spelled, scope, block)

    def _keys(self, key: ast.expr, scope: Scope) -> list[object]:
        """What a key may be: all that a loop gives it, if one does."""
        if isinstance(key, ast.Constant):
            return [key.value]
        owner = scope.owner(key.id) if isinstance(key, ast.Name) else None
        bindings = owner.bindings[key.id] if owner and isinstance(key, ast.Name) else []
        if owner and len(bindings) == 1 and bindings[0].node in self.scene.containers.loops:
            parts = self.scene.containers.looped(bindings[0].node, owner)
            return [part.value for part, _ in parts if isinstance(part, ast.Constant)]
        return [self.scene.values.value(key, scope)] if isinstance(key, ast.Name | ast.Attribute) else []

    def _key(
        self, access: Access, node: ast.expr, base: ast.expr, value: object, spelled: ast.Constant | None,
        scope: Scope, block: Block,
    ) -> Iterator[ContextKey]:  # fmt: skip
        if isinstance(value, str) and value in self.wanted and is_whole(self.holds(base, scope), value):
            yield from self._found(access, value, node, spelled, base, scope, block)
        elif isinstance(value, str) and self.entries and (held := self.holds(base, scope)) in self.entries:
            yield from self._found(Access.ENTRY, f"{held}{_ENTRY}", node, spelled, base, scope, block)

    def _found(
        self, access: Access, key: str, node: ast.expr, spelled: ast.Constant | None, context: ast.expr,
        scope: Scope, block: Block,
    ) -> Iterator[ContextKey]:  # fmt: skip
        runs = live(self.scene, block, node.lineno, "")
        if runs is not None:
            function = qualified_name(block)
            yield ContextKey(key, access, node, runs, function, block, scope, spelled, context)

    def holds(self, value: ast.expr, scope: Scope) -> str:
        """What an expression holds of the context: "*" for all, a key, or "" where it is something else."""
        return self._held(self.sight.held(value, scope))

    def _held(self, what: str) -> str:
        if RENEWED in what:
            inner, _, rest = what.rpartition(RENEWED)
            return entry(rest, WHOLE) if self._held(inner) in places.renewing() else ""
        base = what.partition("[")[0]
        if base.endswith("()"):
            held = self.scene.project.given(base)
        else:
            function, _, name = base.partition("(")
            known = dict(self.scene.project.holds(function)) if name else {}
            held = known.get(name[:-1], "")
            if not held:  # an entry of its ``**kwargs``, as a call gave it
                return known.get(name[:-1] + what[len(base) :], "")
        return entry(what, held) if held else ""

    def _parameters(self, node: ast.AST, scope: Scope, block: Block) -> Iterator[ContextKey]:
        assert isinstance(node, FUNCTIONS)
        names = {name.rstrip("="): name.endswith("=") for name in parameters(node.args)}
        if self.wanted.isdisjoint(names):
            return
        inside = Block(block, node, "body", scope)
        function = qualified_name(inside)
        for name, _ in self.scene.project.named(function):
            runs = live(self.scene, block, node.lineno, "") if name in self.wanted else None
            binding = next(
                (b for b in self.scene.scopes.bound[name] if self.sight.owners.get(b.node) == function), None
            )
            if runs is not None and binding and binding.scope:
                access = Access.OPTIONAL if names[name] else Access.PARAMETER
                when = self.scene.project.runs(function)
                yield ContextKey(name, access, binding.node, when, function, inside, binding.scope, binding=binding)

    # -- what takes care of it ---------------------------------------------------------------------

    def is_settled(self, found: ContextKey) -> bool:
        """Whether the code itself reckons with a key that is not there."""
        if found.context is None:
            return False
        ways = (self._is_caught, self._is_tested, self._is_one_of_several, self._is_put)
        return any(way(found) for way in ways)

    def _is_caught(self, found: ContextKey) -> bool:
        for part in found.block.chain():
            node = part.node
            if isinstance(node, FUNCTIONS):
                return False
            for handler in getattr(node, "handlers", ()) if part.branch == "body" else ():
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                named = any(kind is not None and last_name(kind) in _CATCHES for kind in kinds)
                if (named or len(node.body) == 1) and not isinstance(handler.body[-1], ast.Raise):  # type: ignore[attr-defined]
                    return True
        return False

    def _is_tested(self, found: ContextKey) -> bool:
        """Whether a test for a key, this or another, chooses between this place and another one."""
        if found.access is Access.TESTED:
            return any(
                node.test is found.node and (node.orelse or _leaves(node, found.key)) for node in self._branches
            )
        for part in found.block.chain():
            test = getattr(part.node, "test", None)
            tests = [test] if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In | ast.NotIn) else []
            if any(is_whole(self.holds(one.comparators[0], found.scope)) for one in tests):
                return True
        return False

    def _is_one_of_several(self, found: ContextKey) -> bool:
        """``context.get("a") or context.get("b")``, ``context.get("a", context.get("b"))``: one of them will do."""
        if found.access is not Access.ASKED or not isinstance(found.node, ast.Call):
            return False
        others = [*found.node.args[1:]]
        for whole in self._choices:
            if found.node in whole.values:
                others += [part for part in whole.values if part is not found.node]
        others += [call for call, _, _ in self.scene.scopes.calls if found.node in call.args[1:]]
        return any(self.holds(other, found.scope) for other in others)

    def _is_put(self, found: ContextKey) -> bool:
        """Whether the function, its class or what calls it puts the key into the context itself."""
        return any(
            any(isinstance(key, ast.Constant) and key.value == found.key for key in keys)
            and is_whole(self.holds(value, scope))
            and self._leads(qualified_name(block), found.function)
            for keys, value, scope, block in self._put
        )

    def _leads(self, function: str, other: str) -> bool:
        """Whether two functions are one, or of one class, or the first calls the second."""
        if function.partition(".")[0] == other.partition(".")[0]:
            return True
        scopes = self.scene.scopes
        calls = ((node, scope, block) for node, scope, block in scopes.calls if qualified_name(block) == function)
        return any(f":{other}" in callees_of(scopes, node.func, scope, block) for node, scope, block in calls)

    @cached_property
    def _put(self) -> list[tuple[list[ast.expr | None], ast.expr, Scope, Block]]:
        """What is put into dictionaries: the keys, the dictionary, and where that is done."""
        kept = self.scene.scopes.kept
        put: list[tuple[list[ast.expr | None], ast.expr, Scope, Block]] = [
            ([node.slice], node.value, scope, block)
            for node, scope, block in kept.get(ast.Subscript, ())
            if isinstance(node.ctx, ast.Store)
        ]
        for node, scope, block in kept.get(ast.Dict, ()):
            spread = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
            put += [(node.keys, value, scope, block) for value in spread]
        for node, scope, block in kept.get(ast.BinOp, ()):
            pairs = ((node.left, node.right), (node.right, node.left)) if isinstance(node.op, ast.BitOr) else ()
            put += [(keys.keys, value, scope, block) for keys, value in pairs if isinstance(keys, ast.Dict)]
        for node, scope, block in self.scene.scopes.calls:
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("update", "setdefault"):
                keys = [ast.Constant(keyword.arg) for keyword in node.keywords]
                inner = [key for value in node.args for key in getattr(value, "keys", [value])]
                put.append(([*keys, *inner], node.func.value, scope, block))
        return put

    @cached_property
    def _branches(self) -> list[ast.If | ast.IfExp]:
        return [node for node in self.scene.nodes if isinstance(node, ast.If | ast.IfExp)]

    @cached_property
    def _choices(self) -> list[ast.BoolOp]:
        return [node for node in self.scene.nodes if isinstance(node, ast.BoolOp)]


def _leaves(node: ast.If | ast.IfExp, key: str) -> bool:
    """Whether a branch that takes the key ends its function or turn of a loop: what follows is the other branch."""
    if not isinstance(node, ast.If) or not isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue):
        return False
    parts = (part for statement in node.body for part in ast.walk(statement))
    return any(isinstance(part, ast.Constant) and part.value == key for part in parts)


def _fields(text: object) -> list[str]:
    """The fields of a format string, of both kinds."""
    if named := _PERCENT.findall(str(text)):
        return list(named)
    try:
        return [name.partition(".")[0].partition("[")[0] for _, name, _, _ in Formatter().parse(str(text)) if name]
    except ValueError:  # it is none
        return []
