"""Values that have to be JSON on the target, and are none: found where they are written or named."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.scopes import Scope
from upgradecheck.readers.arguments import Arguments
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._json import Culprit, Json
from ._rows import Row, Table

_ENTRIES = "entries"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What gets such values, where some may be no JSON; objects of the table's classes are judged by themselves."""
    rows = [row for owner in rule.lines for row in Table(rule).of(owner)]
    held = frozenset(row.owner.rpartition(".")[2] for row in rows if row.cell("position"))
    for row in rows:
        names = frozenset(filter(None, (row.name, row.cell("position"))))
        inside = held if row.cell("holds") == _ENTRIES else frozenset()
        yield Beside(row.owner, Ask("_questions.may_be_no_json", (frozenset({row.owner}), names, inside)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments:
            row = _row(table, call, argument, scene.target)
            level = judge.severity(row.status(scene.target), call.runs) if row else None
            if row is None or level is None or argument.value is None or argument.name in call.kept:
                continue
            for name, culprit in _culprits(row, argument, scene, call):
                place = culprit.node if _within(culprit.node, call.node) else argument.node
                yield scene.finding(
                    rule, level, place, row.subject, _message(row, call, name, culprit, scene.target),
                    _advice(culprit), row.since(), _fix(call, culprit, scene),
                )  # fmt: skip

    return {Call: handler}


def _within(node: ast.AST, call: ast.AST) -> bool:
    """Whether a value stands in the call that fails, and not in a dictionary made before."""
    return any(part is node for part in ast.walk(call))


def _row(table: Table, call: Call, argument: Argument, target: str) -> Row | None:
    """The row about an argument, by name or by position, of the nearest ancestor that has one."""
    if argument.place is Place.ELSEWHERE:
        return None
    for owner in call.names:
        for row in table.of(owner):
            named = argument.name == row.name
            placed = call.direct and argument.name == "" and str(argument.position) == row.cell("position")
            if (named or placed) and row.status(target) != "ok":
                return row
    return None


def _culprits(row: Row, argument: Argument, scene: Scene, call: Call) -> Iterator[tuple[str, Culprit]]:
    """What is no JSON in an argument, each with the name of its entry."""
    assert argument.value is not None
    looked = Json(scene)
    if row.cell("holds") != _ENTRIES:
        yield from (("", found) for found in looked.culprits(argument.value, argument.scope, call.block))
        return
    given = list(_looped(argument.value, argument.scope, scene)) or [(argument.value, argument.scope)]
    for entry in (entry for value, scope in given for entry in Arguments(scene, scope).of_dict(value).found):
        if entry.value is not None:
            for found in looked.culprits(entry.value, entry.scope, call.block):
                yield entry.name, found


def _looped(value: ast.expr, scope: Scope, scene: Scene) -> Iterator[tuple[ast.expr, Scope]]:
    """What a loop gives a name, one after the other."""
    owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
    bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
    if owner and len(bindings) == 1:
        yield from scene.containers.looped(bindings[0].node, owner)


def _message(row: Row, call: Call, name: str, culprit: Culprit, target: str) -> str:
    what = f"`{row.label}({row.name}=)`"
    holds = f"in {what}, `{name}` is" if name else f"{what} is"
    at = "and the file does not load" if call.runs is Runs.IMPORT else f"when `{call.function}` runs"
    return f"{holds} {culprit.kind.what}, which is no JSON: Airflow {target} raises ParamValidationError, {at}"


def _advice(culprit: Culprit) -> str:
    if culprit.kind.new:
        return f"Write `{culprit.kind.new.format(value='…')}`, and make of it what you need in the task."
    return "Make it in the task; for templates, hand it over as one of the DAG's user_defined_macros."


def _fix(call: Call, culprit: Culprit, scene: Scene) -> Fix | NoFix:
    node, new = culprit.node, culprit.kind.new
    if not new:
        return NoFix("nothing that is JSON stands for it")
    text, plain = scene.text(node), isinstance(node, ast.Set) and not any(map(_is_starred, node.elts))
    text = f"[{text[1:-1]}]" if plain else new.format(value=text)
    caution = "code that reads it gets another type"
    return Fix(f"Write {new.format(value='…')}", "unsafe", "now", (scene.edit(node, text),), caution=caution)


def _is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)
