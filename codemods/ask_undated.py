"""A key of the context that a run without a logical date does not have, asked for where all runs are such runs."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Owned, Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import Access, Call, ContextKey, Form
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import callables
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rows import Row, Table
from ._undated import BY_ASSETS, assets, by_assets, schedule_of, starts
from .replace_key import OWNER, happens, status_of

_START = "this DAG's runs are started by assets, and since Airflow"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The keys, in files that use assets."""
    keys = [f"[{row.name}]" for row in Table(rule).not_fine(target)]
    yield from (Owned(key, owner) for key in keys for owner in sorted(assets()))
    ask = Ask("_questions.renders", (frozenset(key[1:-1] for key in keys),))
    yield from (Beside(owner, ask) for owner in sorted(assets()))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to keys."""
    table = Table(rule)

    def handler(use: ContextKey, scene: Scene) -> Iterator[Finding]:
        row = table.nearest([OWNER], use.key, scene.target)
        if row is None or use.access is Access.TESTED or not by_assets(scene, use.node, use.function):
            return
        level = judge.severity(status_of(row, use, scene.target), use.runs)
        if level:
            yield scene.finding(
                rule, level, use.node, use.key, _message(row, use), row.cell("advice"), row.since(),
                NoFix(row.cell("reason")), use.runs,
            )  # fmt: skip

    def of_dag(call: Call, scene: Scene) -> Iterator[Finding]:
        schedule = schedule_of(call) if call.form in (Form.CALL, Form.DECORATOR) else None
        if schedule is None or callables("dag_callables").keys().isdisjoint(call.names):
            return
        for template, key in scene.project.rendered() if set(starts(scene)) == {BY_ASSETS} else ():
            row = table.nearest([OWNER], key, scene.target)
            level = row and judge.severity("changed" if row.status(scene.target) == "broken" else "ok", call.runs)
            if row and level:
                message = f"{_START} {row.since()} such a run has no `{key}`, for which {template} asks"
                yield scene.finding(
                    rule, level, schedule.node, key, message, row.cell("advice"), row.since(),
                    NoFix(row.cell("reason")), Runs.TASK,
                )  # fmt: skip

    return {ContextKey: handler, Call: of_dag}


def _message(row: Row, use: ContextKey) -> str:
    return f"{_START} {row.since()} such a run has no `{row.name}`: {happens(use)}"
