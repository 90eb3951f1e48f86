"""A file's plain values, as text that means the same in other files. Part of its summary."""

from __future__ import annotations

import ast
import copy

from upgradecheck.python.entries import kept_texts
from upgradecheck.python.resulting import result
from upgradecheck.python.scopes import Module

_MAX_DEPTH = 4
_LONGEST = 200  # of a constant's text
_LONGEST_MADE = 800  # of what is put together: versions that are compared, spelled out


def constants(module: Module) -> dict[str, str]:
    """The values of module-level names, of functions without parameters, and texts of classes: name → source."""
    found = {}
    for name, bindings in module.scope.bindings.items():
        value = bindings[0].value
        if function := result(bindings[0].node):
            name, value = f"{name}()", function
        if len(bindings) == 1 and value is not None:
            text = _spelled(module, value) if _plain(value) else ""
            if text and len(text) < (_LONGEST if isinstance(value, ast.Constant) else _LONGEST_MADE):
                found[name] = text
    for node, scope, _ in module.classes:
        kept = kept_texts(node) if scope.kind == "module" else {}
        found |= {f"{node.name}.{name}": repr(text) for name, text in kept.items() if len(text) < _LONGEST}
    return found


def _plain(value: ast.expr) -> bool:
    """Whether `values` may tell what an expression is. Operators and DAGs are made with keywords."""
    if isinstance(value, ast.Call):
        return not value.keywords
    if isinstance(value, ast.Tuple):
        return all(isinstance(part, ast.Constant | ast.Attribute) for part in value.elts)
    return isinstance(value, ast.Compare | ast.Constant | ast.BoolOp | ast.UnaryOp)


def _spelled(module: Module, value: ast.expr) -> str:
    """The expression as text, or nothing where it is too deep, or where Python has no spelling for it.

    A constant put into an f-string may hold quotes and backslashes that the f-string cannot, before 3.12.
    """
    if isinstance(value, ast.Constant) and isinstance(value.value, str | int | None):
        return repr(value.value)
    try:
        named = any(isinstance(node, ast.Name) and _is_spelled_out(module, node.id) for node in ast.walk(value))
        return ast.unparse(_Closed(module).visit(copy.deepcopy(value)) if named else value)
    except (ValueError, RecursionError):
        return ""


def _is_spelled_out(module: Module, name: str) -> bool:
    """Whether `_Closed` may put something else in the place of a name."""
    bindings = module.scope.bindings.get(name, [])
    if len(bindings) != 1:
        return False
    binding = bindings[0]
    return binding.value is not None or binding.target not in (None, name) or result(binding.node) is not None


class _Closed(ast.NodeTransformer):
    """Spells imported names out and puts own constants in, so that an expression means the same elsewhere."""

    def __init__(self, module: Module, depth: int = 0) -> None:
        self.module = module
        self.depth = depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        bindings = self.module.scope.bindings.get(node.id, [])
        if len(bindings) != 1 or self.depth > _MAX_DEPTH:
            return node
        binding = bindings[0]
        if binding.target is not None and not binding.target.startswith("."):
            return ast.parse(binding.target, mode="eval").body
        if binding.value is not None:
            inner: ast.expr = _Closed(self.module, self.depth + 1).visit(copy.deepcopy(binding.value))
            return inner
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call, or what the file's own function gives back without arguments."""
        named = isinstance(node.func, ast.Name) and not (node.args or node.keywords)
        bindings = self.module.scope.bindings.get(node.func.id, []) if named else []  # type: ignore[attr-defined]
        given = result(bindings[0].node) if len(bindings) == 1 and self.depth <= _MAX_DEPTH else None
        if given is None:
            self.generic_visit(node)
            return node
        inner: ast.expr = _Closed(self.module, self.depth + 1).visit(copy.deepcopy(given))
        return inner
