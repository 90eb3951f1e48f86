"""Names that code reaches by strings: ``getattr``, ``patch.object``, ``import_module``.

They are references and strings like those that the text spells out; nothing here knows a rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.importcalls import imported
from upgradecheck.python.scopes import Block, Module, Reference, Scope, StringUse, chain, last_name


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
    found = imported(value) if isinstance(value, ast.Call) else None
    if found is None:
        return None
    text, module = found
    return StringUse(".".join([module, *reversed(names)]), text, block, scope, value)


def spelled_by_calls(module: Module) -> Iterator[StringUse]:
    """Strings that come to more than one constant: ``import_module(".b", "a")``, ``patch(f"{MODULE}.c")``."""
    for call, scope, block in module.calls:
        first = call.args[0] if call.args else None
        if isinstance(first, ast.JoinedStr | ast.BinOp):
            if value := _joined(first, scope):
                yield StringUse(value, first, block, scope, call)
        elif (found := imported(call)) and (found[0] is not first or found[0].value != found[1]):
            yield StringUse(found[1], found[0], block, scope, call)


def _joined(node: ast.expr, scope: Scope) -> str:
    """What strings and names of strings come to, put one behind the other; "" where that is not plain."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        owner = scope.owner(node.id)
        values = [binding.value for binding in owner.bindings[node.id]] if owner else []
        return _joined(values[0], scope) if len(values) == 1 and isinstance(values[0], ast.Constant) else ""
    parts: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        plain = (p.value if isinstance(p, ast.FormattedValue) and p.format_spec is None else p for p in node.values)
        parts = list(plain)
    texts = [_joined(part, scope) for part in parts]
    return "".join(texts) if all(texts) else ""
