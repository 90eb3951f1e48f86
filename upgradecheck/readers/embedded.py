"""Files that are written out inside of another one: under their name in a map, or where a script writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import asdict, replace

from upgradecheck.linking.deployment import Moved
from upgradecheck.model import Document, Edit
from upgradecheck.texts.formats import READERS, form_of, parse, reader
from upgradecheck.texts.page import Piece
from upgradecheck.texts.source import ToRender, Unreadable, from_text
from upgradecheck.texts.texts import Text, within

_Found = TypeVar("_Found", bound=msgspec.Struct)
_SCRIPT = "#!"
_SHELL = "shell"


def read(name: str, text: Text) -> Iterator[msgspec.Struct]:
    """What a file of this name sets, runs and names; nothing where no reader understands it."""
    kind = kind_of(name, text)
    if not kind:
        return
    source = from_text(text.value)
    try:
        content = parse(kind, source)
    except (Unreadable, ToRender):  # the file around it is whole, and others may be found in it
        return
    for found in reader(kind).read(Piece(Document(Path(name), name, kind), source), content):
        yield _placed(found, text)


def kind_of(name: str, text: Text) -> str:
    """As what a file of this name is read; a script by its first line."""
    found = form_of(name.rpartition("/")[2])
    if found not in READERS and text.value.lstrip().startswith(_SCRIPT):
        return _SHELL
    return found if found in READERS else ""


def _placed(found: _Found, around: Text) -> _Found:
    """The same with its places in the document, where it stays in its lines."""
    changes: dict[str, object] = {}
    for name, value in asdict(found).items():
        if isinstance(value, Text):
            changes[name] = within(around, value)
        elif name == "words":
            changes[name] = tuple(word and within(around, word) for word in value)
        elif name == "entry" and isinstance(value, tuple):
            changes[name] = None
        elif name == "move":
            changes[name] = _stays
    return replace(found, **changes)


def _stays(section: str, option: str, edits: tuple[Edit, ...]) -> Moved:
    return "it stands in a file that is written out inside of this one"
