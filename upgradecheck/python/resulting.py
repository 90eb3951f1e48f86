"""What a function without parameters gives back, as one expression that means the same outside of it."""

from __future__ import annotations

import ast
import copy

from upgradecheck.python.scopes import import_target

_Names = dict[str, ast.expr]


def result(node: ast.AST) -> ast.expr | None:
    """What it returns, if it only imports, gives each name one value, and returns.

    ``def version(): from airflow import __version__; v = Version(__version__); return v.major, v.minor`` comes to
    ``(Version(airflow.__version__).major, Version(airflow.__version__).minor)``.
    """
    if not isinstance(node, ast.FunctionDef) or any(vars(node.args).values()) or node.decorator_list:
        return None
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    names: _Names = {}
    for step in body[:-1]:
        found = _bound(step, names)
        if found is None or not found.keys().isdisjoint(names):
            return None
        names |= found
    return _Inlined(names).visit(copy.deepcopy(last.value)) if names else last.value


def _bound(step: ast.stmt, names: _Names) -> _Names | None:
    """The names that a statement binds, and what they stand for outside; None where it does something else."""
    if isinstance(step, ast.ImportFrom) and not step.level:
        found = {alias.asname or alias.name: import_target(step, alias.name) for alias in step.names}
        return None if "*" in found else {name: _dotted(target) for name, target in found.items()}
    if isinstance(step, ast.Import):
        tops = {alias: alias.name.partition(".")[0] for alias in step.names}
        return {a.asname or top: _dotted(a.name if a.asname else top) for a, top in tops.items()}
    if isinstance(step, ast.Assign) and len(step.targets) == 1 and isinstance(step.targets[0], ast.Name):
        return {step.targets[0].id: _Inlined(names).visit(copy.deepcopy(step.value))}
    return None


def _dotted(name: str) -> ast.expr:
    return ast.parse(name, mode="eval").body


class _Inlined(ast.NodeTransformer):
    """Puts what names stand for in their place."""

    def __init__(self, names: _Names) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)
