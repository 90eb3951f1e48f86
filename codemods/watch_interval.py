"""A DAG that asks for the dates of its runs, or for which others wait, whose schedule makes other runs now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Trigger
from upgradecheck.model import Finding, Fix, Need, NoFix
from upgradecheck.occurrences import Argument, Call, ContextKey
from upgradecheck.python.constants import MANY, PLAIN
from upgradecheck.readers import contexts, templates
from upgradecheck.readers.dags import dags_of
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._inner import runs_in_another
from ._questions import interval_keys
from ._rename import Declined, is_free, when_runs
from ._rows import Row, Table
from ._schedules import chosen, kind_of, spelled_beside

_SHOWN = 4
_NEVER = frozenset({"NoneType", "str", MANY, PLAIN})  # as words tell of them; a value stands beside its type


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What makes a DAG, in files that give it an interval and ask for dates, or for which others wait."""
    table = Table(rule)
    kinds = {row.cell("schedules") for owner in rule.lines for row in table.of(owner)}
    for owner in rule.lines:
        names = frozenset(row.name for row in table.of(owner))
        never = _NEVER.union(spelled_beside(kinds))
        yield Beside(owner, Ask("_questions.dates_may_matter", (frozenset({owner}), names, never)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments:
            row = _row(table, call, argument, scene)
            level = row and judge.severity(row.status(scene.target), call.runs)
            if row and level and (uses := _uses(argument, scene)):
                since = f"since Airflow {row.since()} {row.cell('reason')}"
                message = f"`{row.name}`: {since}; on that depend {_listed(uses)}"
                found = scene.finding(
                    rule, level, argument.node, table.of(row.owner)[0].subject, message, row.cell("advice"),
                    row.since(), _fix(row, argument, scene),
                )  # fmt: skip
                yield replace(found, setting=row.cell("setting"), alone=True)

    return {Call: handler}


def _row(table: Table, call: Call, argument: Argument, scene: Scene) -> Row | None:
    """The row about this argument and this kind of schedule."""
    kind = kind_of(argument.value, argument.scope, scene) if argument.name else ""
    if not kind or argument.name in call.kept or runs_in_another(call, scene):
        return None
    rows = (row for name in call.names for row in table.of(name))
    return next((row for row in rows if row.name == argument.name and row.cell("schedules") == kind), None)


def _listed(uses: list[str]) -> str:
    more = f" and {len(uses) - _SHOWN} more" if len(uses) > _SHOWN else ""
    return f"{', '.join(uses[:_SHOWN])}{more}"


def _uses(argument: Argument, scene: Scene) -> list[str]:
    """Where this DAG asks for dates, and who waits for its runs; in words, each once."""
    dags = dags_of(scene)
    own = dags.around(scene.span(argument.node).line)
    found = [(key, line) for key, line in _keys(scene) if own is None or dags.around(line) in (own, None)]
    told = [f"`{key}` (line {line})" for key, line in sorted(dict(reversed(found)).items(), key=lambda one: one[1])]
    wanted = interval_keys()
    told += [f"`{key}` ({name})" for name, key in scene.project.rendered() if key in wanted]
    if own:
        told += [f"a sensor or marker in {file}" for file in scene.project.watchers(own)]
    return list(dict.fromkeys(told))


def _keys(scene: Scene) -> list[tuple[str, int]]:
    """Every key of a run's dates that the file asks for, with its line, in order."""
    if _keys not in scene.memory:
        wanted = frozenset(f"[{key}]" for key in interval_keys())
        uses = [*contexts.read(scene, wanted), *templates.read(scene, wanted)]
        keys = (use for use in uses if isinstance(use, ContextKey))
        scene.memory[_keys] = sorted(((use.key, scene.span(use.node).line) for use in keys), key=lambda one: one[1])
    return cast("list[tuple[str, int]]", scene.memory[_keys])


def _import(scene: Scene, place: int) -> ast.Import | ast.ImportFrom:
    """The import beside which the timetable's goes: the last of such a package that runs before. Raises
    `StopIteration`."""
    found = (node for node, _, block in scene.scopes.imports if block is scene.scopes.root)
    every = [node for node in found if scene.end(node) <= place]
    foreign = scene.project.foreign
    own = [n for n in every if isinstance(n, ast.ImportFrom) and (n.module or "").partition(".")[0] in foreign]
    return next(reversed(own or every))


def _fix(row: Row, argument: Argument, scene: Scene) -> Fix | NoFix:
    """The timetable that makes the runs of before."""
    module, _, name = row.cell("new").rpartition(".")
    value = argument.value
    if not name:
        return NoFix(row.cell("caution"))
    if value is not None and chosen(value, argument.scope):
        return NoFix("the schedule is a choice: each side of it needs its own timetable")
    if value is None or isinstance(value, ast.Constant | ast.Call | ast.Name) is False:
        return NoFix("what the schedule is, is not plain to see")
    if isinstance(value, ast.Constant) and not scene.text(value).startswith(("'", '"')):
        return NoFix("the schedule is written in another place")
    try:
        near = _import(scene, scene.start(value))
        if not is_free(scene, name, row.cell("new")):
            raise Declined(f"`{name}` means something else in this file")
    except (StopIteration, Declined) as reason:
        return NoFix(str(reason) or "there is no import to put another one beside")
    text = row.cell("write").format(scene.text(value))
    edits = (scene.edit(value, text),)
    need = Need(module, name, name, scene.start(near))
    when = when_runs(row.cell("new_2x"), "", scene.from_version)
    return Fix(f"Write {row.name}={text}", "unsafe", when, edits, (need,), caution=row.cell("caution"))
