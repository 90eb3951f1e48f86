"""A request to the REST API with a user and a password, which the target does not take: in code and shells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.linking.endpoints import Request
from upgradecheck.linking.triggers import Addressed, Trigger
from upgradecheck.model import Finding, NoFix, Runs, Span
from upgradecheck.python.scopes import last_name
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._endpoints import endpoints
from ._rows import Row, Table

_CODE = "python"
_PAIR = 2


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Files that name endpoints."""
    if any(True for _ in Table(rule).not_fine(target)):
        yield Addressed()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to requests and commands."""
    table = Table(rule)

    def told(row: Row, place: ast.AST | Span, runs: Runs, scene: Scene) -> Iterator[Finding]:
        level = judge.severity(row.status(scene.target), runs)
        if level:
            yield scene.finding(
                rule, level, place, f"{row.owner}.{row.name}",
                f"`{row.name}`: the API of Airflow {scene.target} takes no user and password: it answers 401",
                row.cell("advice"), row.since(), NoFix("where the token comes from, a person decides"), runs,
            )  # fmt: skip

    def request(use: Request, scene: Scene) -> Iterator[Finding]:
        for keyword in use.call.keywords:
            row = next((row for row in table.of(_CODE) if row.name == keyword.arg), None)
            value = assigned(keyword.value, use.scope) or keyword.value
            if row and _is_pair(value, row.cell("classes").split()):
                yield from told(row, keyword.value, use.runs, scene)

    def command(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        program = use.words[0].value.rpartition("/")[2] if use.words and use.words[0] else ""
        rows = table.of(program)
        if rows and any(True for _ in endpoints(use, scene)):
            for word in filter(None, use.words[1:]):
                row = next((row for row in rows if _is_option(word, row.name)), None)
                if row:
                    yield from told(row, scene.source.span(word.start, word.end), Runs.IMPORT, scene)

    return {Request: request, ShellCommand: command}


def _is_option(word: Text, option: str) -> bool:
    """``--user``, ``--user=me``, ``-u``, ``-ume``."""
    long = option.startswith("--")
    return word.value == option or word.value.startswith(f"{option}=" if long else option)


def _is_pair(value: ast.expr, classes: list[str]) -> bool:
    """Whether a value is a user with a password."""
    if isinstance(value, ast.Tuple):
        return len(value.elts) == _PAIR
    return isinstance(value, ast.Call) and last_name(value.func) in classes
