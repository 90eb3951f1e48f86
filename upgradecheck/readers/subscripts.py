"""Python files: entries that are read from dictionaries of somebody else, and from copies of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.occurrences import EntryRead
from upgradecheck.python.scopes import Block, Reference, Scope, chain, last_name
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene

_COPIES = frozenset({"copy", "deepcopy", "dict"})
_MAX_DEPTH = 4


def read(scene: Scene) -> Iterator[EntryRead]:
    """Every entry that is read from a dictionary out of Airflow, at each key on the way.

    None where the file puts the entry there itself, or asks whether there is one.
    """
    found = [(node, *_keys(node), scope, block) for node, scope, block in scene.scopes.kept.get(ast.Subscript, ())]
    written = {keys for node, _, keys, _, _ in found if isinstance(node.ctx, ast.Store)}
    for node, root, keys, scope, block in found:
        if not keys or keys in written or isinstance(node.ctx, ast.Store):
            continue
        owner = _origin(scene, root, scope, block, 0)
        runs = live(scene, block, node.lineno, "key") if owner and not _asked(scene, keys[-1]) else None
        if runs is not None:
            yield EntryRead(owner, keys, node, runs)


def _keys(node: ast.Subscript) -> tuple[ast.expr, tuple[str, ...]]:
    """What is subscripted in the end, and the keys on the way; none where one is no constant."""
    keys: list[str] = []
    part: ast.expr = node
    while isinstance(part, ast.Subscript):
        if not isinstance(part.slice, ast.Constant) or not isinstance(part.slice.value, str):
            return part, ()
        keys.insert(0, part.slice.value)
        part = part.value
    return part, tuple(keys)


def _origin(scene: Scene, value: ast.expr, scope: Scope, block: Block, depth: int) -> str:
    """The dotted name of the dictionary that an expression is, or is a copy of; "" where it is another."""
    if isinstance(value, ast.Call) and last_name(value.func) in _COPIES and depth < _MAX_DEPTH:
        of = value.args[0] if value.args else getattr(value.func, "value", None)
        return _origin(scene, of, scope, block, depth + 1) if isinstance(of, ast.expr) else ""
    parts = chain(value)
    if parts is None or depth >= _MAX_DEPTH:
        return ""
    root, attributes, nodes = parts
    owner = scope.owner(root.id)
    bindings = owner.bindings[root.id] if owner else []
    if owner and len(bindings) == 1 and bindings[0].value is not None and not attributes:
        return _origin(scene, bindings[0].value, owner, bindings[0].block, depth + 1)
    names = [name for name, _ in scene.scopes.targets(Reference(root.id, attributes, nodes, scope, block))]
    return names[0] if len(names) == 1 and names[0].partition(".")[0] in scene.project.foreign else ""


def _asked(scene: Scene, key: str) -> bool:
    """Whether the file asks somewhere whether something holds this key."""
    return any(
        isinstance(node.left, ast.Constant) and node.left.value == key
        for node, _, _ in scene.scopes.kept.get(ast.Compare, ())
        if isinstance(node.ops[0], ast.In | ast.NotIn)
    )
