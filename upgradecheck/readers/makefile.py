"""Makefiles and Procfiles: the shell text that their lines hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.readers.shell import read_text
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import Text, plain

# A recipe is what stands behind a tab, however many lines it goes on for; make takes "@", "-" and "+" for itself.
_RECIPE = re.compile(r"(?m)^\t[ \t]*[@+-]*[ \t]*((?:[^\\\n]|\\[^\n]|\\\n)*)")
_PROCESS = re.compile(r"(?m)^[A-Za-z][\w-]*:[ \t]*([^\r\n]+)")
_PROCFILE = "Procfile"


def parse(source: Source) -> None:
    """Nothing can be wrong with it that the shell's parser does not recover from."""


def read(page: Page, _: object = None) -> Iterator[Variable | ShellCommand]:
    """What the lines set and run."""
    text = page.source.text
    lines = _PROCESS if page.document.name.endswith(_PROCFILE) else _RECIPE
    for found in lines.finditer(text):
        yield from read_text(_for_shell(plain(text, *found.span(1))))


def _for_shell(text: Text) -> Text:
    """A recipe as the shell gets it: what goes on in the next line begins behind its tab, ``$$`` is a dollar."""
    dollars = {found.start() for found in re.finditer(r"\$(?=\$)", text.value)}
    kept = [at for at, character in enumerate(text.value) if character != "\t" and at not in dollars]
    if len(kept) == len(text.value):
        return text
    value = "".join(text.value[at] for at in kept)
    return Text(value, text.start, text.end, tuple(text.place(at) for at in kept))
