"""SQL in strings of Python files, and in files that code names, and the tables that it names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck.linking.sql import Query
from upgradecheck.linking.templatefiles import Standing
from upgradecheck.model import Runs
from upgradecheck.python.vocabulary import tables_of
from upgradecheck.scene import Scene

_STATEMENT = re.compile(r"(?:'(?:[^']|'')*'|--[^\n]*|[^;'])+")  # up to a semicolon that stands in no text
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def read(scene: Scene) -> Iterator[Query]:
    """Each string that holds a query, with where its words stand."""
    inner = {id(part) for node in scene.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    said = {id(node.value) for node in scene.nodes if isinstance(node, ast.Expr)}
    for node in scene.nodes:
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) in inner or id(node) in said or not (text or isinstance(node, ast.JoinedStr)):
            continue
        source = scene.text(node)
        if tables := frozenset(tables_of(source)):
            span = scene.span(node)
            yield Query(tables, _places(source, scene.start(node)), scene.runs(span.line, span.column))


def of_file(scene: Scene) -> Iterator[Query]:
    """Each statement of a file of SQL that code names."""
    if scene.project.standing() not in (Standing.SURE, Standing.NAMED):
        return
    for match in _STATEMENT.finditer(scene.source.text):
        if tables := frozenset(tables_of(match[0])):
            yield Query(tables, _places(match[0], match.start()), Runs.TASK)


def _places(text: str, start: int) -> dict[str, int]:
    """Where each word of a query stands first; what a comment says is no part of it."""
    plain = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    places: dict[str, int] = {}
    for match in re.finditer(r"\w+", plain):
        places.setdefault(match[0].lower(), start + match.start())
    return places
