"""How messages are written: msgpack, with pendulum's dates and durations as plain ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec


def plain(value: Any) -> Any:
    """What msgspec does not know."""
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat())
    if isinstance(value, timedelta):
        return timedelta(seconds=value.total_seconds())
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")


ENCODER = msgspec.msgpack.Encoder(enc_hook=plain)


def encode(value: Any) -> bytes:
    """A message as bytes."""
    return ENCODER.encode(value)
