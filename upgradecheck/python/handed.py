"""What functions do with their ``**kwargs`` before they hand them on. Part of a file's summary."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.python.entries import Deed, deed, merged
from upgradecheck.python.scopes import Block, Module, Reference, Scope, qualified_name


class Forward(Struct, frozen=True, array_like=True):
    """A function that may hand its arguments on.

    ``kept``: arguments that go no further, or that it gives itself. ``read``: those it looks at and hands on.
    ``callees``: what gets the rest. ``positions``: those get its positions as they are.
    """

    kept: tuple[str, ...]
    read: tuple[str, ...] = ()
    callees: tuple[str, ...] = ()
    positions: bool = False


class Forwards(Struct):
    """The functions of a module whose arguments go somewhere, by qualified name."""

    _module: Module
    found: dict[str, Forward] = field(default_factory=dict)
    _handing: dict[ast.AST, tuple[str, ast.arguments | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, module: Module) -> Forwards:
        """Each class's ``__init__``, and each plain function with ``**kwargs``."""
        forwards = cls(module)
        candidates = [
            (node, scope, block) for node, scope, block in module.functions if isinstance(node, ast.FunctionDef)
        ]
        if candidates:
            uses = _uses(module, {arg.arg for node, _, _ in candidates for arg in _variadic(node.args)})
            for node, scope, block in candidates:
                forwards._add(node, scope, block, uses)
        return forwards

    def _add(self, node: ast.FunctionDef, scope: Scope, block: Block, uses: dict[ast.AST, list[Reference]]) -> None:
        method = scope.kind == "class" and node.name == "__init__"
        if not method and (scope.kind != "module" or node.args.kwarg is None or node.decorator_list):
            return
        name = ".".join(filter(None, (_around(block) if method else "", node.name)))
        named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs][1 if method else 0 :]
        used = uses.get(node.args.kwarg, []) if node.args.kwarg else []
        held = [one for use in used for one in _held(self._module, use, block)] if method else []
        deeds = [deed(use) for use in (*used, *held)]
        kept = {key for done, keys in deeds for key in keys if done in (Deed.TAKE, Deed.PUT)}
        read = {key for done, keys in deeds for key in keys if done in (Deed.READ, Deed.DEFAULT)}
        self.found[name] = Forward(tuple(sorted(kept.union(arg.arg for arg in named))), tuple(sorted(read - kept)))
        if node.args.kwarg and not any(done is Deed.OTHER for done, _ in deeds):
            rest = node.args.vararg
            untouched = (
                rest and len(uses.get(rest, ())) == 1 and not named[: len(named) - len(node.args.kwonlyargs)]
            )
            self._handing[node.args.kwarg] = name, node.args if untouched else None
            self._handing.update((use.nodes[0], (name, None)) for use in held)

    def hand_on(self, call: ast.Call, value: ast.expr, scope: Scope, callees: Iterable[str]) -> None:
        """Note a call that takes ``**value``, where that holds the ``**kwargs`` of a function around it."""
        for name in merged(value):
            source = _parameter(name, scope)
            if source in self._handing:
                own, args = self._handing[source]
                forward = self.found[own]
                given = {keyword.arg for keyword in call.keywords if keyword.arg} | _given(value)
                positions = bool(args and _hands_positions(call, args))
                self.found[own] = replace(
                    forward,
                    kept=tuple(sorted(given.union(forward.kept))),
                    callees=tuple(dict.fromkeys([*forward.callees, *callees])),
                    positions=positions and (forward.positions or not forward.callees),
                )


def _parameter(name: ast.Name | ast.Attribute, scope: Scope) -> ast.AST:
    """What a plain name stands for, where that is one thing; else the expression itself."""
    owner = scope.owner(name.id) if isinstance(name, ast.Name) else None
    bindings = owner.bindings[name.id] if owner and isinstance(name, ast.Name) else []
    return bindings[0].node if len(bindings) == 1 else name


def _held(module: Module, use: Reference, block: Block) -> list[Reference]:
    """What the methods of a class do with a parameter that its constructor keeps: ``self.kwargs = kwargs``.

    As references to the kept value, without the ``self``. Nothing where others can get at it, or it is set again.
    """
    target = _target(use.parent)
    if target is None or use.attributes:
        return []
    kept = [one for one in module.references if target.attr in one.attributes and one.nodes[1] is not target]
    found = [_without_self(one) for one in kept if _is_own(one, target, _class(block))]
    elsewhere = len(found) < len(kept) or any(one.store and not one.attributes for one in found)
    return [] if elsewhere else found


def _is_own(one: Reference, target: ast.Attribute, around: ast.AST | None) -> bool:
    """Whether a reference in the same class starts with what a constructor set."""
    same = one.root == target.value.id and one.attributes[0] == target.attr  # type: ignore[attr-defined]
    return same and _class(one.block) is around


def _without_self(one: Reference) -> Reference:
    rest = (one.scope, one.block, one.store, one.text, one.parent)
    return Reference(one.root, one.attributes[1:], one.nodes[1:], *rest)


def _target(parent: ast.AST | None) -> ast.Attribute | None:
    """``self.x`` in ``self.x = …``."""
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    only = targets[0] if len(targets) == 1 and isinstance(parent, ast.Assign | ast.AnnAssign) else None
    return only if isinstance(only, ast.Attribute) and isinstance(only.value, ast.Name) else None


def _class(block: Block) -> ast.AST | None:
    return next((b.node for b in block.chain() if isinstance(b.node, ast.ClassDef)), None)


def _variadic(args: ast.arguments) -> list[ast.arg]:
    return [arg for arg in (args.vararg, args.kwarg) if arg]


def _uses(module: Module, names: set[str]) -> dict[ast.AST, list[Reference]]:
    """The references to each parameter of these names that is bound only once."""
    found: dict[ast.AST, list[Reference]] = {}
    for reference in module.references:
        if reference.root in names and (owner := reference.scope.owner(reference.root)):
            bindings = owner.bindings[reference.root]
            if len(bindings) == 1:
                found.setdefault(bindings[0].node, []).append(reference)
    return found


def _around(block: Block) -> str:
    """The functions and classes around a block, dotted."""
    inside = qualified_name(block)
    classes = ".".join(b.node.name for b in block.chain() if isinstance(b.node, ast.ClassDef))
    return inside or classes


def _given(value: ast.expr) -> set[str]:
    """The entries that stand beside the merged names."""
    dicts = (part for part in ast.walk(value) if isinstance(part, ast.Dict))
    keys = {key.value for part in dicts for key in part.keys if isinstance(key, ast.Constant)}
    return {key for key in keys if isinstance(key, str)}


def _hands_positions(call: ast.Call, args: ast.arguments) -> bool:
    """Whether a call's positions are the function's own: ``(*args, **kwargs)``, ``self`` in front or not."""
    given = call.args
    if args.args and given and isinstance(given[0], ast.Name) and given[0].id == args.args[0].arg:
        given = given[1:]
    only = given[0] if len(given) == 1 else None
    return (
        isinstance(only, ast.Starred)
        and isinstance(only.value, ast.Name)
        and args.vararg is not None
        and only.value.id == args.vararg.arg
    )
