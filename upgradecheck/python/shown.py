"""What a file shows to calls: other files' constants and parameters, anywhere in an argument. Part of its summary.

Whether one of them is a template, the file where it stands can tell; whether it is rendered, what gets it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, Module, Reference, Scope, chain
from upgradecheck.python.sight import Sight

_MAX_DEPTH = 3
_IMPORTS = ("import", "from")


class Show(Struct, frozen=True, array_like=True):
    """``what``: a dotted name ("name()" where it is called), or ``function(parameter)``; ``callee`` and ``slot``:
    what gets it, and as which argument."""

    what: str
    callee: str
    slot: str


def shown(sight: Sight) -> Iterator[Show]:
    """All that calls are shown."""
    module = sight.module
    for node, scope, block in module.calls:
        slots = [(str(number), value) for number, value in enumerate(node.args)]
        slots += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        named = [(slot, value) for slot, value in slots if not isinstance(value, ast.Constant)]
        callees = callees_of(module, node.func, scope, block) if named else []
        callees = [callee for callee in callees if callee.partition(".")[0] not in sys.stdlib_module_names]
        for slot, value in named if callees else ():
            for what in dict.fromkeys(_named(sight, value, scope, block, 0)):
                yield from (Show(what, callee, slot) for callee in callees)


def _named(sight: Sight, value: ast.expr, scope: Scope, block: Block, depth: int) -> Iterator[str]:
    """The names in an expression that other files, or callers, give a meaning."""
    parts = chain(value) if isinstance(value, ast.Name | ast.Attribute) else None
    if parts is not None:
        root, attributes, nodes = parts
        yield from _of_name(sight, Reference(root.id, attributes, nodes, scope, block), depth)
        return
    if isinstance(value, ast.Call):
        yield from (f"{one}()" for one in callees_of(sight.module, value.func, scope, block) if one[0] != ":")
    if isinstance(value, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
        return
    for part in ast.iter_child_nodes(value):
        if isinstance(part, ast.Constant):
            continue
        if isinstance(part, ast.expr) and not (isinstance(value, ast.Call) and part is value.func):
            yield from _named(sight, part, scope, block, depth)
        elif isinstance(part, ast.keyword):
            yield from _named(sight, part.value, scope, block, depth)


def _of_name(sight: Sight, reference: Reference, depth: int) -> Iterator[str]:
    module: Module = sight.module
    for binding in module.bindings(reference):
        if binding.node in sight.owners:
            yield f"{sight.owners[binding.node]}({binding.name})"
        elif binding.kind in _IMPORTS:
            tail = "".join(f".{name}" for name in reference.attributes)
            yield from (f"{target}{tail}" for target in module.follow(binding))
        elif binding.value is not None and binding.scope and not reference.attributes and depth < _MAX_DEPTH:
            yield from _named(sight, binding.value, binding.scope, binding.block, depth + 1)
