"""Where each letter of a string's value stands in the text: of strings in parts and with line endings, too."""

from __future__ import annotations

import ast
import re

from upgradecheck.source import Source

_PART = re.compile(r"""(?is)([rub]*)('''|\"\"\"|'|")(.*?)\2""")
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
_ENDING = re.compile(r"\r\n?|\n")
_ESCAPED = re.compile(r"\{\{\{\{([^{}\\\r\n]*)\}\}\}\}")


def letters(source: Source, node: ast.Constant) -> list[int] | None:
    """The offset of each letter of a string constant; None where escapes stand for some of them."""
    position, end = bounds(source, node)
    value, found = "", list[int]()
    while position < end:
        part = _PART.match(source.text, position, end)
        if part is None or ("\\" in part[3] and "r" not in part[1].lower()):
            return None
        inner, start = part[3], part.start(3)
        while inner:
            ending = _ENDING.match(inner)
            value += "\n" if ending else inner[0]
            found.append(start)
            length = len(ending[0]) if ending else 1
            inner, start = inner[length:], start + length
        between = _BETWEEN.match(source.text, part.end(), end)
        position = between.end() if between else end
    return found if value == node.value else None


def escaped(source: Source, node: ast.JoinedStr) -> list[tuple[str, list[int]]]:
    """The ``{{{{ … }}}}`` of an f-string: what they come to, and where each letter stands."""
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
