"""Packages that are keys of a table with a version, as poetry and pipenv write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tomli

_POETRY = re.compile(r"\^(\d+)(?:\.(\d+))?[\d.]*")
_TABLES = ("dependencies", "dev-dependencies", "packages", "dev-packages")


def requirements(text: str) -> list[str]:
    """These packages of a file, written as pip would; none of a broken one."""
    try:
        return [f"{name}{specifier}" for name, specifier in named(tomli.loads(text))]
    except tomli.TOMLDecodeError:
        return []


def named(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and specifier of each."""
    poetry = content.get("tool", {}).get("poetry", {})
    tables = [content.get(name) for name in _TABLES] + [poetry.get(name) for name in _TABLES]
    tables += [group.get("dependencies") for group in poetry.get("group", {}).values() if isinstance(group, dict)]
    for table in tables:
        for name, value in table.items() if isinstance(table, dict) else ():
            version = value.get("version") if isinstance(value, dict) else value
            if isinstance(version, str):
                yield name, _specifier(version)


def _specifier(version: str) -> str:
    """Poetry's caret, and a bare version, as pip would write them."""
    if found := _POETRY.fullmatch(version.strip()):
        major = int(found[1])
        top = f"{major + 1}" if major else f"0.{int(found[2] or 0) + 1}"
        return f">={version.strip()[1:]},<{top}"
    bare = version.strip()
    if bare == "*":
        return ""
    return f"=={bare}" if bare[:1].isdigit() else bare
