"""The text of arguments: where one begins and ends, with its comma, and how it is renamed or taken out."""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_right
from dataclasses import dataclass

from upgradecheck.source import Source
from upgradecheck.spelling import literal

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_ENDS = _CLOSE | {","}
_SPACE = " \t\f"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a bracketed list: its text, and behind it the comma (``comma``: where that ends, or None)."""

    start: int
    end: int
    comma: int | None


def item_at(source: Source, start: int) -> Item | None:
    """The item that begins at an offset; None where the text cannot be followed."""
    first = bisect_right(source.starts, start) - 1
    # a bracket of our own in front: line ends inside of brackets mean nothing to the tokenizer
    lines = io.StringIO("(" + source.text[start:], newline="").readline
    depth, end = 0, start
    try:
        for token in tokenize.generate_tokens(lines):
            if token.type == tokenize.OP and depth == 1 and token.string in _ENDS:
                comma = _offset(source, first, start, token.end) if token.string == "," else None
                return Item(start, end, comma)
            if token.type == tokenize.OP:
                depth += (token.string in _OPEN) - (token.string in _CLOSE)
            if token.type not in (tokenize.NL, tokenize.COMMENT):
                end = _offset(source, first, start, token.end)
    except (tokenize.TokenError, SyntaxError, IndexError):
        return None
    return None


def _offset(source: Source, first: int, start: int, position: tuple[int, int]) -> int:
    line, column = position
    return start + column - 1 if line == 1 else source.starts[first + line - 1] + column


def without(source: Source, start: int) -> tuple[int, int] | None:
    """The stretch to cut so that the item which begins at ``start`` is gone; None where it cannot be told.

    An item on lines of its own goes with them, and with the comment behind it.
    """
    item = item_at(source, start)
    if item is None:
        return None
    text = source.text
    first = _back(text, item.start)
    last = _forward(text, item.comma or item.end)
    own_lines = first == 0 or text[first - 1] in "\r\n"
    ends_line = last == len(text) or text[last] in "\r\n#"
    if own_lines and ends_line:
        return first, _next_line(text, last)
    if item.comma is not None:
        return item.start, last
    return _from_comma_before(text, item)


def _from_comma_before(text: str, item: Item) -> tuple[int, int] | None:
    """For the last item without a comma: from the comma before it."""
    at = item.start
    while at > 0 and text[at - 1] in " \t\f\r\n\\":
        at -= 1
    if at and text[at - 1] == ",":
        return at - 1, item.end
    return (item.start, item.end) if at and text[at - 1] in _OPEN else None


def _back(text: str, at: int) -> int:
    while at > 0 and text[at - 1] in _SPACE:
        at -= 1
    return at


def _forward(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def key_place(source: Source, node: ast.AST) -> tuple[int, int] | None:
    """Where an argument's name stands: a keyword's, or inside the quotes of a dictionary's key."""
    if isinstance(node, ast.keyword):
        start = source.offset(node.lineno, node.col_offset)
        return start, start + len(node.arg or "")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = literal(source, node)
        return (found[0], found[0] + len(found[1])) if found else None
    return None
