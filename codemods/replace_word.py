"""A name that other programs know, and that nobody sets any more: found in strings and in files of other kinds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Word
from upgradecheck.python.scopes import last_name
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._around import parents
from ._fails import FAILS
from ._rename import when_runs
from ._rows import Row, Table

_OWNER = "environment"
_READ = "read"  # it stays, with another value
_READERS = {"get", "getenv", "pop"}


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names."""
    yield from (row.name for row in Table(rule).not_fine(target))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to words."""
    table = Table(rule)

    def handler(use: Word, scene: Scene) -> Iterator[Finding]:
        row = table.nearest([_OWNER], use.word, scene.target)
        level = row and judge.severity(_status(row, use, scene), use.runs)
        if row and level and _counts(row, use, scene):
            message = _message(row, use, scene)
            yield scene.finding(
                rule, level, use.span, row.name, message, _advice(row), row.since(), _fix(row, use, scene),
                Runs.TASK,
            )  # fmt: skip

    return {Word: handler}


def _counts(row: Row, use: Word, scene: Scene) -> bool:
    """Whether to tell of it here: not beside the new name; of one that is hidden, where it is read."""
    if row.cell("form") == _READ:
        return use.runs in FAILS and use.node is not None and _is_read(use, scene)
    return not (row.cell("new") and row.cell("new") in scene.source.text)


def _is_read(use: Word, scene: Scene) -> bool:
    """Whether code asks for the variable, or a command in a string spells its value."""
    parent = parents(scene).get(use.node) if use.node is not None else None
    asked = isinstance(parent, ast.Call) and last_name(parent.func) in _READERS and use.node in parent.args[:1]
    spelled = scene.source.text[: use.start].endswith(("$", "${"))
    return asked or spelled or _is_asked(use, scene)


def _message(row: Row, use: Word, scene: Scene) -> str:
    if row.cell("form") == _READ:
        return f"`{row.name}` {row.cell('reason')} since Airflow {row.since()}"
    return f"`{row.name}` is not set any more since Airflow {row.since()}: {_happens(use, scene)}"


def _is_asked(use: Word, scene: Scene) -> bool:
    """Whether a subscript asks for it, which raises."""
    parent = parents(scene).get(use.node) if use.node is not None else None
    return isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)


def _status(row: Row, use: Word, scene: Scene) -> str:
    status = row.status(scene.target)
    return "broken" if status == "changed" and _is_asked(use, scene) else status


def _happens(use: Word, scene: Scene) -> str:
    return "this raises KeyError in a task" if _is_asked(use, scene) else "it is empty, and nobody hears of it"


def _advice(row: Row) -> str:
    new = row.cell("new")
    return f"{f'Write `{new}`. ' if new else ''}{row.cell('advice')}".strip()


def _fix(row: Row, use: Word, scene: Scene) -> Fix | NoFix:
    new = row.cell("new")
    if not new:
        return NoFix(row.cell("reason"))
    edit = Edit(scene.document.name, use.start, use.start + len(use.word), new)
    when = when_runs(row.cell("new_2x"), "", scene.from_version)
    safe = row.cell("safety") == "safe"
    return Fix(
        f"Write {new}", "safe" if safe else "unsafe", when, (edit,), caution="" if safe else row.cell("reason")
    )
