"""Arguments that stand in the way of a bridge: the old home takes them, the new home on the same 2.x does not."""

from __future__ import annotations

import ast
from functools import lru_cache

from upgradecheck.python.summary import carriers
from upgradecheck.rulebook.facts import lookup, number
from upgradecheck.rulebook.symbols import NameRow
from upgradecheck.scene import Scene


def refused(scene: Scene, row: NameRow) -> str:
    """An argument of this document that would fail before the cutover if the row's new name came now; "" if none.

    As soon as its own fix has been made, it is no longer in the way.
    """
    if number(scene.from_version)[0] >= number(row.new_from or "0")[0]:
        return ""
    listed = (entry["argument"] for entry in lookup("refused_arguments") if entry["new"] == row.new)
    spelled = (argument for argument in listed if argument in scene.source.text)  # walking the tree costs more
    return next((argument for argument in spelled if argument in _named(scene.tree)), "")


@lru_cache(maxsize=2)
def _named(tree: ast.Module) -> frozenset[str]:
    """What a document passes by name: keywords, and strings that may be a dictionary's keys.

    Not those of defaults, of which a call takes what it knows.
    """
    nodes = list(ast.walk(tree))
    defaults = _defaults(nodes)
    passed_over = {key for node in defaults for key in node.keys}
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in passed_over:
            found.add(node.value)
    return frozenset(found)


def _defaults(nodes: list[ast.AST]) -> list[ast.Dict]:
    """The dictionaries that are given as defaults, and in no other way."""
    given = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg in carriers("entries")]
    names = {value.id for value in given if isinstance(value, ast.Name)}
    reads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    used_otherwise = {node.id for node in reads if node not in given}
    made = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)]
    named = [
        node.value
        for node in made
        if all(isinstance(target, ast.Name) and target.id in names - used_otherwise for target in node.targets)
    ]
    return [value for value in (*given, *named) if isinstance(value, ast.Dict)]
