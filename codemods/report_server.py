"""A database server in a deployment that the target does not run on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Image
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table

_VERSION = re.compile(r"(\d+)(?:\.\d+)?")


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code names no images."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to images, and to engines with their versions."""
    table = Table(rule)

    def handler(use: Image, scene: Scene) -> Iterator[Finding]:
        name = re.split(r"[/-]", use.name.value)[-1]
        row = _row(table.of(name), use.tag.value if use.tag else "")
        level = judge.severity(row.status(scene.target), Runs.IMPORT) if row else None
        if row and level:
            text = use.tag or use.name
            yield scene.finding(
                rule, level, scene.source.span(text.start, text.end), f"{name} {row.name}".strip(),
                f"`{_label(use)}`: Airflow {scene.target} does not run on it, if it holds the metadata database",
                row.cell("advice"), row.since(), NoFix("its data has to move"),
            )  # fmt: skip

    return {Image: handler}


def _row(rows: tuple[Row, ...], tag: str) -> Row | None:
    """The row about a version: all of it, or its first number; about any version, where the row names none."""
    found = _VERSION.match(tag)
    versions = ("", found[0], found[1]) if found else ("",)
    return next((row for row in rows if row.name in versions), None)


def _label(use: Image) -> str:
    return f"{use.name.value}:{use.tag.value}" if use.tag else use.name.value
