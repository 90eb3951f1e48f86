"""A table or column of the metadata database that SQL names, and that has another name, or none, on the target."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.sql import Query
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import when_runs
from ._rows import Row, Table

_WHOLE = "*"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The tables."""
    yield from dict.fromkeys(f"%{row.owner}" for row in Table(rule).not_fine(target))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to queries."""
    table = Table(rule)

    def handler(query: Query, scene: Scene) -> Iterator[Finding]:
        for row in (row for name in sorted(query.tables) for row in table.of(name)):
            word = row.owner if row.name == _WHOLE else row.name
            level = judge.severity(row.status(scene.target), query.runs)
            if level and word in query.places:
                start = query.places[word]
                yield scene.finding(
                    rule, level, scene.source.span(start, start + len(word)), _subject(row), _message(row),
                    _advice(row), row.since(), _fix(row, word, start, scene), query.runs,
                )  # fmt: skip

    return {Query: handler}


def _subject(row: Row) -> str:
    return row.owner if row.name == _WHOLE else f"{row.owner}.{row.name}"


def _message(row: Row) -> str:
    new = row.cell("new")
    what = f"is called `{new}`" if new else "is gone"
    where = f"in the metadata database since Airflow {row.since()}: {row.cell('reason')}"
    return f"`{_subject(row)}` {what} {where}; a query of that database fails"


def _advice(row: Row) -> str:
    new = row.cell("new")
    return f"{f'Write `{new}`. ' if new else ''}{row.cell('advice')}".strip()


def _fix(row: Row, word: str, start: int, scene: Scene) -> Fix | NoFix:
    new = row.cell("new")
    if not new:
        return NoFix(row.cell("reason"))
    edit = Edit(scene.document.name, start, start + len(word), new)
    when = when_runs("", "", scene.from_version)
    return Fix(f"Write {new}", "unsafe", when, (edit,), caution=row.cell("reason"))
