"""An attribute or method that objects of a class no longer have: found where such an object is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Shared, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Member
from upgradecheck.python.callshape import MANY, OTHER, TEXT, UNPACKED, UNTOLD, entries
from upgradecheck.python.constants import SELF
from upgradecheck.python.kept import class_around
from upgradecheck.python.spelling import place
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._around import calls_of
from ._rename import when_runs
from ._rows import Row, Table

_NONE = "none"
_SAID = (TEXT, MANY, OTHER, UNTOLD)  # anything but None


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The members' names, with the calls that count."""
    for row in Table(rule).not_fine(target):
        given, unless = row.cell("given"), row.cell("unless")
        giving = entries((given, "0"), (UNTOLD,)).union(UNPACKED) if given else frozenset()
        lacking = entries((unless, "0"), _SAID).union(UNPACKED) if unless else frozenset()
        yield Shared(row.name, row.owner, giving, lacking)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to members of objects."""
    table = Table(rule)

    def handler(use: Member, scene: Scene) -> Iterator[Finding]:
        row = table.nearest(use.names, use.member, scene.target)
        level = row and judge.severity(_status(row, use, scene.target), use.runs)
        if row and level and not (_is_given(row, use, scene) or _is_own(use, scene)):
            yield scene.finding(
                rule, level, use.node, row.subject, _message(row, use, scene.target), _advice(row), row.since(),
                _fix(row, use, scene), use.runs if _in_template(use) else Runs.IMPORT,
            )  # fmt: skip

    return {Member: handler}


def _is_given(row: Row, use: Member, scene: Scene) -> bool:
    """Whether the call gives the argument that makes it fine."""
    argument = row.cell("unless")
    if argument and use.given is not None:
        given = dict(zip(use.given, use.values, strict=True))
        return any(given.get(name, _NONE) != _NONE for name in (argument, "0"))
    scope = use.reference.scope if use.reference else use.block.scope
    calls = calls_of(use.node, scope, scene) if argument else []
    several = [[k.value for k in call.keywords if k.arg in (argument, None)] + call.args[:1] for call in calls]
    return bool(argument) and all(any(not _is_none(value) for value in values) for values in several)


def _is_own(use: Member, scene: Scene) -> bool:
    """Whether a class puts something of its own there, which it reads itself."""
    around = class_around(use.reference.block) if use.store and use.reference else ""
    return bool(around) and any(
        not one.store
        and one.root == SELF
        and one.attributes[:1] == (use.member,)
        and class_around(one.block) == around
        for one in scene.scopes.references
    )


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _status(row: Row, use: Member, target: str) -> str:
    """Setting what is gone does not fail: it does nothing."""
    status = row.status(target)
    return "changed" if use.store and status == "broken" else status


def _message(row: Row, use: Member, target: str) -> str:
    status, what = row.status(target), f"`{row.label}.{row.name}`"
    if status == "warns":
        return f"{what} is deprecated since Airflow {row.since()}: on {target} it works, with a warning"
    if status == "changed":
        return f"{what} is another thing since Airflow {row.since()}: {row.cell('reason')}"
    if use.store:
        return f"{what} is gone in Airflow {target}: setting it has no effect"
    where = "when the file is loaded" if use.runs is Runs.IMPORT else f"when `{use.function}` runs"
    if _in_template(use):
        return f"{what} is gone in Airflow {target}: the template is not rendered, and the task fails"
    return f"{what} is gone in Airflow {target}: reaching it raises AttributeError {where}"


def _in_template(use: Member) -> bool:
    return isinstance(use.node, ast.Constant)


def _advice(row: Row) -> str:
    new = row.cell("new")
    return f"{f'Use `{new}`. ' if new else ''}{row.cell('advice')}".strip() or "Do without it."


def _fix(row: Row, use: Member, scene: Scene) -> Fix | NoFix:
    new, safety = row.cell("new"), row.cell("safety")
    if not new or safety == "none":
        return NoFix(row.cell("reason") or "nothing takes its place")
    reference = use.reference
    whole = (scene.start(use.node), scene.end(use.node))
    found = place(scene.source, scene.scopes, reference, use.node) if reference else whole
    if found is None or not scene.source.text.endswith(use.member, *found):
        return NoFix("where the name stands cannot be told")
    start, end = found[1] - len(use.member), found[1]
    return Fix(
        f"Use {new}", "safe" if safety == "safe" else "unsafe",
        when_runs(row.cell("new_2x"), row.cell("new_from"), scene.from_version),
        (Edit(scene.document.name, start, end, new),), caution=row.cell("reason") if safety != "safe" else "",
    )  # fmt: skip
