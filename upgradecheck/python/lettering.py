"""Where each letter of a string's value stands in the text: of strings in parts and with line endings, too."""

from __future__ import annotations

import ast
import re
import warnings

from upgradecheck.texts.source import Source

_PART = re.compile(r"""(?is)([rub]*)('''|\"\"\"|'|")((?:\\.|.)*?)\2""")
_ESCAPE = re.compile(r"(?s)\\(?:\r\n|[0-7]{1,3}|x.{2}|u.{4}|U.{8}|N\{[^}]*\}|.)")
_ESCAPING = re.compile(r"[\\\r\n]")  # where letters may not stand for themselves
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
_ENDING = re.compile(r"\r\n?|\n")
_ESCAPED = re.compile(r"\{\{\{\{([^{}\\\r\n]*)\}\}\}\}")


def letters(source: Source, node: ast.Constant) -> list[int] | None:
    """The offset of each letter of a string constant; None where the text does not tell."""
    position, end = bounds(source, node)
    value, found = "", list[int]()
    while position < end:
        part = _PART.match(source.text, position, end)
        if part is None:
            return None
        start, raw = part.start(3), "r" in part[1].lower()
        if not _ESCAPING.search(part[3]):
            value += part[3]
            found.extend(range(start, part.end(3)))
            start = part.end(3)
        while start < part.end(3):
            letter, start = _letter(source.text, start, part.end(3), raw, found)
            value += letter
        between = _BETWEEN.match(source.text, part.end(), end)
        position = between.end() if between else end
    return found if value == node.value else None


def _letter(text: str, start: int, end: int, raw: bool, found: list[int]) -> tuple[str, int]:
    """What begins at a place, and where the next thing does; the place of each letter is noted."""
    ending, escape = _ENDING.match(text, start, end), None if raw else _ESCAPE.match(text, start, end)
    letter, behind = text[start], start + 1
    if ending:
        letter, behind = "\n", ending.end()
    elif escape:
        letter, behind = _meant(escape[0]), escape.end()
    found.extend([start] * len(letter))
    return letter, behind


def _meant(escape: str) -> str:
    """What an escape sequence stands for: Python says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown one stands for itself
        try:
            return str(ast.literal_eval(f'"""{escape}"""'))
        except (SyntaxError, ValueError):
            return escape


def escaped(source: Source, node: ast.JoinedStr | ast.Constant) -> list[tuple[str, list[int]]]:
    """The ``{{{{ … }}}}`` of an f-string or a format string: what they come to, and where each letter stands."""
    return [
        ("{{" + found[1] + "}}", [found.start(), found.start() + 1, *range(found.start(1), found.end(1) + 2)])
        for found in _ESCAPED.finditer(source.text, *bounds(source, node))
    ]


def bounds(source: Source, node: ast.expr) -> tuple[int, int]:
    """First offset, and the one behind the last."""
    return (
        source.offset(node.lineno, node.col_offset),
        source.offset(node.end_lineno or 0, node.end_col_offset or 0),
    )


def node_at(source: Source, start: int, end: int) -> ast.Constant:
    """A node for a part of a string: it has the place, and the text there as its value."""
    first, last = source.span(start, start), source.span(end, end)
    node = ast.Constant(source.text[start:end])
    node.lineno, node.end_lineno = first.line, last.line
    node.col_offset = _bytes(source, start, first.column)
    node.end_col_offset = _bytes(source, end, last.column)
    return node


def _bytes(source: Source, offset: int, column: int) -> int:
    return len(source.text[offset - column + 1 : offset].encode("utf-8", "surrogatepass"))
