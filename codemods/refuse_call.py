"""A call that raises while a file is loaded: found where it, or a function that it is put around, is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.facts import Handler, Rule
from upgradecheck.flow import callees_of
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Call, Form
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene
from upgradecheck.scopes import Block
from upgradecheck.triggers import Trigger

from ._rows import Row, Table

_DECORATOR = "decorator"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names that are called."""
    yield from rule.lines


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        row = next((row for name in call.names for row in table.of(name)), None)
        if row is None:
            return
        for node in _raising(row, call, scene):
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            if level:
                yield scene.finding(
                    rule, level, node, row.owner, _message(row, scene.target),
                    row.cell("advice") or "Do it in a task, or ask the REST API.", row.since(),
                    NoFix("where it can be done instead is for a person to say"),
                )  # fmt: skip

    return {Call: handler}


def _raising(row: Row, call: Call, scene: Scene) -> list[ast.AST]:
    """Where it raises while the file is loaded: the call; for a decorator, the calls of what it decorates."""
    if row.name != _DECORATOR:
        here = call.form is Form.CALL and _loads(call.node, call.block, row, scene)
        return [call.node] if here else []
    names = [
        f":{node.name}"
        for node, scope, _ in scene.scopes.functions
        if isinstance(node, ast.FunctionDef) and call.node in node.decorator_list and scope.kind == "module"
    ]
    return [
        made
        for made, scope, block in scene.scopes.calls
        if not set(names).isdisjoint(callees_of(scene.scopes, made.func, scope, block))
        and _loads(made, block, row, scene)
    ]


def _loads(node: ast.AST, block: Block, row: Row, scene: Scene) -> bool:
    """Whether a place runs while the file is loaded, and nothing there catches what is raised."""
    return live(scene, block, node.lineno, row.cell("raises")) is Runs.IMPORT  # type: ignore[attr-defined]


def _message(row: Row, target: str) -> str:
    label = ".".join(row.owner.split(".")[-2:])
    raises = f"raises {row.cell('raises')} when Airflow {target} loads a DAG file"
    return f"`{label}` {raises}, which then does not load: {row.cell('reason')}"
