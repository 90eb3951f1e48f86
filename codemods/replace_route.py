"""An endpoint of the REST API that has another address on the target: in code, shells and variables."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.linking.endpoints import Endpoint
from upgradecheck.linking.triggers import Addressed, Trigger
from upgradecheck.model import Finding, Fix, NoFix
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.routes import Found, routes
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._endpoints import endpoints

_CAUTION = "requests need a token from POST /auth/token, and some fields have other names"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Files that name endpoints."""
    if any(route.rule == rule.id and route.status(target) != FINE for route in routes()):
        yield Addressed()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to endpoints, commands and variables."""

    def named(use: Endpoint, scene: Scene) -> Iterator[Finding]:
        route = use.found.route
        level = judge.severity(route.status(scene.target), use.runs)
        if level and route.rule == rule.id and use.found.spelled:
            place = scene.source.span(use.text.start, use.text.end)
            yield scene.finding(
                rule, level, place, f"/{route.path}",
                f"`/{route.path}` is gone since Airflow {route.since}: the server answers 404 or 405",
                _advice(use.found), route.since, _fix(use, scene), use.runs,
            )  # fmt: skip

    def written(use: ShellCommand | Variable, scene: Scene) -> Iterator[Finding]:
        for found in endpoints(use, scene):
            yield from named(found, scene)

    return {Endpoint: named, ShellCommand: written, Variable: written}


def _advice(found: Found) -> str:
    write = f"Write `/{found.route.new}`. " if found.route.new else ""
    return f"{write}{found.route.advice}".strip()


def _fix(use: Endpoint, scene: Scene) -> Fix | NoFix:
    new = use.found.renewed() if use.found.route.safety != "none" else None
    if new is None:
        return NoFix("what takes its place asks for something else")
    if not use.text.editable:
        return NoFix("it is not written in one piece")
    return Fix(f"Write /{new}", "unsafe", "cutover", (use.text.edit(scene.document.name, new),), caution=_CAUTION)
