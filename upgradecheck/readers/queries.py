"""Python files: SQL in strings, and the tables that it names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck.linking.sql import Query
from upgradecheck.python.vocabulary import tables_of
from upgradecheck.scene import Scene


def read(scene: Scene) -> Iterator[Query]:
    """Each string that holds a query, with where its words stand."""
    inner = {id(part) for node in ast.walk(scene.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    said = {id(node.value) for node in ast.walk(scene.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(scene.tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) in inner or id(node) in said or not (text or isinstance(node, ast.JoinedStr)):
            continue
        source = scene.text(node)
        if tables := frozenset(tables_of(source)):
            start = scene.start(node)
            places: dict[str, int] = {}
            for match in re.finditer(r"\w+", source):
                places.setdefault(match[0].lower(), start + match.start())
            span = scene.span(node)
            yield Query(tables, places, scene.runs(span.line, span.column))
