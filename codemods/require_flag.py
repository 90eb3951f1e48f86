"""A command whose output lacks something on the target unless an option asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._commands import Run, by_program, runs, started

triggers = started


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to commands."""
    rows = by_program(rule)

    def handler(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        for run in runs(use, rows):
            row = run.row
            level = judge.severity(row.status(scene.target), use.runs or Runs.IMPORT)
            if level and _read(run):
                place = scene.source.span(run.named[0].start, run.named[-1].end)
                yield scene.finding(
                    rule, level, place, row.owner,
                    f"`{row.owner}` hides values since Airflow {row.since()}: what reads its output gets stars",
                    f"Add `{row.name}` where the values are needed.", row.since(), _fix(run, scene),
                    use.runs or Runs.IMPORT,
                )  # fmt: skip

    return {ShellCommand: handler}


def _read(run: Run) -> bool:
    """Whether the output is meant for a program, and the option is not given."""
    given = {word.value.partition("=")[0] for word in run.rest if word is not None}
    return run.row.name not in given and not given.isdisjoint(run.row.cell("given").split())


def _fix(run: Run, scene: Scene) -> Fix | NoFix:
    last = run.named[-1]
    if run.program is None or not last.editable or scene.source.text[last.end : last.end + 1] != " ":
        return NoFix("its words are not written as a line of a shell")
    edit = Edit(scene.document.name, last.end, last.end, f" {run.row.name}")
    return Fix(f"Add {run.row.name}", "unsafe", "cutover", (edit,), caution=run.row.cell("reason"))
