"""A package that the project's code imports, that used to come with another, and that nothing asks for."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Requirement
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: it is told where packages are asked for."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to requirements."""
    table = Table(rule)
    rows = [row for package in rule.lines for row in table.of(package)]

    def handler(use: Requirement, scene: Scene) -> Iterator[Finding]:
        for row in rows if not use.constrains else ():
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            if level and use.name == row.cell("beside") and _lacking(row, scene):
                place = scene.source.span(use.place.start, use.place.end)
                yield scene.finding(
                    rule, level, place, row.owner,
                    f"Files of this project import `{row.name}`, which came with Airflow 2 and not with 3",
                    f"Ask for `{row.owner}`.", row.since(), NoFix("which version to take, a person decides"),
                )  # fmt: skip

    return {Requirement: handler}


def _lacking(row: Row, scene: Scene) -> bool:
    asked = scene.project
    if asked.requires(row.owner) or asked.requires(row.cell("unless")):
        return False
    return asked.imports_below(row.name)
