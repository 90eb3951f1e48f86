"""JSON with places: where the entries of an object and the elements of an array stand in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")


def skip(raw: str, place: int) -> int:
    """The place behind white space."""
    found = _SPACE.match(raw, place)
    return found.end() if found else place


def entries(raw: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The entries of an object: key, and where the value stands."""
    place = _opened(raw, start, "{")
    while raw[place] != "}":
        key, place = scanstring(raw, place + 1)
        place = skip(raw, _opened(raw, skip(raw, place), ":"))
        end = end_of(raw, place)
        yield key, place, end
        place = _after(raw, end)


def elements(raw: str, start: int) -> Iterator[tuple[int, int, int]]:
    """The elements of an array: number from 1, and where each stands."""
    place, number = _opened(raw, start, "["), 0
    while raw[place] != "]":
        number, end = number + 1, end_of(raw, place)
        yield number, place, end
        place = _after(raw, end)


def _opened(raw: str, place: int, mark: str) -> int:
    if raw[place : place + 1] != mark:
        raise JSONDecodeError(f"expecting {mark!r}", raw, place)
    return skip(raw, place + 1)


def _after(raw: str, end: int) -> int:
    place = skip(raw, end)
    return skip(raw, place + 1) if raw[place] == "," else place


_DECODER = json.JSONDecoder()


def end_of(raw: str, place: int) -> int:
    """Where a value ends."""
    if raw[place] == '"':
        return int(scanstring(raw, place + 1)[1])
    value: tuple[Any, int] = _DECODER.raw_decode(raw, place)
    return value[1]
