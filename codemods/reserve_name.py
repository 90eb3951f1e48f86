"""A parameter of a task function that has a name which the context took, and gets its value by position."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Override
from upgradecheck.python.flow import callees_of
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Calls by position of functions with such parameters, in files with tasks."""
    for owner in rule.lines:
        names = frozenset(row.name for row in Table(rule).not_fine(target) if row.owner == owner)
        yield Beside(owner, Ask("_questions.is_given_by_position", (names,)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to functions under decorators."""
    table = Table(rule)

    def handler(use: Override, scene: Scene) -> Iterator[Finding]:
        names = scene.classes.of_all(use.names) if use.function is use.node else ()
        function = use.function
        for position, parameter in enumerate(function.args.args) if function and names else ():
            row = table.nearest(names, parameter.arg, scene.target)
            level = row and judge.severity(row.status(scene.target), Runs.TASK)
            if row and level and function and _gets(function.name, position, scene):
                message = (
                    f"`{row.name}` is a key of the context since Airflow {row.since()}: a value that is given to "
                    f"it by position raises ValueError when `{function.name}` runs"
                )
                yield scene.finding(
                    rule, level, parameter, row.name, message, row.cell("advice"), row.since(),
                    NoFix("another name has to be found"), Runs.TASK,
                )  # fmt: skip

    return {Override: handler}


def _gets(name: str, position: int, scene: Scene) -> bool:
    """Whether some call of a function of this file gives an argument at a position."""
    for call, scope, block in scene.scopes.calls:
        given = len(call.args) > position and not any(isinstance(value, ast.Starred) for value in call.args)
        callees = callees_of(scene.scopes, call.func, scope, block) if given else []
        if any(callee.startswith(":") and callee.rpartition(".")[2].lstrip(":") == name for callee in callees):
            return True
    return False
