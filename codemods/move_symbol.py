"""A name that moved, was renamed, changed or went: found at each use, its import and uses rewritten."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Tabled, Trigger
from upgradecheck.model import Finding, How, Runs, Severity
from upgradecheck.occurrences import SymbolUse
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import Hit
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

_FAILS = {
    (How.IMPORT, False): "this import fails, and with it every file that imports this one",
    (How.IMPORT, True): "this import fails when `{function}` runs",
    (How.STAR, False): "this star import no longer brings it",
    (How.ATTRIBUTE, False): "reaching it fails when the file is loaded",
    (How.ATTRIBUTE, True): "reaching it fails when `{function}` runs",
    (How.DYNAMIC, False): "looking it up by this string fails when the file is loaded",
    (How.DYNAMIC, True): "looking it up by this string fails when `{function}` runs",
}
_TYPING = "type checkers no longer find it"
_STRING = "what looks it up by this string fails"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Every name of the table that is not fine on the target."""
    yield Tabled()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to uses of the rule's own symbols."""

    from ._as_module import failing  # a start without findings does without
    from ._fails import FAILS
    from ._move_fix import plan

    def handler(use: SymbolUse, scene: Scene) -> Iterator[Finding]:
        if use.hit.rule_id != rule.id:
            return
        failed = failing(use, scene) if use.hit.status == "changed" else None
        severity = Severity.ERROR if failed else judge.severity(use.hit.status, use.runs)
        if severity is not None:
            subject = _subject(use)
            message = _message(use, subject, scene.target)
            if failed:
                where, runs = failed
                message = f"{message}; line {where.nodes[-1].lineno} asks of it what no module does: {FAILS[runs]}"
            yield scene.finding(
                rule, severity, use.node, subject, message, _advice(use.hit), use.hit.since, plan(use, scene, rule)
            )

    return {SymbolUse: handler}


def _subject(use: SymbolUse) -> str:
    """The row's symbol; below a module that is gone, the name that the code asks for."""
    return use.name if use.hit.row.kind == "module" and use.how is not How.STAR else use.hit.symbol


def _message(use: SymbolUse, subject: str, target: str) -> str:
    hit = use.hit
    if hit.status == "warns":
        return f"`{subject}` is deprecated since Airflow {hit.since}: on {target} it still works, with a warning"
    if hit.status == "changed":
        why = hit.row.reason or "not what code written for 2.x expects"
        return f"`{subject}` hands back another object since Airflow {hit.since}: {why}"
    whole_star = use.how is How.STAR and use.reference is None
    how = How.IMPORT if whole_star else use.how
    fails = _TYPING if use.runs is Runs.TYPING else _FAILS.get((how, use.runs.later), _STRING)
    gone = f"`{subject}` is gone in Airflow {target}"
    if use.hit.symbol != subject:
        gone = f"`{subject}` is gone in Airflow {target}, with all of `{hit.symbol}`"
    return f"{gone}: {fails.format(function=use.function)}"


def _advice(hit: Hit) -> str:
    row = hit.row
    if not row.new:
        return hit.advice or "Nothing replaces it: take the code that needs it out, or keep a copy of your own."
    advice = f"Use `{row.new.replace(':', '.')}`"
    if row.fallback:
        advice += f", and `{row.fallback}` where it cannot be imported"
    if row.provider:
        advice += f" (requires {row.provider}{'>=' + row.provider_min if row.provider_min else ''})"
    return f"{advice}. {row.advice}".strip().replace(". .", ".") if row.advice else f"{advice}."
