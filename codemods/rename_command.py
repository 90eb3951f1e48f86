"""A command that is gone, has another name, or comes with another package: wherever a file runs it."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._commands import Run, by_program, runs, started, written_anew
from ._rename import when_runs
from ._rows import Row

triggers = started


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to commands."""
    rows = by_program(rule)

    def handler(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        for run in runs(use, rows):
            row = run.row
            level = judge.severity(row.status(scene.target), use.runs or Runs.IMPORT)
            if not level or (row.cell("provider") and scene.project.requires(row.cell("provider"))):
                continue
            place = scene.source.span(run.named[0].start, run.named[-1].end)
            yield scene.finding(
                rule, level, place, row.owner, _message(row, scene.target), _advice(row), row.since(),
                _fix(run, scene), use.runs or Runs.IMPORT,
            )  # fmt: skip

    return {ShellCommand: handler}


def _message(row: Row, target: str) -> str:
    if row.cell("provider"):
        return f"`{row.owner}` is no command of Airflow {target} itself: {row.cell('reason')}"
    what = f"is `{row.cell('new')}` now" if row.cell("new") else f"is gone: {row.cell('reason')}"
    return f"`{row.owner}` ends with an error in Airflow {target}: it {what}"


def _advice(row: Row) -> str:
    new = f"Write `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{new}{row.cell('advice')}".strip() or "Do without it."


def _fix(run: Run, scene: Scene) -> Fix | NoFix:
    row = run.row
    if row.cell("safety") == "none":
        return NoFix(row.cell("reason") or "nothing takes its place")
    made = written_anew(run, row.cell("new"), scene)
    flags = _flags(run, scene)
    if isinstance(made, str) or isinstance(flags, str):
        return NoFix(made if isinstance(made, str) else str(flags))
    when = when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version)
    unsafe = row.cell("safety") == "unsafe"
    return Fix(
        f"Write {row.cell('new')}", "unsafe" if unsafe else "safe", when, (*made, *flags),
        caution=row.cell("reason") if unsafe else "",
    )  # fmt: skip


def _flags(run: Run, scene: Scene) -> tuple[Edit, ...] | str:
    """Its options under the names that the successor has for them, where that is another command."""
    known = {r["flag"]: r["new"] for r in lookup("successor_flags") if r["command"] == run.row.owner}
    edits = []
    for word in run.rest if known else ():
        flag = word.value.partition("=")[0] if word is not None else ""
        if word is None or not flag.startswith("-"):
            continue
        if flag not in known:
            return f"{run.row.cell('new')} has no {flag}"
        part = word.part(0, len(flag))
        if known[flag] != flag and not part.editable:
            return "its options are not written in one piece"
        if known[flag] != flag:
            edits.append(part.edit(scene.document.name, known[flag]))
    return tuple(edits)
