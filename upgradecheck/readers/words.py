"""Names that other programs know (variables of the environment), wherever a text spells them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck.discover import TEMPLATE
from upgradecheck.model import Runs
from upgradecheck.occurrences import Word
from upgradecheck.python.lettering import bounds
from upgradecheck.python.vocabulary import CONSTANT
from upgradecheck.scene import Scene

_COMMENT = re.compile(r"\s*(#|--|//|\*)")


def read(scene: Scene, wanted: frozenset[str] | set[str]) -> Iterator[Word]:
    """The words that are ``wanted``: in strings of Python files, outside of comments in others."""
    names = sorted(word for word in wanted if re.fullmatch(CONSTANT, word) and word in scene.source.text)
    if names:
        pattern = re.compile(rf"\b(?:{'|'.join(names)})\b")
        yield from _anywhere(scene, pattern) if scene.document.kind == TEMPLATE else _in_strings(scene, pattern)


def _anywhere(scene: Scene, pattern: re.Pattern[str]) -> Iterator[Word]:
    text = scene.source.text
    for match in pattern.finditer(text):
        if not _COMMENT.match(text[text.rfind("\n", 0, match.start()) + 1 :]):
            span = scene.source.span(match.start(), match.end())
            yield Word(match[0], span, match.start(), None, Runs.TASK, "")


def _in_strings(scene: Scene, pattern: re.Pattern[str]) -> Iterator[Word]:
    seen = set[int]()
    documented = _docstrings(scene)
    for node in scene.nodes:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            start, end = bounds(scene.source, node)
            for match in pattern.finditer(scene.source.text, start, end) if node not in documented else ():
                if match.start() not in seen:
                    seen.add(match.start())
                    span = scene.source.span(match.start(), match.end())
                    runs = scene.runs(span.line, span.column)
                    yield Word(match[0], span, match.start(), node, runs, "")


def _docstrings(scene: Scene) -> set[ast.AST]:
    """Strings that are statements of their own."""
    return {node.value for node in scene.nodes if isinstance(node, ast.Expr)}
