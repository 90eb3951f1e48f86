"""Tables of cron: the commands behind the times, with or without the user that a system's table names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.readers.shell import cron_command, read_text
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import plain

_LINE = re.compile(r"(?m)^[^\r\n]*")
_SET = re.compile(r"[A-Za-z_]\w*\s*=")


def parse(source: Source) -> None:
    """Lines that are no entries are passed over: cron says what is wrong with them."""


def read(page: Page, _: object = None) -> Iterator[Variable | ShellCommand]:
    """What the table sets and runs."""
    text = page.source.text
    for line in _LINE.finditer(text):
        if _SET.match(line[0]):
            yield from read_text(plain(text, *line.span()))
        elif not line[0].lstrip().startswith("#"):
            yield from cron_command(plain(text, *line.span()))
