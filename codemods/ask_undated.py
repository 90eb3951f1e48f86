"""A key of the context that a run without a logical date does not have, asked for where all runs are such runs."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.facts import Rule
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Access, ContextKey
from upgradecheck.scene import Scene
from upgradecheck.triggers import Owned, Trigger
from upgradecheck.verbs import Handler

from ._rows import Row, Table
from ._undated import BY_ASSETS, assets, starts
from .replace_key import OWNER, happens, status_of


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The keys, in files that use assets."""
    keys = [f"[{row.name}]" for row in Table(rule).not_fine(target)]
    yield from (Owned(key, owner) for key in keys for owner in sorted(assets()))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to keys."""
    table = Table(rule)

    def handler(use: ContextKey, scene: Scene) -> Iterator[Finding]:
        row = table.nearest([OWNER], use.key, scene.target)
        if row is None or use.access is Access.TESTED or set(starts(scene)) != {BY_ASSETS}:
            return
        level = judge.severity(status_of(row, use, scene.target), use.runs)
        if level:
            yield scene.finding(
                rule, level, use.node, use.key, _message(row, use), row.cell("advice"), row.since(),
                NoFix(row.cell("reason")), use.runs,
            )  # fmt: skip

    return {ContextKey: handler}


def _message(row: Row, use: ContextKey) -> str:
    start = "this DAG's runs are started by assets, and since Airflow"
    return f"{start} {row.since()} such a run has no `{row.name}`: {happens(use)}"
