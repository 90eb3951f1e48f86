"""Which variables of the program's own a text asks for by name: who sets them cannot call them otherwise alone.

A look at the text, as in `packages`: the answer keeps fixes away, so it may say too much.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from upgradecheck.rulebook.facts import lookup


class Way(str, Enum):
    """How a variable is asked for."""

    CODE = "code"  # by a program in its environment
    FILE = "file"  # by a YAML file, from the environment of who reads it, or from an environment file
    KEY = "key"  # by a manifest, as a key of a secret or of a map


def asked_for(data: bytes, form: str) -> tuple[str, ...]:
    """What a text asks for: the way and the name. ``form``: as what it is read, "" for code."""
    found: set[str] = set()
    for prefix in filter(data.__contains__, _prefixes()):
        dollar, doubled, quoted, key = _patterns(prefix)
        if form == "yaml":
            found |= _marks(Way.FILE, dollar, data) | _marks(Way.CODE, doubled, data) | _marks(Way.KEY, key, data)
        elif form:
            found |= _marks(Way.CODE, dollar, data)
        else:
            found |= _marks(Way.CODE, quoted, data)
    return tuple(sorted(found))


def mark(way: Way, name: str) -> str:
    """How a summary notes that a variable is asked for."""
    return f"{way.value} {name}"


def _marks(way: Way, pattern: re.Pattern[bytes], data: bytes) -> set[str]:
    return {mark(way, name.decode("ascii", "replace")) for name in pattern.findall(data)}


@cache
def _prefixes() -> tuple[bytes, ...]:
    return tuple(row["prefix"].encode() for row in lookup("variable_schemes"))


@cache
def _patterns(prefix: bytes) -> tuple[re.Pattern[bytes], ...]:
    """For a shell, for one behind a program that takes a dollar away, in quotes, as a key."""
    name = b"(" + re.escape(prefix) + rb"\w+)"
    return (
        re.compile(rb"(?<!\$)\$\{?" + name),
        re.compile(rb"\$\$\{?" + name),
        re.compile(rb"[\"']" + name + rb"[\"']"),
        re.compile(rb"\bkey:\s*[\"']?" + name),
    )
