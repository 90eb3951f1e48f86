"""Which DAG a place in a Python file belongs to, as far as the text tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import cast

from msgspec import Struct

from upgradecheck.linking.values import UNKNOWN
from upgradecheck.python.scopes import Reference, Scope, chain
from upgradecheck.rulebook.symbols import callables
from upgradecheck.scene import Scene


class DagPlace(Struct, frozen=True):
    """A DAG that the file makes: its id (None: not to be told), the lines it rules, the names it has."""

    dag_id: str | None
    first: int
    last: int
    name: str = ""


def dags_of(scene: Scene) -> Dags:
    """The DAGs of a file."""
    if Dags not in scene.memory:
        scene.memory[Dags] = Dags(scene)
    return cast("Dags", scene.memory[Dags])


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Every statement in source order; expressions, most of a tree, hold none."""
    pending: list[ast.AST] = [*reversed(tree.body)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        for name in ("finalbody", "orelse", "handlers", "cases", "body"):
            pending += reversed(getattr(node, name, ()))


class Dags:
    """The DAGs of one file."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.kinds = callables("dag_callables")
        self.found: list[DagPlace] = []
        self._named: dict[str, str | None] = {}
        for node, scope, _ in scene.scopes.functions:
            self._decorated(node, scope)
        for node in _statements(scene.tree):
            if isinstance(node, ast.With | ast.AsyncWith):
                self._with(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
                self._assigned(node)

    def around(self, line: int) -> str | None:
        """The id of the DAG around a line, else that of the ``dag=`` argument there, else the lone DAG's, else that
        of the only DAG that names the function or class around the line."""
        inside = [dag for dag in self.found if dag.first <= line <= dag.last]
        if inside:
            return max(inside, key=lambda dag: dag.first).dag_id
        named = self._argument(line)
        if named is not None:
            return next((dag.dag_id for dag in self.found if dag.name == named), None)
        return self.found[0].dag_id if len(self.found) == 1 else self._naming(line)

    def _naming(self, line: int) -> str | None:
        block = next((each for each in self._blocks if each.lineno <= line <= (each.end_lineno or line)), None)
        if block is None:
            return None
        if block.name not in self._named:
            self._named[block.name] = None  # for one that names itself
            lines = self._uses.get(block.name, ())
            others = (each for each in lines if not block.lineno <= each <= (block.end_lineno or each))
            owners = {self.around(each) for each in others}
            self._named[block.name] = owners.pop() if len(owners) == 1 else None
        return self._named[block.name]

    @cached_property
    def _blocks(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return [each for each in self.scene.tree.body if isinstance(each, kinds)]

    @cached_property
    def _uses(self) -> dict[str, list[int]]:
        """The lines in which names are read."""
        found: dict[str, list[int]] = {}
        for node in self.scene.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node.lineno)
        return found

    def _argument(self, line: int) -> str | None:
        for call, _, _ in self.scene.scopes.calls:
            if call.lineno <= line <= (call.end_lineno or line):
                for keyword in call.keywords:
                    if keyword.arg == "dag" and isinstance(keyword.value, ast.Name):
                        return keyword.value.id
        return None

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            call, variable = item.context_expr, item.optional_vars
            if isinstance(call, ast.Call) and self.kind(call.func, self.scene.scopes.scope) == "class":
                name = variable.id if isinstance(variable, ast.Name) else ""
                self._add(call, node.lineno, node.end_lineno or node.lineno, name)
            elif isinstance(call, ast.Name):
                known = next((dag for dag in self.found if dag.name == call.id), None)
                if known:
                    self.found.append(DagPlace(known.dag_id, node.lineno, node.end_lineno or 0, known.name))

    def _assigned(self, node: ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) -> None:
        call = node.value
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(call, ast.Call) and self.kind(call.func, self.scene.scopes.scope) == "class":
            name = target.id if isinstance(target, ast.Name) else ""
            self._add(call, node.lineno, node.end_lineno or node.lineno, name)

    def _decorated(self, node: ast.AST, scope: Scope) -> None:
        for decorator in getattr(node, "decorator_list", ()):
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self.kind(function, scope) != "decorator":
                continue
            own: str = node.name  # type: ignore[attr-defined]
            dag_id = self._id(decorator) if isinstance(decorator, ast.Call) else own
            last: int = node.end_lineno  # type: ignore[attr-defined]
            self.found.append(DagPlace(own if dag_id == "" else dag_id, decorator.lineno, last))

    def _add(self, call: ast.Call, first: int, last: int, name: str = "") -> None:
        self.found.append(DagPlace(self._id(call) or None, first, last, name))

    def _id(self, call: ast.Call) -> str | None:
        """The id that a call gives; None where it cannot be told, "" where it gives none."""
        given = [k.value for k in call.keywords if k.arg == "dag_id"] or list(call.args[:1])
        if not given:
            return None if any(k.arg is None for k in call.keywords) else ""
        value = self.scene.values.value(given[0], self.scene.scopes.scope)
        return value if isinstance(value, str) and value is not UNKNOWN else None

    def kind(self, function: ast.expr, scope: Scope) -> str:
        """How what is called makes a DAG: ``class`` or ``decorator``; "" where it makes none."""
        parts = chain(function)
        if parts is None:
            return ""
        root, attributes, nodes = parts
        reference = Reference(root.id, attributes, nodes, scope, self.scene.scopes.root)
        names = [dotted for dotted, _ in self.scene.scopes.targets(reference)]
        names += [] if names or attributes else [f":{root.id}"]
        known = (self.kinds.get(base, "") for name in names for base in self.scene.project.bases(name))
        return next(filter(None, known), "")
