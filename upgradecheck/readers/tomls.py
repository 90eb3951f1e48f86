"""Requirements in ``pyproject.toml`` (of the project, of its groups, of poetry) and in a ``Pipfile``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tomli
from packaging.utils import canonicalize_name

from upgradecheck.linking.deployment import Requirement
from upgradecheck.readers.requirements import python, python_keys, requirement
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source, Unreadable
from upgradecheck.texts.texts import Text, plain
from upgradecheck.texts.tomlpackages import named


def parse(source: Source) -> dict[str, Any]:
    """The file's tables. Raises `Unreadable`."""
    try:
        return tomli.loads(source.text)
    except tomli.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"at line (\d+)", str(error))) else 0
        raise Unreadable(f"it is no valid TOML ({error})", "correct it, or exclude it", line) from error


def read(page: Page, content: dict[str, Any]) -> Iterator[Requirement]:
    """All requirements that the file lists."""
    at: dict[str, int] = {}
    for value in _listed(content):
        for quote in ('"', "'"):
            written = f"{quote}{value}{quote}"
            start = page.source.text.find(written, at.get(written, 0))
            if start >= 0:
                at[written] = start + 1
                yield from requirement(plain(page.source.text, start + 1, start + 1 + len(value)))
                break
    for name, specifier in _pythons(content):
        if found := re.search(rf"(?m)^\s*{name}\s*=\s*[\"']({re.escape(specifier)})[\"']", page.source.text):
            yield from python(plain(page.source.text, *found.span(1)), bare=specifier[:1].isdigit())
    for name, specifier in named(content):
        key = re.search(rf"(?m)^\s*[\"']?({re.escape(name)})[\"']?\s*=", page.source.text)
        if key:
            place = Text(name, *key.span(1))
            yield Requirement(canonicalize_name(name), (), specifier, place)


def _listed(content: dict[str, Any]) -> Iterator[str]:
    """Requirements that are written as such."""
    project = content.get("project", {})
    groups = [project.get("dependencies", [])] if isinstance(project, dict) else []
    for table in (project.get("optional-dependencies", {}), content.get("dependency-groups", {})):
        groups += list(table.values()) if isinstance(table, dict) else []
    for group in groups:
        yield from (value for value in group if isinstance(value, str)) if isinstance(group, list) else ()


def _pythons(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the project and a Pipfile say of the Python that they need."""
    for table in (content.get("project"), content.get("requires")):
        for key, value in table.items() if isinstance(table, dict) else ():
            if key in python_keys() and isinstance(value, str):
                yield key, value
