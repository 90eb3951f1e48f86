"""Names that hand back a module: where code asks of it what no module does, it fails."""

from __future__ import annotations

import ast
from functools import cache

from upgradecheck.model import Runs
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import Reference
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

from ._fails import fails
from ._rename import meant

_ASKING = frozenset({"isinstance", "issubclass"})
_TAKING = frozenset({"dict", "frozenset", "iter", "len", "list", "set", "sorted", "tuple"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def failing(use: SymbolUse, scene: Scene) -> tuple[Reference, Runs] | None:
    """The first use of a name that is a module now that fails where Airflow runs it, and when that is."""
    if use.hit.symbol not in _modules() or use.runs is Runs.TYPING:
        return None
    found = [use.reference] if use.reference else meant(scene, use.binding) if use.binding else []
    for reference in found:
        node, parent = reference.nodes[-1], reference.parent
        if reference.text is None and parent is not None and _asks(parent, node):
            span = scene.span(node)
            runs = scene.runs(span.line, span.column)
            if fails(runs, scene) and id(node) not in _unread(scene, reference.scope.kind == "function"):
                return reference, runs
    return None


@cache
def _modules() -> frozenset[str]:
    return frozenset(row["name"] for row in lookup("now_modules"))


def _asks(parent: ast.AST, node: ast.expr) -> bool:
    """Whether what stands around an expression asks of it what a module does not do."""
    if isinstance(parent, ast.Call):
        name = parent.func.id if isinstance(parent.func, ast.Name) else ""
        return parent.func is node or (name in _ASKING and parent.args[1:] == [node]) or name in _TAKING
    if isinstance(parent, ast.Compare):
        pairs = zip(parent.ops, parent.comparators, strict=True)
        return any(isinstance(op, ast.In | ast.NotIn) and value is node for op, value in pairs)
    if isinstance(parent, _COMPREHENSIONS):
        return any(part.iter is node for part in parent.generators)
    if isinstance(parent, ast.BinOp):
        return not isinstance(parent.op, ast.Mod)  # a text that it is put into
    looped = isinstance(parent, ast.For) and parent.iter is node
    return looped or isinstance(parent, ast.ClassDef | ast.Starred)


def _unread(scene: Scene, inside: bool) -> set[int]:
    """The parts of annotations that are never evaluated: all of them where the file says so; ``inside`` of
    functions those of variables."""
    late = any(b.target == "__future__.annotations" for b in scene.scopes.bound.get("annotations", ()))
    places: list[ast.expr | None] = []
    for node in scene.nodes if late or inside else ():
        if isinstance(node, ast.AnnAssign) or (late and isinstance(node, ast.arg)):
            places.append(node.annotation)
        elif late and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            places.append(node.returns)
    return {id(part) for place in places if place is not None for part in ast.walk(place)}
