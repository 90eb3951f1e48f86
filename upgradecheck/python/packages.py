"""Which packages a text names that says what is installed: requirements, images, scripts, pipelines.

A look at the text, not at its form: the answer keeps findings away ("it is installed already"), so it may say too
much and never has to be exact.
"""

from __future__ import annotations

import re
from functools import cache

from upgradecheck.rulebook.facts import lookup

_SETUP = ("setup.py",)


def required(data: bytes) -> tuple[str, ...]:
    """The packages of the families that the tables know, by themselves or as extras, and images that hold them;
    options of which it matters that somebody sets them."""
    found: set[str] = set()
    for prefix, named, extras in _patterns():
        if prefix in data.lower():
            found |= {_normal(name) for name in named.findall(data)}
        for group in extras.findall(data):
            found |= {_normal(prefix + extra.strip()) for extra in group.split(b",") if extra.strip()}
    found |= {row["image"] for row in lookup("full_images") if f"{row['image']}:".encode() in data}
    found |= {row["option"] for row in lookup("option_marks") if row["mark"].encode() in data}
    found |= {row["package"] for row in lookup("package_marks") if row["mark"].encode() in data}
    return tuple(sorted(found))


def declares(name: str) -> bool:
    """Whether a Python file of this name says what is installed."""
    return name.rpartition("/")[2] in _SETUP


@cache
def _patterns() -> tuple[tuple[bytes, re.Pattern[bytes], re.Pattern[bytes]], ...]:
    return tuple(
        (
            row["prefix"].encode(),
            re.compile(rb"(?i)" + re.escape(row["prefix"].encode()) + rb"[a-z0-9._-]*[a-z0-9]"),
            re.compile(rb"(?i)\b" + re.escape(row["extras_of"].encode()) + rb"\s*\[([^\]\n]*)\]"),
        )
        for row in lookup("package_families")
    )


def _normal(name: bytes) -> str:
    return re.sub(r"[-_.]+", "-", name.decode("ascii", "replace")).lower()
