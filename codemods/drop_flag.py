"""An option of a command that is gone or has another name: wherever a file runs the command."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._commands import Run, apart, by_program, runs, started
from ._rename import when_runs
from ._rows import Row

_DROP = "drop"


triggers = started


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to commands."""
    rows = by_program(rule)

    def handler(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        for run in runs(use, rows):
            level = judge.severity(run.row.status(scene.target), use.runs or Runs.IMPORT)
            found = _given(run) if level else None
            if level and found:
                flag, before = found
                place = scene.source.span(flag.start, flag.end)
                yield scene.finding(
                    rule, level, place, f"{run.row.owner} {run.row.name}", _message(run.row, scene.target),
                    _advice(run.row), run.row.since(), _fix(run.row, flag, before, scene), use.runs or Runs.IMPORT,
                )  # fmt: skip

    return {ShellCommand: handler}


def _given(run: Run) -> tuple[Text, Text | None] | None:
    """The option's name where it is given (with the value that the row asks for), and the word before it."""
    before: Text | None = run.named[-1]
    for number, word in enumerate(run.rest):
        name, _, value = word.value.partition("=") if word is not None else ("", "", "")
        if word is not None and name == run.row.name:
            behind = run.rest[number + 1] if number + 1 < len(run.rest) else None
            given = value or (behind.value if behind is not None else "")
            if run.row.cell("value") in ("", given):
                return word.part(0, len(name)), before
        before = word
    return None


def _message(row: Row, target: str) -> str:
    what = f"{row.name} {row.cell('value')}".strip()
    if row.cell("new"):
        told = "warns" if row.status(target) == "warns" else "ends with an error"
        return f"`{row.owner} {what}` {told} in Airflow {target}: the option is `{row.cell('new')}` now"
    why = f": {row.cell('reason')}" if row.cell("reason") else ": it has no such option"
    return f"`{row.owner} {what}` ends with an error in Airflow {target}{why}"


def _advice(row: Row) -> str:
    new = f"Write `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{new}{row.cell('advice')}".strip() or "Leave it out."


def _fix(row: Row, flag: Text, before: Text | None, scene: Scene) -> Fix | NoFix:
    if row.cell("safety") == "none":
        return NoFix(row.cell("reason") or "nothing takes its place")
    if not flag.editable:
        return NoFix("it is not written in one piece")
    unsafe = row.cell("safety") == "unsafe"
    caution = row.cell("reason") if unsafe else ""
    if row.cell("form") != _DROP:
        when = when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version)
        edit = flag.edit(scene.document.name, row.cell("new"))
        return Fix(f"Write {row.cell('new')}", "unsafe" if unsafe else "safe", when, (edit,), caution=caution)
    if before is None or not apart(scene, before, flag):
        return NoFix("what stands around it has to stay: take it out by hand")
    edit = Edit(scene.document.name, before.end, flag.end, "")
    return Fix(f"Leave {row.name} out", "unsafe" if unsafe else "safe", "cutover", (edit,), caution=caution)
