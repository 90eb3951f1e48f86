"""A name in a request to the REST API, or in its answer, that the target does not know, or asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.linking.endpoints import Request
from upgradecheck.linking.triggers import Addressed, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs, Span
from upgradecheck.python.spelling import literal
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.routes import Found
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._endpoints import endpoints
from ._requests import Body, answers, body, method, query, sent
from ._rows import Row, Table

_CAUTION = "the endpoint has another address as well, and asks for a token"
_SAYS = {
    "body": "is refused in the body: the server answers 422",
    "query": "is passed over in the query",
    "response": "is not in the answer",
    "required": "has to be in the body: without it the server answers 422",
}


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Files that name endpoints."""
    if any(True for _ in Table(rule).not_fine(target)):
        yield Addressed()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to requests."""
    table = Table(rule)

    def told(row: Row, place: ast.AST | Span, runs: Runs, scene: Scene, fix: Fix | NoFix) -> Iterator[Finding]:
        level = judge.severity(row.status(scene.target), runs)
        if level:
            message = f"`{row.name}` {_SAYS[row.cell('part')]} since Airflow {row.since()} (`/{row.owner}`)"
            yield scene.finding(rule, level, place, row.name, message, _advice(row), row.since(), fix, runs)

    def request(use: Request, scene: Scene) -> Iterator[Finding]:
        rows = _rows(table, use.found, method(use))
        sends, asks = body(use, scene), query(use, scene)
        for part, entries in (
            ("body", sends.entries if sends else ()),
            ("query", asks.entries if asks else ()),
            ("response", tuple(answers(use, scene)) if any(r.cell("part") == "response" for r in rows) else ()),
        ):
            for entry in entries:
                row = _row(rows, part, entry.name)
                if row:
                    yield from told(row, entry.node, use.runs, scene, _renamed(row, entry.node, scene))
        for row in rows:
            if row.cell("part") == "required" and sends and _lacks(sends, row.name, rows):
                yield from told(row, sends.display, use.runs, scene, _added(row, sends, scene))

    def command(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        found = next(iter(endpoints(use, scene)), None)
        rows = _rows(table, found.found, "") if found else []
        for word in filter(None, use.words if rows else ()):
            for row, place in _of_word(word, rows):
                span = scene.source.span(place.start, place.end)
                yield from told(row, span, Runs.IMPORT, scene, NoFix("what it stands for, a person has to see"))

    return {Request: request, ShellCommand: command}


def _of_word(word: Text, rows: list[Row]) -> Iterator[tuple[Row, Text]]:
    """What a word of a command names, or leaves out of a body, and where."""
    for part, name in _spoken(word):
        if found := _row(rows, part, name):
            at = word.value.find(name)
            yield found, word.part(at, at + len(name))
    names = sent(word.value)
    for row in rows if names is not None else ():
        if row.cell("part") == "required" and not _given(row.name, names or (), rows):
            yield row, word


def _spoken(word: Text) -> Iterator[tuple[str, str]]:
    """The names in a word of a command: of a body in JSON, or of an address' query."""
    for name in sent(word.value) or ():
        yield "body", name
    for name, _ in parse_qsl(word.value.partition("?")[2], keep_blank_values=True):
        yield "query", name


def _rows(table: Table, found: Found, verb: str) -> list[Row]:
    """The rows about an endpoint and a method."""
    return [row for row in table.of(found.tail) if not verb or verb in row.cell("methods").split()]


def _row(rows: list[Row], part: str, name: str) -> Row | None:
    return next((row for row in rows if row.cell("part") == part and row.name == name), None)


def _lacks(sends: Body, name: str, rows: list[Row]) -> bool:
    """Whether a body holds a name neither as it is nor under an old one."""
    return sends.whole and not _given(name, [entry.name for entry in sends.entries], rows)


def _given(name: str, names: Iterable[str], rows: list[Row]) -> bool:
    """Whether a name is among others, as it is or under an old one."""
    renamed = (_row(rows, "body", other) for other in names)
    return name in {*names, *(row.cell("new") for row in renamed if row)}


def _advice(row: Row) -> str:
    write = f"Write `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{write}{row.cell('advice')}".strip() or "Take it out."


def _renamed(row: Row, node: ast.AST, scene: Scene) -> Fix | NoFix:
    new = row.cell("new")
    if not new or not isinstance(node, ast.Constant):
        return NoFix("what takes its place, a person has to see")
    if (place := literal(scene.source, node)) is None:
        return NoFix("it is not written in one piece")
    edit = Edit(scene.document.name, place[0], place[0] + len(place[1]), new)
    return Fix(f"Write {new}", "unsafe", "cutover", (edit,), caution=_CAUTION)


def _added(row: Row, sends: Body, scene: Scene) -> Fix | NoFix:
    at = scene.start(sends.display) + 1
    more = ", " if sends.display.keys else ""
    edit = Edit(scene.document.name, at, at, f'"{row.name}": None{more}')
    return Fix(f"Send {row.name} without a value", "unsafe", "cutover", (edit,), caution=_CAUTION)
