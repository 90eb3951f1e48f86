"""Names that code reaches by strings: ``getattr``, ``patch.object``, ``import_module``.

They are references and strings like those that the text spells out; nothing here knows a rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.scopes import Block, Module, Reference, Scope, StringUse, chain, imported_text, last_name


def attributes_by_string(module: Module) -> Iterator[Reference]:
    """``getattr(a.b, "c")``, ``patch.object(a.b, "c")``, ``monkeypatch.setattr(a.b, "c", x)`` as ``a.b.c``.

    All of them fail where there is no ``c``; with a default, ``getattr`` does not, and is left out.
    """
    for call, scope, block in module.calls:
        if len(call.args) < 2 or not _asks(call):
            continue
        parts, name = chain(call.args[0]), call.args[1]
        if parts and isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
            root, attributes, nodes = parts
            yield Reference(root.id, (*attributes, name.value), (*nodes, name), scope, block)


def _asks(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "getattr" and len(call.args) == 2
    if not isinstance(function, ast.Attribute):
        return False
    if function.attr == "object":
        return last_name(function.value) == "patch"
    lenient = any(keyword.arg == "raising" for keyword in call.keywords)
    return function.attr in ("setattr", "delattr") and not lenient


def reached_in_import(node: ast.Attribute, scope: Scope, block: Block) -> StringUse | None:
    """``import_module("a.b").c`` as the string ``a.b.c``."""
    names: list[str] = []
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        names.append(value.attr)
        value = value.value
    text = imported_text(value) if isinstance(value, ast.Call) else None
    if text is None:
        return None
    return StringUse(".".join([str(text.value), *reversed(names)]), text, block, scope, value)
