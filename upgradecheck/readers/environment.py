"""Environment files: ``NAME=value`` a line, as docker, compose and dotenv read them."""

from __future__ import annotations

import io
from collections.abc import Iterator

from dotenv.parser import Binding, parse_stream

from upgradecheck.linking.deployment import Variable
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import Text, aligned


def parse(source: Source) -> tuple[Binding, ...]:
    """The file's bindings. Lines that are none are passed over, as dotenv does."""
    return tuple(parse_stream(io.StringIO(source.text, newline="")))


def read(page: Page, bindings: tuple[Binding, ...]) -> Iterator[Variable]:
    """The variables that are set, in order."""
    names = frozenset(found.key for found in bindings if found.key)
    at = 0
    for found in bindings:
        written = found.original.string
        if found.key and not found.error:
            start = at + _start(written, found.key)
            name = Text(found.key, start, start + len(found.key))
            value = None
            if found.value is not None:
                rest = page.source.text.index("=", name.end) + 1
                lead = len(page.source.text[rest:]) - len(page.source.text[rest:].lstrip(" \t"))
                value = aligned(page.source.text, rest + lead, at + len(written.rstrip()), found.value)
            body = len(written) - len(written.lstrip())
            first = page.source.text.rfind("\n", 0, at + body) + 1
            yield Variable(name, value, (first, at + len(written)), names)
        at += len(written)


def _start(written: str, key: str) -> int:
    """Where a name stands in its line, behind ``export`` and blanks."""
    return written.index(key)
