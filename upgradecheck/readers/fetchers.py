"""Python files: ``getattr``, and the getters of `operator`, which ask for what a string names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, Scope
from upgradecheck.scene import Scene

_ITEMS = "operator.itemgetter"
_ATTRIBUTES = ("operator.attrgetter", "operator.methodcaller")
_GETATTR = "getattr"


def items(scene: Scene, call: ast.Call, scope: Scope, block: Block) -> list[ast.expr]:
    """The keys for which a call asks what it gets first: ``itemgetter("a", "b")(mapping)``."""
    made = _maker(scene, call, scope, block, (_ITEMS,))
    return made.args if made and call.args else []


def attributes(scene: Scene) -> Iterator[tuple[ast.expr, ast.expr, Scope, Block]]:
    """Each object that a call asks for an attribute which a string names, and that string."""
    for call, scope, block in scene.scopes.calls:
        if isinstance(call.func, ast.Name) and call.func.id == _GETATTR and len(call.args) == 2:
            yield call.args[0], call.args[1], scope, block  # with a third one, it may be missing
        elif call.args and (made := _maker(scene, call, scope, block, _ATTRIBUTES)):
            yield from ((call.args[0], name, scope, block) for name in made.args[:1])


def _maker(scene: Scene, call: ast.Call, scope: Scope, block: Block, makers: tuple[str, ...]) -> ast.Call | None:
    """The call that made what is called here, if that is one of some functions."""
    made = call.func
    if isinstance(made, ast.Name) and (owner := scope.owner(made.id)):
        bindings = owner.bindings[made.id]
        made = bindings[0].value or made if len(bindings) == 1 else made
    if not isinstance(made, ast.Call) or not made.args or made.keywords:
        return None
    return made if set(callees_of(scene.scopes, made.func, scope, block)) & set(makers) else None


def spelled(scene: Scene, word: ast.expr) -> ast.expr:
    """The name inside of a string, as a node of its own."""
    start, end = scene.start(word) + 1, scene.end(word) - 1
    if not isinstance(word, ast.Constant) or scene.source.text[start:end] != word.value:
        return word
    inside = ast.copy_location(ast.Name(word.value), word)
    inside.col_offset, inside.end_col_offset = word.col_offset + 1, (word.end_col_offset or 0) - 1
    return inside
