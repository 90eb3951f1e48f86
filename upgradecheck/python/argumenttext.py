"""The text of arguments: where one begins and ends, with its comma, and how it is renamed or taken out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right

from msgspec import Struct

from upgradecheck.python.spelling import literal
from upgradecheck.texts.source import Source

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_ENDS = _CLOSE | {","}
_SPACE = " \t\f"
_OLD_MAC = re.compile(r"\r(?!\n)")


class Item(Struct, frozen=True):
    """One item of a bracketed list: its text, and behind it the comma (``comma``: where that ends, or None)."""

    start: int
    end: int
    comma: int | None


def item_at(source: Source, start: int, least: int = 0) -> Item | None:
    """The item that begins at an offset and ends behind ``least``; None where the text cannot be followed."""
    first = bisect_right(source.starts, start) - 1
    # a bracket of our own in front: line ends inside of brackets mean nothing
    # to the tokenizer; a lone \r it does not know
    lines = io.StringIO("(" + _OLD_MAC.sub("\n", source.text[start:]), newline="").readline
    depth, end = 0, start
    try:
        for token in tokenize.generate_tokens(lines):
            here = _offset(source, first, start, token.end)
            if token.type == tokenize.OP and depth == 1 and token.string in _ENDS and here > least:
                return Item(start, end, here if token.string == "," else None)
            if token.type == tokenize.OP:
                depth += (token.string in _OPEN) - (token.string in _CLOSE)
            if token.type not in (tokenize.NL, tokenize.COMMENT):
                end = here
    except (tokenize.TokenError, SyntaxError, IndexError):
        return None
    return None


def _offset(source: Source, first: int, start: int, position: tuple[int, int]) -> int:
    line, column = position
    return start + column - 1 if line == 1 else source.starts[first + line - 1] + column


def further(source: Source, call: ast.Call, text: str) -> tuple[int, str] | None:
    """Where a further argument goes, and how it is written there: behind the last one that has a name, on a line of
    its own where that has one (before it where a comment follows). None where it cannot be told."""
    named = [keyword for keyword in call.keywords if keyword.arg]
    end = source.offset(call.end_lineno or 0, (call.end_col_offset or 0) - 1)
    if not named:
        last = max((source.offset(a.end_lineno or 0, a.end_col_offset or 0) for a in call.args), default=-1)
        between = source.text[last:end] if last >= 0 else ","
        return None if "#" in between or call.keywords else (end, text if "," in between else f", {text}")
    last_named = max(named, key=lambda keyword: (keyword.lineno, keyword.col_offset))
    start = source.offset(last_named.lineno, last_named.col_offset)
    value = last_named.value
    item = item_at(source, start, source.offset(value.end_lineno or 0, value.end_col_offset or 0))
    if item is None:
        return None
    indent = source.text[source.starts[last_named.lineno - 1] : start]
    if indent.strip():
        return item.end, f", {text}"
    if source.text.startswith("#", _forward(source.text, item.comma or item.end)):
        return start, f"{text},{source.newline}{indent}"  # before it: a comment behind it stays its own
    return item.end, f",{source.newline}{indent}{text}"


def without(source: Source, node: ast.AST, value: ast.AST | None) -> tuple[int, int] | None:
    """The stretch to cut so that an argument is gone: a keyword, or a dictionary's key and its value.

    An item on lines of its own goes with them, and with the comment behind it. None where it cannot be told.
    """
    start = source.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
    least = source.offset(value.end_lineno, value.end_col_offset) if value else 0  # type: ignore[attr-defined]
    item = item_at(source, start, least)
    if item is None or (isinstance(node, ast.Constant) and _in_brackets(source.text, start)):
        return None
    text = source.text
    first, last = _back(text, item.start), _forward(text, item.comma or item.end)
    if _starts_line(text, first) and _ends_line(text, last):
        return first, _next_line(text, last)
    if item.comma is None:
        return _last(text, item)
    if _ends_line(text, last) or text[last] in _CLOSE:
        return first, item.comma
    return item.start, last


def _last(text: str, item: Item) -> tuple[int, int]:
    """For the last item, which has no comma: with the comma before it, where nothing stands between."""
    at = item.start
    while at > 0 and text[at - 1] in " \t\f\r\n\\":
        at -= 1
    if not at or text[at - 1] != ",":
        return item.start, item.end
    if _starts_line(text, _back(text, at - 1)) and _ends_line(text, _forward(text, item.end)):
        return _back(text, at - 1), _next_line(text, item.end)
    return at - 1, item.end


def first_bracket(source: Source, after: int, start: int) -> int:
    """Where an item begins whose expression begins at ``start``: at the brackets around it, if it has some.

    ``after``: the end of what stands before it, so that only commas, brackets and comments lie between.
    """
    between = re.sub(r"#[^\r\n]*", lambda comment: " " * len(comment[0]), source.text[after:start])
    comma = between.rfind(",") + 1
    return after + comma + len(between[comma:]) - len(between[comma:].lstrip(" \t\f\r\n\\"))


def _in_brackets(text: str, at: int) -> bool:
    """Whether what begins here, and is no keyword, has a bracket of its own in front."""
    return text[:at].rstrip(" \t\f\r\n\\").endswith("(")


def _starts_line(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] in "\r\n"


def _ends_line(text: str, at: int) -> bool:
    return at == len(text) or text[at] in "\r\n#" or text[at : at + 2] in ("\\\r", "\\\n")


def _back(text: str, at: int) -> int:
    while at > 0 and text[at - 1] in _SPACE:
        at -= 1
    return at


def _forward(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _next_line(text: str, at: int) -> int:
    end = re.compile(r"\r\n?|\n").search(text, at)
    return end.end() if end else len(text)


def key_place(source: Source, node: ast.AST) -> tuple[int, int] | None:
    """Where an argument's name stands: a keyword's, or inside the quotes of a dictionary's key."""
    if isinstance(node, ast.keyword):
        start = source.offset(node.lineno, node.col_offset)
        return start, start + len(node.arg or "")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = literal(source, node)
        return (found[0], found[0] + len(found[1])) if found else None
    return None
