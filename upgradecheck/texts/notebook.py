"""Jupyter notebooks: their code as one Python text, and that text back into the notebook's own bytes.

Each code cell stands in the text behind a comment of its own. Lines that are no Python (``%magic``, ``!command``,
``help?``) stand there as ``0#…``, as long as they were; they are not changed. Outputs, metadata and the spelling of
every line that stays are the notebook's.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from msgspec import Struct

from upgradecheck.model import Span
from upgradecheck.texts.jsonplaces import elements, entries, skip
from upgradecheck.texts.magics import as_python, lines_of
from upgradecheck.texts.source import BOM, Source, Unreadable, Unwritable, from_text

_ESCAPE = re.compile(r"(?i)\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|.)")
_MARK = "# cell "


class Item(Struct, frozen=True):
    """One string of a cell's source: where its literal stands in the notebook, and what it holds."""

    start: int
    end: int
    value: str


class Cell(Struct, frozen=True):
    """A code cell: its number among all cells (from 1), its strings, and whether they stand in a list."""

    number: int
    items: tuple[Item, ...]
    listed: bool

    @property
    def code(self) -> str:
        """The cell's source."""
        return "".join(item.value for item in self.items)


class Notebook(Source, frozen=True, kw_only=True, dict=True):
    """A notebook's code as a Python text. ``raw`` is the notebook itself, ``cells`` what the text is made of."""

    raw: str
    cells: tuple[Cell, ...]

    @cached_property
    def _raw(self) -> Source:
        return from_text(self.raw)

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        """Where each string of a cell begins: in the text, in the notebook."""
        here, there, start = [0], [0], 0
        for cell in self.cells:
            start += len(_mark(cell))
            for item in cell.items:
                here.append(start)
                there.append(item.start)
                start += len(item.value)
            start += 1
        return here, there

    def _at(self, offset: int) -> int:
        """Where something of the text stands in the notebook."""
        here, there = self._places
        number = bisect_right(here, offset) - 1
        place = there[number] + 1
        if not number:
            return 0
        for _ in range(offset - here[number]):
            escape = _ESCAPE.match(self.raw, place)
            place = escape.end() if escape else place + 1
        return min(place, len(self.raw))

    def told(self, span: Span) -> Span:
        """A place of the text as a place of the notebook; what goes over the end of a line ends with the string."""
        start = self._at(self._offset(span.line, span.column))
        end = self._at(max(self._offset(span.end_line, span.end_column) - 1, 0)) + 1
        found = self._raw.span(start, max(start, end))
        return found if found.end_line == found.line else Span(found.line, found.column, found.line, found.column)

    def _offset(self, line: int, column: int) -> int:
        return self.starts[min(line, len(self.starts)) - 1] + column - 1

    def told_line(self, line: int) -> str:
        """A line of the notebook."""
        return self._raw.line(line)

    def cell(self, line: int) -> int:
        """The number of the cell that a line of the text stands in."""
        start, found = self.starts[min(line, len(self.starts)) - 1], 0
        for cell, place in zip(self.cells, self._begins, strict=True):
            found = cell.number if place <= start else found
        return found

    @cached_property
    def _begins(self) -> list[int]:
        found, start = [], 0
        for cell in self.cells:
            found.append(start)
            start += len(_mark(cell)) + len(cell.code) + 1
        return found

    def shown(self, text: str) -> str:
        """The notebook with this text in its cells. Raises `Unwritable`."""
        parts = _parted(text, self.cells)
        done, out = 0, list[str]()
        for cell, old, new in zip(self.cells, _parted(self.text, self.cells), parts, strict=True):
            if old != new:
                start, end, spelled = _respelled(self.raw, cell, old, new)
                out += [self.raw[done:start], spelled]
                done = end
        return "".join([*out, self.raw[done:]])

    def encode(self, text: str) -> bytes:
        """The notebook's bytes with this text in its cells. Raises `Unwritable`."""
        return (BOM if self.bom else b"") + self.shown(text).encode()


def read(data: bytes) -> Notebook:
    """A notebook's code. Raises `Unreadable`."""
    try:
        raw = data.decode("utf-8-sig")
        cells = tuple(_cells(raw))
    except (UnicodeDecodeError, JSONDecodeError, StopIteration, LookupError, RecursionError) as error:
        raise Unreadable(f"it is no notebook ({error})", "save it again with Jupyter, or exclude it") from error
    text = "".join(f"{_mark(cell)}{as_python(cell.code)}\n" for cell in cells)
    plain = from_text(text)
    return Notebook(
        text=text, encoding="utf-8", bom=data.startswith(BOM), ascii=plain.ascii,
        raw=raw, cells=cells,
    )  # fmt: skip


def _mark(cell: Cell) -> str:
    return f"{_MARK}{cell.number}\n"


def _cells(raw: str) -> Iterator[Cell]:
    """The code cells. Raises what `json` does, and `LookupError` for what is no notebook of today's format."""
    found, metadata = list[tuple[int, dict[str, tuple[int, int]]]](), {}
    for key, start, end in entries(raw, skip(raw, 0)):
        if key == "metadata":
            metadata = json.loads(raw[start:end])
        elif key == "cells":
            found = [(n, {k: (a, b) for k, a, b in entries(raw, s)}) for n, s, _ in elements(raw, start)]
        elif key == "nbformat" and json.loads(raw[start:end]) < 4:
            raise LookupError("its format is older than 4")
    language = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language")
    if language not in (None, "python"):
        return
    for number, parts in found:
        kind, source = (parts.get(name) for name in ("cell_type", "source"))
        if kind and source and json.loads(raw[slice(*kind)]) == "code":
            yield _cell(raw, number, source[0])


def _cell(raw: str, number: int, start: int) -> Cell:
    if raw[start] == "[":
        return Cell(number, tuple(_item(raw, place) for _, place, _ in elements(raw, start)), True)
    return Cell(number, (_item(raw, start),), False)


def _item(raw: str, start: int) -> Item:
    if raw[start] != '"':
        raise JSONDecodeError("expecting a string", raw, start)
    value, end = scanstring(raw, start + 1)
    return Item(start, end, value)


# -- back ----------------------------------------------------------------------------------------------------


def _parted(text: str, cells: Sequence[Cell]) -> list[str]:
    """The text by cells, each with the line break that ends it. Raises `Unwritable`."""
    starts = [found.start() for found in re.finditer(rf"(?m)^{_MARK}\d+$", text)]
    if [text[start:].partition("\n")[0] for start in starts] != [_mark(cell).rstrip() for cell in cells]:
        raise Unwritable("it would change where cells begin")
    if starts and starts[0]:
        raise Unwritable("it would put something before the first cell")
    return [text[a:b].partition("\n")[2] for a, b in pairwise([*starts, len(text)])]


def _respelled(raw: str, cell: Cell, old: str, new: str) -> tuple[int, int, str]:
    """Where a cell's source stands, and what stands there with the new text."""
    if not cell.items:
        raise Unwritable("it would write into an empty cell")
    before, after = lines_of(old.removesuffix("\n")), lines_of(new.removesuffix("\n"))
    kept = dict[int, int]()  # lines of the new text that the old one has
    for tag, i1, i2, j1, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            kept.update((j1 + n, i1 + n) for n in range(i2 - i1))
        elif any(was != now for was, now in zip(lines_of(cell.code)[i1:i2], before[i1:i2], strict=True)):
            raise Unwritable("it would change a line that is no Python")
    whole = lines_of(cell.code)
    lines = [whole[kept[n]] if n in kept else line for n, line in enumerate(after)]
    plain = raw.isascii()
    if not cell.listed or [item.value for item in cell.items] != whole:
        return cell.items[0].start, cell.items[-1].end, json.dumps("".join(lines), ensure_ascii=plain)
    spelled = []
    for number, line in enumerate(lines):
        item = cell.items[kept[number]] if number in kept and kept[number] < len(cell.items) else None
        same = item is not None and item.value == line
        spelled.append(raw[item.start : item.end] if item and same else json.dumps(line, ensure_ascii=plain))
    first, last = cell.items[0], cell.items[-1]
    between = raw[first.end : cell.items[1].start] if len(cell.items) > 1 else ", "
    return first.start, last.end, between.join(spelled)
