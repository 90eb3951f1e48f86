"""What a parameter of a function may be, where the calls that give it are in sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from upgradecheck.linking.values import UNKNOWN
from upgradecheck.python.flow import SPREAD, Given
from upgradecheck.python.scopes import Binding, Scope

if TYPE_CHECKING:
    from upgradecheck.scene import Scene


def possible(scene: Scene, value: ast.expr, scope: Scope) -> list[Any]:
    """All that an expression may come to; `UNKNOWN` stands for anything.

    A parameter of a module-level function of this file: what each call of it in the project gives, or the default.
    """
    binding = _parameter(value, scope)
    function = _function(scene, binding) if binding else None
    if function is None or binding is None:
        return [scene.values.value(value, scope)]
    found = [_given(function, binding.name, call) for call in scene.project.calls_of(function.name)]
    others = scene.project.installed() or not found or _mentioned(scene, function)
    return [*found, UNKNOWN] if others else found


def _parameter(value: ast.expr, scope: Scope) -> Binding | None:
    owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
    bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
    return bindings[0] if len(bindings) == 1 and isinstance(bindings[0].node, ast.arg) else None


def _function(scene: Scene, binding: Binding) -> ast.FunctionDef | None:
    for node, scope, _ in scene.scopes.functions:
        plain = isinstance(node, ast.FunctionDef) and scope.kind == "module" and not node.decorator_list
        if plain and any(argument is binding.node for argument in _arguments(node.args)):  # type: ignore[attr-defined]
            return node  # type: ignore[return-value]
    return None


def _arguments(args: ast.arguments) -> list[ast.arg]:
    return [*args.posonlyargs, *args.args, *args.kwonlyargs]


def _given(function: ast.FunctionDef, name: str, call: Given) -> Any:
    """What one call gives a parameter: a constant, or `UNKNOWN`."""
    given = dict(call)
    if not {"*", SPREAD}.isdisjoint(given):
        return UNKNOWN
    positions = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    place = str(positions.index(name)) if name in positions else name
    source = given.get(name, given.get(place))
    if source is None:
        return dict(_defaults(function.args)).get(name, UNKNOWN)
    return ast.literal_eval(source) if source else UNKNOWN


def _defaults(args: ast.arguments) -> Iterator[tuple[str, Any]]:
    placed = [*args.posonlyargs, *args.args]
    pairs = [*zip(reversed(placed), reversed(args.defaults), strict=False)]
    pairs += [(argument, value) for argument, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value]
    for argument, value in pairs:
        yield argument.arg, value.value if isinstance(value, ast.Constant) else UNKNOWN


def _mentioned(scene: Scene, function: ast.FunctionDef) -> bool:
    """Whether the file does more with a function than to call it."""
    for reference in scene.scopes.references:
        called = isinstance(reference.parent, ast.Call) and reference.parent.func is reference.nodes[-1]
        if reference.root == function.name and not (called and not reference.attributes):
            return True
    return False
