"""Configuration files of sections and options, as configparser reads them; places by ConfigUpdater."""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Iterator

from configupdater import ConfigUpdater
from configupdater.block import Block, Comment, Space
from configupdater.option import Option as Line
from configupdater.section import Section
from msgspec import Struct

from upgradecheck.linking.deployment import Moved, Option
from upgradecheck.model import Edit
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source, ToRender, Unreadable
from upgradecheck.texts.texts import Text, aligned, edited

Mover = Callable[[str, str, tuple[Edit, ...]], Moved]

# A template's statement on a line for itself.
_STATEMENT = re.compile(r"(?m)^[ \t]*(?:\{%.*?%\}|\{\{[^{}\n]*\}\}|\{#.*?#\})[ \t]*$")


class Place(Struct, frozen=True):
    """An option: its key and value, and the offsets of its lines; ``first`` counts the comment above as well."""

    key: Text
    value: Text | None
    first: int
    start: int
    end: int


class Part(Struct, frozen=True):
    """A section with its options, by name; ``end``: behind the last line that is not empty."""

    name: str
    start: int
    end: int
    options: dict[str, Place]


def parse(source: Source) -> tuple[Part, ...]:
    """The file's sections. Raises `Unreadable`, `ToRender`."""
    text = _STATEMENT.sub(lambda found: "#" + " " * (len(found[0]) - 1), source.text)
    updater = ConfigUpdater(allow_no_value=True)
    try:
        updater.read_string(text.replace("\r\n", " \n"))
    except configparser.Error as error:
        if text != source.text or "{%" in text:
            raise ToRender(
                "a template that is no configuration before it is rendered: check what comes of it"
            ) from error
        raise _explained(error) from error
    return tuple(_parts(updater, source.text))


def _explained(error: configparser.Error) -> Unreadable:
    line = getattr(error, "lineno", None) or next((number for number, _ in getattr(error, "errors", ())), 0)
    why = {
        configparser.DuplicateOptionError: "sets an option a second time",
        configparser.DuplicateSectionError: "begins a section a second time",
        configparser.MissingSectionHeaderError: "stands before the first section",
    }.get(type(error), "is no line of a configuration")
    return Unreadable(f"line {line} {why}", "correct it: Airflow does not read such a file either", line)


def _parts(updater: ConfigUpdater, text: str) -> Iterator[Part]:
    at = 0
    for block in updater.iter_blocks():
        if not isinstance(block, Section):
            at += len(str(block))
            continue
        start = at
        options: dict[str, Place] = {}
        at = text.find("\n", start) + 1 or len(text)
        end = at
        above: int | None = None
        for inner in block.iter_blocks():
            size = len(str(inner))
            if isinstance(inner, Line):
                options[inner.key] = _place(text, inner, at, above)
            if not isinstance(inner, Space):
                end = at + size
            above = _above(inner, at, above)
            at += size
        yield Part(block.name, start, end, options)


def _above(block: Block, at: int, above: int | None) -> int | None:
    """Where the comment begins that belongs to what comes next."""
    if isinstance(block, Comment):
        return at if above is None else above
    return None


def _place(text: str, line: Line, at: int, above: int | None) -> Place:
    written = str(line)
    indent = len(written) - len(written.lstrip())
    key = Text(line.raw_key, at + indent, at + indent + len(line.raw_key))
    value = None
    if line.value is not None:
        after = text.find("=", key.end)
        colon = text.find(":", key.end)
        begin = min(place for place in (after, colon, len(text)) if place >= 0) + 1
        end = at + len(written.rstrip())
        value = aligned(text, begin + len(text[begin:end]) - len(text[begin:end].lstrip()), end, line.value)
    return Place(key, value, at if above is None else above, at, at + len(written))


def read(page: Page, parts: tuple[Part, ...]) -> Iterator[Option]:
    """All options that are set, in order."""
    names = frozenset((part.name.lower(), name) for part in parts for name in part.options)
    for part in parts:
        for place in part.options.values():
            move = _mover(page, parts, part, place)
            yield Option(part.name.lower(), place.key, place.value, move, (place.first, place.end), names)


def _taken_out(home: Part, place: Place, text: str) -> tuple[int, int]:
    """The lines of an option; if nothing else stands in its section, those of the section."""
    alone = len(home.options) == 1 and not text[home.end : place.end].strip()
    head = text.find("\n", home.start) + 1
    if alone and not text[head : place.first].strip() and home.end == place.end:
        blank = text[place.end :]
        return home.start, place.end + len(blank) - len(blank.lstrip("\r\n"))
    return place.first, place.end


def _mover(page: Page, parts: tuple[Part, ...], home: Part, place: Place) -> Mover:
    def move(section: str, option: str, edits: tuple[Edit, ...]) -> Moved:
        target = next((part for part in parts if part.name.lower() == section), None)
        if target and option in target.options:
            return f"[{section}] {option} is set in this file"
        document, text = page.document.name, page.source.text
        if target is home:
            return (place.key.edit(document, option), *edits)
        if _STATEMENT.search(text):
            return "the file is a template: write it by hand"
        newline = page.source.newline
        lines = text[place.first : place.start] + option + edited(text, place.key.end, place.end, edits)
        if not lines.endswith("\n"):
            lines += newline
        cut = Edit(document, *_taken_out(home, place, text), "")
        if target is not None:
            gap = "" if text[: target.end].endswith("\n") else newline
            return cut, Edit(document, target.end, target.end, f"{gap}{lines}")
        gap = "" if not text[: cut.start].strip() and cut.end == len(text) else newline
        gap += "" if text.endswith("\n") or not gap else newline
        return cut, Edit(document, len(text), len(text), f"{gap}[{section}]{newline}{lines}")

    return move
