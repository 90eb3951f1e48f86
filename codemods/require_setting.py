"""An option whose default is another one on the target, and that a deployment leaves to it."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Deployment
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Table
from .require_process import started


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code is no deployment."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to deployments."""
    table = Table(rule)

    def handler(use: Deployment, scene: Scene) -> Iterator[Finding]:
        found = started(use)
        place = next((found[row["process"]] for row in lookup("web_processes") if row["process"] in found), None)
        for row in (row for option in rule.lines for row in table.of(option)):
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            if not (level and place) or scene.project.requires(row.owner):
                continue
            section, _, option = row.owner.partition(".")
            yield scene.finding(
                rule, level, scene.source.span(place.start, place.end), row.owner,
                f"No file sets `[{section}] {option}`, whose default is another one since Airflow {row.since()}: "
                "FAB's users, roles and single sign-on are gone",
                f"Decide, and set `[{section}] {option}`.", row.since(), NoFix("it is a decision"),
            )  # fmt: skip

    return {Deployment: handler}
