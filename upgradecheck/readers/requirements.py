"""Requirements and constraints: one a line, as pip reads them; and the words that are given to ``pip install``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from upgradecheck.linking.deployment import Address, Requirement, ShellCommand
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import Text, plain

_PYTHON = "python"
_KEY = re.compile(r"([a-z_]+)\s*=\s*(?!=)")
_LINE = re.compile(r"(?m)^[^\r\n]*")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s--?[a-z]")
_INSTALLERS = {"pip", "pip3", "uv", "pipenv", "poetry"}
_VALUED = {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "-t", "--target"}


def parse(source: Source) -> None:
    """Lines that are no requirements are passed over: pip says what is wrong with them."""


def read(page: Page, _: object = None) -> Iterator[Requirement | Address]:
    """All requirements of the file, and the addresses of its constraints."""
    constrains = page.document.name.rpartition("/")[2].startswith("constraints")
    for line in _LINE.finditer(page.source.text):
        text = _COMMENT.sub("", line[0])
        bare = text.strip()
        start = line.start() + len(text) - len(text.lstrip())
        if bare.startswith("-") or "://" in bare:
            yield from addresses(plain(page.source.text, start, start + len(bare)))
        elif (key := _KEY.match(bare)) and key[1] in python_keys():
            yield from python(plain(page.source.text, start + key.end(), start + len(bare)), bare=False)
        elif bare:
            end = _OPTION.search(bare)
            length = len(bare[: end.start()].rstrip()) if end else len(bare)
            yield from requirement(plain(page.source.text, start, start + length), constrains)


def requirement(text: Text, constrains: bool = False) -> Iterator[Requirement]:
    """The requirement that a text is; nothing if it is none."""
    try:
        found = Parsed(text.value.rstrip("\\ "))
    except InvalidRequirement:
        return
    length = len(found.name)
    at = text.value.find(found.name)
    yield Requirement(
        canonicalize_name(found.name), tuple(sorted(found.extras)), str(found.specifier),
        text.part(at, at + length), constrains,
    )  # fmt: skip


def python(text: Text, bare: bool = True) -> Iterator[Requirement]:
    """The Python that a text asks for, by one version (``bare``) or by specifiers."""
    value = text.value.strip()
    if bare and not re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        return
    try:
        specifier = SpecifierSet(f"=={'.'.join(value.split('.')[:2])}.*" if bare else value)
    except InvalidSpecifier:
        return
    yield Requirement(_PYTHON, (), str(specifier), text)


@cache
def python_keys() -> frozenset[str]:
    """Keys and variables that hold a version of Python."""
    return frozenset(row["key"] for row in lookup("python_keys"))


def addresses(text: Text) -> Iterator[Address]:
    """The addresses in a text."""
    for found in re.finditer(r"https?://[^\s\"']+", text.value):
        yield Address(text.part(*found.span()))


def installed(use: ShellCommand) -> Iterator[Requirement]:
    """What a command asks an installer for."""
    words = use.words
    first = words[0].value.rpartition("/")[2] if words and words[0] is not None else ""
    verb = next((n for n, word in enumerate(words) if word is not None and word.value in ("install", "add")), 0)
    if first not in _INSTALLERS or not verb:
        return
    before = ""
    for word in words[verb + 1 :]:
        if word is not None and not word.value.startswith("-") and before not in _VALUED and word.exact:
            yield from requirement(word)
        before = word.value if word is not None else ""
