"""A value of an option that the target does not take, or takes for something else: in any format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Option, Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs, Safety
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rename import when_runs
from ._settings import Setting, rows, setting, told_by
from ._values import Hit, values

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: what Python code sets is not looked at."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to options and variables."""

    def handler(use: Variable | Option, scene: Scene) -> Iterator[Finding]:
        found = setting(use)
        option = rows().get((found.section, found.option)) if found else None
        if found is None or (option and option.status(scene.target) != FINE):
            return  # the option itself has to be written anew, its value with it
        hits = list(values(found.section, found.option, found.value))
        if not hits and told_by(rule, "") and found.value is not None:
            yield from _named(rule, found, found.value, scene)
        for hit in hits:
            row = hit.row
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            if level and told_by(rule, row.rule):
                place = scene.source.span(hit.text.start, hit.text.end)
                yield scene.finding(
                    rule, level, place, f"{row.section}.{row.option}", _message(hit, scene.target), _advice(hit),
                    row.since, _fix(hit, scene),
                )  # fmt: skip

    return {Variable: handler, Option: handler}


def _named(rule: Rule, found: Setting, text: Text, scene: Scene) -> Iterator[Finding]:
    """A class or module that the value names, and that the target does not have there."""
    dotted = text.value.strip()
    known = _DOTTED.fullmatch(dotted) and dotted.partition(".")[0] in scene.symbols.packages
    hit = scene.symbols.find(dotted) if known else None
    level = judge.severity(hit.status, Runs.IMPORT) if hit else None
    if hit is None or level is None:
        return
    new = hit.row.new if hit.symbol == dotted else ""
    write = f"Write `{new}`. " if new else ""
    comes = f"It comes with {hit.row.provider}." if new and hit.row.provider else ""
    advice = f"{write}{comes}".strip() or hit.advice or "Name something that the target has."
    what = "is gone" if hit.status == "broken" else "is deprecated"
    yield scene.finding(
        rule, level, scene.source.span(text.start, text.end), f"{found.section}.{found.option}",
        f"`{dotted}` {what} since Airflow {hit.since}: `[{found.section}] {found.option}` names it",
        advice, hit.since,
        NoFix("that it takes the same settings there, a person has to see"),
    )  # fmt: skip


def _message(hit: Hit, target: str) -> str:
    row = hit.row
    what = f"`{row.value}`" if row.value else "what stands here"
    if row.status(target) == "warns":
        return f"{what} is out of date for `[{row.section}] {row.option}` since Airflow {row.since}: {row.reason}"
    return f"{what} is not what `[{row.section}] {row.option}` takes since Airflow {row.since}: {row.reason}"


def _advice(hit: Hit) -> str:
    row = hit.row
    write = f"Write `{row.new}`. " if row.new else ""
    return f"{write}{row.advice}".strip() or "Set it to something that the target takes."


def _fix(hit: Hit, scene: Scene) -> Fix | NoFix:
    row = hit.row
    if row.safety == "none":
        return NoFix("what takes its place, a person decides")
    if not hit.text.editable:
        return NoFix("it is not written in one piece")
    when = when_runs(row.new_2x, row.new_from, scene.from_version)
    unsafe = row.safety == "unsafe"
    safety: Safety = "unsafe" if unsafe else "safe"
    edit = hit.text.edit(scene.document.name, row.new)
    return Fix(f"Write {row.new}", safety, when, (edit,), caution=row.reason if unsafe else "")
