"""Files of HTTP requests, as editors send them (``.http``, ``.rest``): method, address, headers and body of each.

A request is told as the words of a command that would make it, so that what is known of ``curl`` is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import Text, plain

_BETWEEN = re.compile(r"(?m)^###[^\r\n]*$")
_LINE = re.compile(r"(?m)^[^\r\n]*")
_SET = re.compile(r"@([A-Za-z_]\w*)\s*=\s*")
_METHOD = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+")
_VERSION = re.compile(r"\s+HTTP/[\d.]+\s*$")


def parse(source: Source) -> None:
    """Editors pass over lines that they do not understand, and so does this."""


def read(page: Page, _: object = None) -> Iterator[Variable | ShellCommand]:
    """The variables and requests of a file."""
    text, start = page.source.text, 0
    for found in [*_BETWEEN.finditer(text), None]:
        yield from _request(text, start, found.start() if found else len(text))
        start = found.end() if found else start


def _request(text: str, start: int, end: int) -> Iterator[Variable | ShellCommand]:
    words: list[Text] = []
    for line in _LINE.finditer(text, start, end):
        if not line[0].strip() and words:
            words.append(plain(text, min(line.end() + 1, end), end))
            break
        if line[0].lstrip().startswith(("#", "//")) or not line[0].strip():
            continue
        if name := _SET.match(line[0]):
            place = line.start() + name.start(1)
            yield Variable(
                plain(text, place, place + len(name[1])), plain(text, line.start() + name.end(), line.end())
            )
        elif words:
            words.append(plain(text, line.start(), line.end()))
        else:
            words += _first(text, line)
    if words:
        yield ShellCommand(tuple(words))


def _first(text: str, line: re.Match[str]) -> Iterator[Text]:
    """Method and address; an address alone is got."""
    method = _METHOD.match(line[0])
    if method:
        yield plain(text, line.start(), line.start() + len(method[1]))
    version = _VERSION.search(line[0])
    yield plain(
        text,
        line.start() + (method.end() if method else 0),
        line.start() + (version.start() if version else len(line[0].rstrip())),
    )
