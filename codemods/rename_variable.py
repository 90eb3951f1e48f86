"""A variable of an image, or a key of a chart, that has another name, or none, on the target."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import when_runs
from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: what Python code sets is not looked at."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to variables."""
    table = Table(rule)

    def handler(use: Variable, scene: Scene) -> Iterator[Finding]:
        for row in table.of(use.name.value):
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            if level and _counts(row, use, scene):
                place = scene.source.span(use.name.start, use.name.end)
                yield scene.finding(
                    rule, level, place, row.owner, _message(row, scene.target), _advice(row), row.since(),
                    _fix(row, use, scene),
                )  # fmt: skip

    return {Variable: handler}


def _counts(row: Row, use: Variable, scene: Scene) -> bool:
    """Whether it is set to what the row is about, and nothing that is installed makes up for it."""
    if row.cell("provider") and scene.project.requires(row.cell("provider")):
        return False
    return row.cell("value") in ("", use.value.value if use.value else "")


def _message(row: Row, target: str) -> str:
    what = f"{row.owner}={row.cell('value')}" if row.cell("value") else row.owner
    why = f": {row.cell('reason')}" if row.cell("reason") else ""
    if row.cell("new") and not row.cell("value"):
        return f"`{what}` is called `{row.cell('new')}` since Airflow {row.since()}{why}"
    return f"`{what}` does nothing as it stands since Airflow {row.since()}{why}"


def _advice(row: Row) -> str:
    new = f"Write `{row.cell('new')}`. " if row.cell("new") else ""
    return f"{new}{row.cell('advice')}".strip() or "Take it out."


def _fix(row: Row, use: Variable, scene: Scene) -> Fix | NoFix:
    text = use.value if row.cell("value") else use.name
    if row.cell("safety") == "none":
        return NoFix(row.cell("reason"))
    if text is None or not text.editable or (text is use.name and row.cell("new") in use.beside):
        return NoFix("it is not written in one piece, or set under its new name beside it")
    when = when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version)
    unsafe = row.cell("safety") == "unsafe"
    edit = text.edit(scene.document.name, row.cell("new"))
    return Fix(
        f"Write {row.cell('new')}", "unsafe" if unsafe else "safe", when, (edit,),
        caution=row.cell("reason") if unsafe else "",
    )  # fmt: skip
