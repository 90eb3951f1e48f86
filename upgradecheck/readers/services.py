"""Units of systemd and programs of supervisord: what they run, and the variables that they set."""

from __future__ import annotations

import configparser
from collections.abc import Iterator

from configupdater import ConfigUpdater
from configupdater.option import Option
from configupdater.section import Section

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.readers.shell import read_text
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source, Unreadable
from upgradecheck.texts.texts import Text, plain

_RUN = ("command", "execstart", "execstartpre", "execstartpost", "execreload", "execstop")
_SET = ("environment",)


def parse(source: Source) -> tuple[tuple[str, int, int], ...]:
    """The options that hold commands or variables: name, begin and end of the value. Raises `Unreadable`."""
    updater = ConfigUpdater(allow_no_value=True, strict=False)
    try:
        updater.read_string(source.text.replace("\r\n", " \n"))
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((number for number, _ in getattr(error, "errors", ())), 0)
        raise Unreadable(f"line {line} is no line of such a file", "correct it, or exclude it", line) from error
    found = []
    at = 0
    for block in updater.iter_blocks():
        if not isinstance(block, Section):
            at += len(str(block))
            continue
        at = source.text.find("\n", at) + 1 or len(source.text)
        for inner in block.iter_blocks():
            size = len(str(inner))
            if isinstance(inner, Option) and inner.raw_key.strip().lower() in (*_RUN, *_SET):
                start = source.text.find("=", at) + 1
                found.append((inner.raw_key.strip().lower(), start, at + size))
            at += size
    return tuple(found)


def read(page: Page, options: tuple[tuple[str, int, int], ...]) -> Iterator[Variable | ShellCommand]:
    """What is run and set."""
    text = page.source.text
    for name, start, end in options:
        yield from read_text(_assignments(plain(text, start, end)) if name in _SET else plain(text, start, end))


def _assignments(text: Text) -> Text:
    """``A="b",C="d"`` and ``"A=b" "C=d"`` as a shell would write them."""
    value, quoted = "", ""
    for at, character in enumerate(text.value):
        opens = character in "\"'" and not quoted and text.value[at - 1 : at] != "="
        if character in "\"'" and (quoted or not opens):
            quoted = "" if quoted else character
        value += " " if opens or (character == "," and not quoted) else character
    return Text(value, text.start, text.end)
