"""A path of the webserver that the target has elsewhere: in an address that a command asks, or a probe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Probe, ShellCommand
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rename import when_runs
from ._rows import Row, Table

_ADDRESS = re.compile(r"https?://[^/\s:]+(?::(?P<port>\d+))?(?P<path>/[^\s?#\"']*)")


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: what Python code asks is not looked at."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to commands."""
    table = Table(rule)

    def command(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        for word in use.words if use.runs is None else ():
            for found in _ADDRESS.finditer(word.value) if word is not None else ():
                if word is not None:
                    part = word.part(*found.span("path"))
                    yield from _told(rule, table, part, found["port"], use.container, scene)

    def probe(use: Probe, scene: Scene) -> Iterator[Finding]:
        yield from _told(rule, table, use.path, use.port, use.container, scene)

    return {ShellCommand: command, Probe: probe}


def _told(
    rule: Rule, table: Table, path: Text, port: str | None, container: str, scene: Scene
) -> Iterator[Finding]:
    for row in table.of(path.value.rstrip("/")):
        level = judge.severity(row.status(scene.target), Runs.IMPORT)
        if level and row.name in ("", port) and (not container or re.search(row.cell("container"), container)):
            yield scene.finding(
                rule, level, scene.source.span(path.start, path.end), row.owner,
                f"`{row.owner}` is answered with 404 since Airflow {row.since()}",
                f"Ask for `{row.cell('new')}`.", row.since(), _fix(row, path, scene),
            )  # fmt: skip


def _fix(row: Row, text: Text, scene: Scene) -> Fix | NoFix:
    if not text.editable:
        return NoFix("it is not written in one piece")
    when = when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version)
    return Fix(f"Ask for {row.cell('new')}", "safe", when, (text.edit(scene.document.name, row.cell("new")),))
