"""A name that a module has to have beside another one that it takes from Airflow, since Airflow reads it there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.guards import in_function
from upgradecheck.linking.reached import Reached
from upgradecheck.linking.triggers import Named, Trigger
from upgradecheck.model import Edit, Finding, Fix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import when_runs
from ._rows import Row, Table

_BROKEN = "broken"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names that are taken."""
    yield Named(frozenset(row.owner for row in Table(rule).not_fine(target)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to imports."""
    table = Table(rule)

    def handler(use: Reached, scene: Scene) -> Iterator[Finding]:
        row = next(iter(table.of(use.name)), None) if use.imported and not in_function(use.block) else None
        level = judge.severity(row.status(scene.target), Runs.IMPORT) if row else None
        if row and level and isinstance(use.node, ast.alias) and _is_made_of(use.node, row, scene):
            yield scene.finding(
                rule, level, use.node, row.name, _message(row, scene.target), row.cell("advice"), row.since(),
                _fix(use.node, row, scene),
            )  # fmt: skip

    return {Reached: handler}


def _is_made_of(taken: ast.alias, row: Row, scene: Scene) -> bool:
    """Whether the module makes something of its own of what it takes, lacks the name, and it matters."""
    bindings, name = scene.scopes.scope.bindings, taken.asname or taken.name
    spoken = row.status(scene.target) == _BROKEN or row.cell("word") in scene.scopes.spoken
    if row.name in bindings or "*" in bindings or not spoken:
        return False
    values = (binding.value for several in bindings.values() for binding in several)
    parts = (part for value in values if value is not None for part in ast.walk(value))
    return any(isinstance(part, ast.Name) and part.id == name for part in parts)


def _message(row: Row, target: str) -> str:
    return f"The module has no `{row.name}`: in Airflow {target} {row.cell(row.status(target))}"


def _fix(taken: ast.alias, row: Row, scene: Scene) -> Fix:
    end = scene.end(taken)
    edit = Edit(scene.document.name, end, end, "".join(f", {name}" for name in row.cell("take").split()))
    when, caution = (
        when_runs("", "", scene.from_version),
        "what its own handlers did with a task's log is not done",
    )
    return Fix(f"Take {row.name} too", "unsafe", when, (edit,), caution=caution)
