"""An argument whose value is another one each time the file is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Call, Form, Place
from upgradecheck.python.scopes import Scope
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._names import names_at
from ._rows import Table

_ANY = "*"
_MAX_DEPTH = 4


@cache
def _changing() -> frozenset[str]:
    return frozenset(row["name"] for row in lookup("changing_calls"))


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Calls, while the file is loaded, of what gives another value each time."""
    yield Beside("", Ask("_questions.changes_at_import", (_changing(),)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        row = table.nearest(call.names, _ANY, scene.target)
        level = row and judge.severity(row.status(scene.target), call.runs)
        if row is None or not level or call.runs is not Runs.IMPORT or call.form is Form.DEFAULTS:
            return
        for argument in call.arguments:
            made = argument.place is not Place.ELSEWHERE and argument.value is not None
            changing = _found(argument.value, argument.scope, scene, 0) if made and argument.value else ""
            if changing:
                name = argument.name or f"argument {argument.position + 1}"
                message = f"`{row.label}({name}=)` holds `{changing}()`: {row.cell('reason')}"
                yield scene.finding(
                    rule, level, argument.node, f"{row.label}.{name}", message, row.cell("advice"), row.since(),
                    NoFix("which value is meant is for a person to say"),
                )  # fmt: skip

    return {Call: handler}


def _found(value: ast.expr, scope: Scope, scene: Scene, depth: int) -> str:
    """The call in an expression that gives another value each time, "" for none.

    Code that runs later does not count.
    """
    pending: list[ast.AST] = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call) and (name := _changes(node, scope, scene)):
            return name
        if isinstance(node, ast.Name) and depth < _MAX_DEPTH:
            given = assigned(node, scope)
            owner = scope.owner(node.id)
            told = isinstance(given, ast.Call) and _is_class(given, scope, scene)  # it is told where that is made
            if given is not None and owner and not told and (name := _found(given, owner, scene, depth + 1)):
                return name
        pending += ast.iter_child_nodes(node)
    return ""


def _is_class(call: ast.Call, scope: Scope, scene: Scene) -> bool:
    """Whether a call makes a DAG, an operator or another object that the tables know."""
    return any(scene.classes.kind(name) for name in names_at(call.func, scope, scene))


def _changes(call: ast.Call, scope: Scope, scene: Scene) -> str:
    names = names_at(call.func, scope, scene)
    return next((name.rpartition(".")[2] for name in names if name in _changing()), "")
