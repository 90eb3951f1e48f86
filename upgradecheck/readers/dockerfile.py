"""Dockerfiles: instructions by dockerfile-parse; what they hold by the grammar of shells and of JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import IO, cast

from dockerfile_parse import DockerfileParser
from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.linking.deployment import Image, Requirement, ShellCommand, Variable
from upgradecheck.readers.images import image
from upgradecheck.readers.requirements import python
from upgradecheck.readers.shell import commands, read_text
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source, from_text
from upgradecheck.texts.texts import Text, joined, plain

_HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_WORD = re.compile(r"\s*(?:--\S+\s+)*")
_NUMBER = re.compile(r"\d+\.\d+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_CONTINUED = re.compile(r"\\[ \t]*\r?\n(?=[ \t]*(?:#[^\n]*)?\r?\n)")


class Instruction(Struct, frozen=True):
    """An instruction, and the offsets of what stands behind its name."""

    name: str
    start: int
    end: int


def parse(source: Source) -> tuple[Instruction, ...]:
    """The file's instructions, in order; a here-document belongs to the one above it."""
    text = _without_gaps(source.text)
    starts = from_text(text).starts
    found: list[Instruction] = []
    until = -1
    parser = DockerfileParser(fileobj=cast("IO[str]", io.BytesIO(text.encode("utf-8", "surrogatepass"))))
    for told in sorted(parser.structure, key=lambda told: int(told["startline"])):
        if told["instruction"] == "COMMENT" or starts[told["startline"]] < until:
            continue
        start = starts[told["startline"]]
        end = starts[told["endline"] + 1] if told["endline"] + 1 < len(starts) else len(text)
        if marker := _HEREDOC.search(text, start, end) if told["instruction"] in ("RUN", "COPY", "ADD") else None:
            closing = re.compile(rf"(?m)^\t*{marker[1]}[ \t]*\r?$").search(text, end)
            end = until = min(len(text), closing.end() + 1) if closing else end
        found.append(Instruction(told["instruction"], _behind(text, start), end))
    return tuple(found)


def _behind(text: str, start: int) -> int:
    found = re.compile(r"\s*\w+[ \t]*").match(text, start)
    return found.end() if found else start


def _without_gaps(text: str) -> str:
    """The text, as long as before, with empty lines and comments inside of instructions taken together."""
    lines = text.splitlines(keepends=True)
    inside = False
    for number, line in enumerate(lines):
        bare = line.strip()
        if inside and (not bare or bare.startswith("#")):
            body = len(line.rstrip("\r\n"))
            if body:
                lines[number] = " " * (body - 1) + "\\" + line[body:]
            else:
                above = lines[number - 1]
                at = above.rindex("\\")
                lines[number - 1] = above[:at] + " " * (len(above) - at)
                lines[number] = "\\\n" if len(line) == 2 else line
                if len(line) == 1:
                    lines[number - 1] = lines[number - 1][:-1] + "\\"
        else:
            inside = bare.endswith("\\") and (inside or not bare.startswith("#"))
    return "".join(lines)


def read(
    page: Page, instructions: tuple[Instruction, ...]
) -> Iterator[Variable | ShellCommand | Image | Requirement]:
    """What the file sets, runs and builds on."""
    given: dict[str, Text] = {}
    for told in instructions:
        text = plain(page.source.text, told.start, told.end)
        if told.name == "FROM":
            yield from _base(text, given)
        elif told.name in ("ENV", "ARG", "LABEL"):
            if told.name != "LABEL":
                for found in _assigned(text, page):
                    if told.name == "ARG" and found.value is not None:
                        given[found.name.value] = found.value
                    yield found
        elif told.name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            yield from _run(_command(text, told.name), told.name != "RUN", page.source.text)


def _command(text: Text, name: str) -> Text:
    """What is run: without the options in front of it, and for a health check behind ``CMD``."""
    found = _WORD.match(text.value)
    start = found.end() if found else 0
    if name == "HEALTHCHECK":
        check = re.compile(r"CMD\s+", re.IGNORECASE).match(text.value, start)
        return text.part(check.end() if check else len(text.value), len(text.value))
    return text.part(start, len(text.value))


def _run(text: Text, entry: bool, document: str) -> Iterator[Variable | ShellCommand]:
    if marker := _HEREDOC.match(text.value):
        body = text.value.find("\n") + 1
        end = text.value.rfind(marker[1])
        yield from read_text(text.part(body, end))
    elif text.value.lstrip().startswith("[") and (words := _json(text)) is not None:
        yield from commands(list(words), entry=entry)
    else:
        for found in read_text(text):
            yield replace(found, entry=entry) if isinstance(found, ShellCommand) else found


def _json(text: Text) -> list[Text] | None:
    """The words of a list in JSON; None where it is none."""
    try:
        values = json.loads(text.value.replace("\\\n", "  "))
    except ValueError:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    places = [found.span() for found in _STRING.finditer(text.value)]
    if len(places) != len(values):
        return None
    return [_at(text, place, value) for place, value in zip(places, values, strict=True)]


def _at(text: Text, place: tuple[int, int], value: str) -> Text:
    inner = text.part(place[0] + 1, place[1] - 1)
    return inner if inner.value == value else Text(value, inner.start, inner.end, (), False)


def _assigned(text: Text, page: Page) -> Iterator[Variable]:
    """``ENV A=1 B=2`` and ``ENV A 1``."""
    first = text.value.split(maxsplit=1)
    if first and "=" not in first[0]:
        name = text.part(text.value.index(first[0]), text.value.index(first[0]) + len(first[0]))
        rest = first[1].rstrip() if len(first) > 1 else ""
        at = text.value.index(rest, len(first[0])) if rest else 0
        yield Variable(name, text.part(at, at + len(rest)) if rest else None, _whole(text, page))
        return
    found = [one for one in read_text(text) if isinstance(one, Variable)]
    names = frozenset(one.name.value for one in found)
    entry = _whole(text, page) if len(found) == 1 else None
    for one in found:
        yield Variable(one.name, one.value, entry, names)


def _whole(text: Text, page: Page) -> tuple[int, int]:
    """The lines of the instruction."""
    return page.source.text.rfind("\n", 0, text.start) + 1, text.end


def _base(text: Text, given: dict[str, Text]) -> Iterator[Image | Requirement]:
    """The image that is built on; arguments with a default are put in."""
    words = [(found.start(), found.end()) for found in re.finditer(r"\S+", text.value)]
    words = [place for place in words if not text.value.startswith("--", place[0])]
    for found in image(_filled(text.part(*words[0]), given)) if words else ():
        yield found
        if (
            found.tag
            and found.name.value.rpartition("/")[2] == "python"
            and (version := _NUMBER.match(found.tag.value))
        ):
            yield from python(found.tag.part(*version.span()))


def _filled(text: Text, given: dict[str, Text]) -> Text:
    """A text in which variables that the file gives a value stand for it."""
    parts: list[Text] = []
    at = 0
    for found in re.finditer(r"\$(?:(\w+)|\{(\w+)\})", text.value):
        if (value := given.get(found[1] or found[2])) is not None:
            parts += [text.part(at, found.start()), value]
            at = found.end()
    return joined([part for part in [*parts, text.part(at, len(text.value))] if part.value]) if parts else text
