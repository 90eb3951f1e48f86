"""Texts inside of documents: what a parser makes of a stretch, and where each of its characters stands.

A YAML scalar, a word of a shell command in such a scalar, a name in such a word: each knows its place in the
document, so that what is found at any depth is told and edited where it is written.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from upgradecheck.model import Edit

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "/": "/", "'": "'", " ": " "}


class Text(Struct, frozen=True):
    """A value, and the offset of each of its characters in the document.

    ``offsets`` is empty where they follow each other from ``start`` on. ``exact`` is False where the places are not
    known: then ``start`` and ``end`` hold the stretch that the value comes from, and nothing in it can be edited.
    """

    value: str
    start: int
    end: int
    offsets: tuple[int, ...] = ()
    exact: bool = True

    def place(self, index: int) -> int:
        """The offset in the document of a character of the value."""
        if not self.exact:
            return self.start
        return self.offsets[index] if self.offsets else self.start + index

    def part(self, first: int, last: int) -> Text:
        """A slice of the value."""
        if not self.exact:
            return Text(self.value[first:last], self.start, self.end, (), False)
        start = self.place(first) if first < len(self.value) else self.end
        end = self.place(last - 1) + 1 if last > first else start
        return Text(self.value[first:last], start, end, self.offsets[first:last])

    @property
    def editable(self) -> bool:
        """Whether the document spells it as it is, without anything in between."""
        return self.exact and self.end - self.start == len(self.value)

    def edit(self, document: str, new: str) -> Edit:
        """Write something else in its place."""
        return Edit(document, self.start, self.end, new)


def edited(text: str, start: int, end: int, edits: Iterable[Edit]) -> str:
    """A stretch of a document with edits made in it."""
    parts: list[str] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [text[start : edit.start], edit.new]
        start = edit.end
    return "".join([*parts, text[start:end]])


def plain(text: str, start: int, end: int) -> Text:
    """A stretch of a document that is written as it is meant."""
    return Text(text[start:end], start, end)


def joined(parts: Iterable[Text]) -> Text:
    """Texts that make one value together."""
    found = list(parts)
    value = "".join(part.value for part in found)
    if not all(part.exact for part in found):
        return Text(value, found[0].start, found[-1].end, (), False)
    offsets = tuple(part.place(i) for part in found for i in range(len(part.value)))
    return Text(value, found[0].start, found[-1].end, offsets)


def within(around: Text, inner: Text) -> Text:
    """A text that has its places in the value of another one, with its places in the document."""
    if not (around.exact and inner.exact):
        place = around.part(inner.start, inner.end)
        return Text(inner.value, place.start, place.end, (), False)
    part = around.part(inner.start, inner.end)
    if not inner.offsets:
        return part
    return Text(inner.value, part.start, part.end, tuple(around.place(at) for at in inner.offsets))


def aligned(text: str, start: int, end: int, value: str) -> Text:
    """What a parser made of ``text[start:end]``, with the places of its characters.

    Apart from white space, which folding and indentation change, and escapes, a value has the characters that
    are written, in their order.
    """
    if text[start:end] == value:
        return Text(value, start, end)
    at = _inside(text, start, end)
    if text.startswith(value, at) and "\n" not in value and at + len(value) <= end:
        return Text(value, at, at + len(value))
    offsets: list[int] = []
    following = _verbatim if text[max(at - 1, start) : at] == "\n" else _next  # a block knows no escapes
    for character in value.rstrip("\n"):
        if (found := following(text, at, end, character)) is None:
            return Text(value, start, end, (), False)
        offsets.append(found[0])
        at = found[1]
    if not offsets:
        return Text(value, start, start)
    last = offsets[-1] + 1
    return Text(value, offsets[0], last, (*offsets, *[last] * (len(value) - len(offsets))))


def _inside(text: str, start: int, end: int) -> int:
    """Where the content of a scalar begins: behind tag, anchor and quote, or below the header of a block."""
    while text[start : start + 1] in ("!", "&") and start < end:
        while start < end and not text[start].isspace():
            start += 1
        while start < end and text[start] in " \t":
            start += 1
    if text[start : start + 1] in ("'", '"'):
        return start + 1
    if text[start : start + 1] in ("|", ">"):
        return text.find("\n", start, end) + 1 or end
    return start


def _verbatim(text: str, at: int, end: int, character: str) -> tuple[int, int] | None:
    """The same in a block, where but white space is another one."""
    if character.isspace():
        place = at
        while place < end and text[place] != character and text[place].isspace():
            place += 1
        found = place if place < end and text[place] == character else at
        return (found, place + (found == place)) if at < end and text[at].isspace() else None
    while at < end and text[at].isspace():
        at += 1
    return (at, at + 1) if at < end and text[at] == character else None


def _next(text: str, at: int, end: int, character: str) -> tuple[int, int] | None:
    """Where a character of the value is written, and where to go on."""
    if character.isspace():
        place = at
        while place < end and text[place] != character and text[place].isspace():
            place += 1
        if place < end and text[place] == character:
            return place, place + 1
        if place < end and text[place] == "\\" and _ESCAPES.get(text[place + 1 : place + 2]) == character:
            return place, place + 2
        return (at, place) if at < end and text[at].isspace() else None
    while at < end and (text[at].isspace() or text.startswith("\\\n", at)):
        at += 2 if text.startswith("\\\n", at) else 1
    if at >= end:
        return None
    if text.startswith("''", at) and character == "'":
        return at, at + 2
    if text[at] == "\\" and text[at + 1 : at + 2] != character and character != "\\":
        return (at, at + 2) if _ESCAPES.get(text[at + 1 : at + 2]) == character else None
    if text[at] == "\\" and _ESCAPES.get(text[at + 1 : at + 2]) == character:
        return at, at + 2
    return (at, at + 1) if text[at] == character else None
