"""How many values something has that others are mapped over."""

from __future__ import annotations

from msgspec import Struct


class Lens(Struct, frozen=True, tag_field="lens"):
    """How many values something has; the kinds are below."""


class Fixed(Lens, frozen=True, tag="fixed"):
    """Known when the DAG is stored."""

    length: int


class Of(Lens, frozen=True, tag="of"):
    """As many as a task returned, or as many instances as a mapped task has values."""

    task_id: str


class Zipped(Lens, frozen=True, tag="zip"):
    """The shortest, or with a fill value the longest."""

    parts: tuple[Fixed | Of | Zipped | Joined, ...]
    longest: bool = False


class Joined(Lens, frozen=True, tag="concat"):
    """All together."""

    parts: tuple[Fixed | Of | Zipped | Joined, ...]


AnyLens = Fixed | Of | Zipped | Joined
