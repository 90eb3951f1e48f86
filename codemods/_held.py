"""A function that goes, and is only asked whether its result holds a key: each answer is known, and written out."""

from __future__ import annotations

import ast
from functools import cache

from upgradecheck.model import Edit, Fix, Free
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import Reference
from upgradecheck.python.spelling import in_fstring
from upgradecheck.rulebook.facts import lookup, number
from upgradecheck.scene import Scene

from ._rename import Declined, exported, meant, mentioned

ANSWER = "what it came to"


@cache
def held() -> dict[str, dict[str, str]]:
    """For each such function, its keys, and since which version they are there."""
    found: dict[str, dict[str, str]] = {}
    for row in lookup("held_keys"):
        found.setdefault(row["callable"], {})[row["key"]] = row["held_from"]
    return found


def answer_out(use: SymbolUse, scene: Scene, free: Free) -> Fix | None:
    """The fix for an imported function whose keys are known; None where it is another one, or not used."""
    assert use.binding is not None
    references = meant(scene, use.binding)
    if use.hit.symbol not in held() or not references:
        return None
    if exported(scene, use.binding) or mentioned(scene, use.binding.name):
        raise Declined("others get the function from here")
    edits = tuple(answered(scene, reference, use.hit.symbol) for reference in references)
    return Fix(f"Replace with {ANSWER}", "safe", "now", edits, frees=(free,))


def answered(scene: Scene, reference: Reference, function: str) -> Edit:
    """What stands in place of ``"key" in function()``: the branch that it chose, or the answer itself."""
    test = next((node for node in scene.nodes if _asks(node, reference.nodes[-1])), None)
    if not isinstance(test, ast.Compare) or in_fstring(scene.scopes, reference):
        raise Declined("its result is used for more than to ask for a key")
    key = scene.values.value(test.left, reference.scope)
    since = held()[function].get(key) if isinstance(key, str) else None
    if since is None or number(scene.from_version) < number(since):
        raise Declined("whether it held the key cannot be told")
    answer = isinstance(test.ops[0], ast.In)
    choice = next((n for n in scene.nodes if isinstance(n, ast.IfExp) and n.test is test), None)
    if choice is None or "#" in scene.text(choice):
        return scene.edit(test, str(answer))
    return scene.edit(choice, scene.text(choice.body if answer else choice.orelse))


def _asks(node: ast.AST, function: ast.expr) -> bool:
    """Whether an expression is ``… in function()``."""
    if not isinstance(node, ast.Compare) or len(node.ops) > 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return False
    call = node.comparators[0]
    return isinstance(call, ast.Call) and call.func is function and not (call.args or call.keywords)
