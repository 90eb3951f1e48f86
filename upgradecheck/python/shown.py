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
_CHAINED = frozenset({ast.Name, ast.Attribute})
_SCOPES = {ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp}
_CLOSED = frozenset({ast.Constant, *_SCOPES})  # nothing is looked for in them


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
        slots = [(str(number), value) for number, value in enumerate(node.args) if type(value) is not ast.Constant]
        slots += [(k.arg, k.value) for k in node.keywords if k.arg and type(k.value) is not ast.Constant]
        for callee in callees_of(module, node.func, scope, block) if slots else ():
            if callee.partition(".")[0] not in sys.stdlib_module_names:
                for slot, value in slots:
                    for what in _named(sight, value, scope, block, 0):
                        yield Show(what, callee, slot)


def _named(sight: Sight, value: ast.expr, scope: Scope, block: Block, depth: int) -> set[str]:
    """The names in an expression that other files, or callers, give a meaning."""
    found: set[str] = set()
    pending: list[ast.AST] = [value]
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind is ast.Call:
            callees = callees_of(sight.module, part.func, scope, block)  # type: ignore[attr-defined]
            found.update(f"{one}()" for one in callees if one[0] != ":")
            pending += part.args  # type: ignore[attr-defined]
            pending += [keyword.value for keyword in part.keywords]  # type: ignore[attr-defined]
        elif kind not in _CHAINED:
            pending += ast.iter_child_nodes(part) if kind not in _CLOSED else ()
        elif parts := chain(part):  # type: ignore[arg-type]
            root, attributes, nodes = parts
            found.update(_of_name(sight, Reference(root.id, attributes, nodes, scope, block), depth))
        else:
            pending.append(part.value)  # type: ignore[attr-defined]
    return found


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
