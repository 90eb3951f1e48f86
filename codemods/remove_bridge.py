"""A bridge between two major versions that the project has crossed: its names, imported from where they are."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.linking.triggers import Named, Trigger
from upgradecheck.model import Finding, How, Severity
from upgradecheck.occurrences import SymbolUse
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

_TOLD = (How.IMPORT, How.ATTRIBUTE, How.STAR)


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Every bridge of the table."""
    yield Named(frozenset(rule.lines))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to uses of the rule's own symbols."""

    from ._move_fix import plan  # as in `move_symbol`

    def handler(use: SymbolUse, scene: Scene) -> Iterator[Finding]:
        hit = use.hit
        if hit.rule_id != rule.id or use.how not in _TOLD or not hit.row.new:
            return
        name = hit.symbol.rpartition(".")[2]
        yield scene.finding(
            rule, Severity.INFO, use.node, hit.symbol,
            f"`{hit.symbol}` bridges two major versions, and {scene.from_version} and {scene.target} are of one",
            f"Import `{name}` from where it is: `{hit.row.new}`.", "", plan(use, scene, rule),
        )  # fmt: skip

    return {SymbolUse: handler}
