"""An endpoint of the REST API that has another address on the target: in code, shells and variables."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.linking.endpoints import Endpoint
from upgradecheck.linking.triggers import Addressed, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.routes import Found, routes
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._endpoints import endpoints
from ._names import names_at

_BARE = "Leave it out: the client begins each path with the version of its API itself."
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
            told = (_advice(use.found), route.since, _fix(use, scene))
            yield scene.finding(
                rule, level, place, f"/{route.path}",
                f"`/{route.path}` is gone since Airflow {route.since}: the server answers 404 or 405",
                *((_BARE, route.since, _bare(use, scene)) if _is_host(use, scene) else told), use.runs,
            )  # fmt: skip

    def written(use: ShellCommand | Variable, scene: Scene) -> Iterator[Finding]:
        for found in endpoints(use, scene):
            yield from named(found, scene)

    return {Endpoint: named, ShellCommand: written, Variable: written}


def _is_host(use: Endpoint, scene: Scene) -> bool:
    """Whether an address ends where it is handed to the client, which goes on with paths of its own."""
    if scene.source.text[use.text.end : use.text.end + 1] not in ("'", '"'):
        return False
    clients = tuple(f"{row['package']}." for row in lookup("rest_clients"))
    return any(
        scene.start(value) <= use.text.start < scene.end(value)
        and any(name.startswith(clients) for name in names_at(call.func, scope, scene))
        for call, scope, _ in scene.scopes.calls
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
    )


def _bare(use: Endpoint, scene: Scene) -> Fix | NoFix:
    """The host alone, the slash before the path gone as well."""
    start = use.text.start - (scene.source.text[use.text.start - 1] == "/")
    if not use.text.editable:
        return NoFix("it is not written in one piece")
    edit = Edit(scene.document.name, start, use.text.end, "")
    return Fix("Leave the path out", "unsafe", "cutover", (edit,), caution=_CAUTION)


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
