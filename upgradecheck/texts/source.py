"""Bytes to text and back, and the places in a text.

Reading never changes anything: line endings, BOM and encoding come back out as they went in.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from functools import cached_property, lru_cache

from msgspec import Struct

from upgradecheck.model import Span

_LINE = re.compile(r"\r\n|\r|\n")
BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The text cannot be had: why, what to do about it, and on which line (0: none in particular)."""

    def __init__(self, why: str, remedy: str, line: int = 0) -> None:
        super().__init__(f"{why}: {remedy}")
        self.why = why
        self.remedy = remedy
        self.line = line


class ToRender(Exception):
    """The text is a template that says nothing before it is rendered. The message tells the user."""


class Unwritable(Exception):
    """A text that cannot be put back into its file; says why."""


class Source(Struct, frozen=True, dict=True):
    """A decoded Python file. ``text`` keeps its line endings."""

    text: str
    encoding: str
    bom: bool
    ascii: bool = True

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Each line's first offset."""
        return (0, *(match.end() for match in _LINE.finditer(self.text)))

    @property
    def newline(self) -> str:
        """How the text's first line ends."""
        found = _LINE.search(self.text)
        return found[0] if found else "\n"

    def offset(self, line: int, byte_column: int) -> int:
        """The offset of a position as ``ast`` gives it: line from 1, column in UTF-8 bytes from 0."""
        start = self.starts[line - 1]
        if self.ascii:
            return start + byte_column
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        head = self.text[start:end].encode("utf-8", "surrogatepass")[:byte_column]
        return start + len(head.decode("utf-8", "surrogatepass"))

    def span(self, start: int, end: int) -> Span:
        """The lines and columns between two offsets."""
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return Span(line, column, end_line, end_column)

    def line(self, number: int) -> str:
        """One line, without its ending."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def told(self, span: Span) -> Span:
        """A place of the text as users know it: in the file."""
        return span

    def told_line(self, number: int) -> str:
        """A line of the file."""
        return self.line(number)

    def cell(self, line: int) -> int:
        """The number of the notebook's cell that a line of the text stands in, 0 outside of notebooks."""
        return 0

    def shown(self, text: str) -> str:
        """The file's text with ``text`` for this one. Raises `Unwritable`."""
        return text

    def encode(self, text: str) -> bytes:
        """``text`` in this file's encoding, with its BOM where it had one. Raises `Unwritable`, `UnicodeError`."""
        return (BOM if self.bom else b"") + text.encode(self.encoding)

    def _position(self, offset: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def from_text(text: str, encoding: str = "utf-8", bom: bool = False) -> Source:
    """A source from text that is decoded already."""
    return Source(text, encoding, bom, text.isascii())


@lru_cache(maxsize=2)  # summary, rules and fixes ask for the same text; more would keep large trees alive
def parse_text(text: str) -> ast.Module:
    """The tree of a text, which nobody changes. Raises what `ast.parse` does, `RecursionError` among it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the text's own invalid escapes
        return ast.parse(text)


def _encoding(data: bytes, bom: bool) -> str:
    """The encoding that a file declares. Raises `SyntaxError` for one that does not exist."""
    try:
        found, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if "missing encoding declaration" not in str(error):
            raise
        return "utf-8"  # it declares none and is not UTF-8: decoding will say where
    return "utf-8" if bom else found


def decode(data: bytes) -> Source:
    """Decode a Python file as the interpreter would (PEP 263: BOM, cookie, else UTF-8).

    Raises `Unreadable` for NUL bytes, an unknown or lying encoding.
    """
    if b"\0" in data:
        raise Unreadable("it holds NUL bytes, so it is no text", "exclude it, or save it as UTF-8")
    bom = data.startswith(BOM)
    try:
        encoding = _encoding(data, bom)
        text = data[len(BOM) if bom else 0 :].decode(encoding)
    except (SyntaxError, LookupError) as error:
        why = (
            "its byte order mark says UTF-8 and its coding line says otherwise"
            if bom
            else f"its encoding is not known ({error})"
        )
        raise Unreadable(why, "correct the coding line", 1) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        remedy = "save it as UTF-8, or name its encoding in a coding line"
        raise Unreadable(f"line {line} is not {error.encoding}", remedy, line) from error
    return from_text(text, encoding, bom)
