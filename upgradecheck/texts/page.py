"""A text to be read: all of a document, or what stands inside of another one."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from upgradecheck.model import Document
from upgradecheck.texts.source import Source


class Page(Protocol):
    """What readers of files that are no code need to know."""

    @property
    def document(self) -> Document:
        """The file."""

    @property
    def source(self) -> Source:
        """Its text, or the part of it that is read."""


class Piece(Struct, frozen=True):
    """A part of a document that is read as if it were one."""

    document: Document
    source: Source
