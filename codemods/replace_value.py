"""A value of an argument that is not valid any more, or means another thing: found, and replaced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.parameters import possible
from upgradecheck.linking.triggers import Owned, Trigger
from upgradecheck.linking.values import UNKNOWN
from upgradecheck.model import Edit, Finding, Fix, Runs
from upgradecheck.occurrences import Argument, Call, Form, Place
from upgradecheck.python.argumenttext import key_place, without
from upgradecheck.python.constants import given
from upgradecheck.python.spelling import literal
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._arguments import attempt
from ._holder import editable
from ._names import names_at
from ._rename import Declined, when_runs
from ._rows import Row, Table

_ANY = "*"
_TYPES: dict[str, type] = {"str": str}  # any value of a type; entries of defaults are converted before
_OTHER = re.compile(r"([a-z]\w*)=(.+)")  # another argument takes the place of this one


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The arguments' names, with the values that count."""
    for row in Table(rule).not_fine(target):
        yield from (Owned(word, row.owner) for word in _words(row.name, row.cell("old")))


def _words(name: str, old: str) -> Iterator[str]:
    """How a file that gives such a value tells of it."""
    if old == _ANY:
        yield name
        return
    yield f"{name}="
    if old in _TYPES:
        yield f"{name}={old}"
    elif _dotted(old):
        yield f"{name}=.{old.rpartition('.')[2]}"
    else:
        yield given(name, ast.literal_eval(old))[-1]


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments:
            if argument.value is None or argument.name in call.kept or argument.place is Place.ELSEWHERE:
                continue
            row = _row(table, call, argument, scene)
            level = row and judge.severity(row.status(scene.target), call.runs)
            if row and level:
                yield scene.finding(
                    rule, level, argument.value, f"{row.label}.{row.name}", _message(row, scene.target, call.runs),
                    row.cell("advice") or _advice(row), row.since(),
                    attempt(_replaced, row, call, argument, scene),
                )  # fmt: skip

    return {Call: handler}


def _row(table: Table, call: Call, argument: Argument, scene: Scene) -> Row | None:
    """The row about this value, of the nearest ancestor that has one; one about any value comes last."""
    for name in call.names:
        rows = [row for row in table.of(name) if row.name == argument.name]
        for row in sorted(rows, key=lambda row: row.cell("old") == _ANY):
            converted = row.cell("old") in _TYPES and call.form is Form.DEFAULTS
            if not converted and (row.cell("old") == _ANY or _is(row.cell("old"), argument, scene)):
                told = row.status(scene.target) in ("broken", "warns", "changed") and not _is_same(row, call)
                return row if told else None
    return None


def _is_same(row: Row, call: Call) -> bool:
    """Whether the value comes to what happens without it: only beside another argument does it not."""
    other = row.cell("beside")
    return bool(other) and not call.open and all(argument.name != other for argument in call.arguments)


def _is(old: str, argument: Argument, scene: Scene) -> bool:
    """Whether an argument's value is the one of the table: a literal, or a dotted name."""
    assert argument.value is not None
    if _dotted(old):
        return old in names_at(argument.value, argument.scope, scene)
    return any(_fits(old, value) for value in _possible(argument, scene))


def _possible(argument: Argument, scene: Scene) -> list[object]:
    """All that an argument may be; `UNKNOWN` stands for anything."""
    if isinstance(argument.value, ast.Constant):
        return [argument.value.value]
    return possible(scene, argument.value, argument.scope) if argument.value else [UNKNOWN]


def _fits(old: str, value: object) -> bool:
    """Whether a value is the table's: a literal, or any of a type."""
    if value is UNKNOWN or old in _TYPES:
        return isinstance(value, _TYPES.get(old, ()))
    expected = ast.literal_eval(old)
    return type(value) is type(expected) and value == expected


def _dotted(old: str) -> bool:
    return old.partition(".")[0].isidentifier() and "." in old


def _advice(row: Row) -> str:
    return f"Write `{row.cell('new')}`." if row.cell("new") else "Write what takes its place."


def _message(row: Row, target: str, runs: Runs) -> str:
    old = row.cell("old")
    shown = old.rpartition(".")[2] if _dotted(old) else old
    what = f"`{row.name}`" if old == _ANY or old in _TYPES else f"`{row.name}={shown}`"
    status, since = row.status(target), row.since()
    if status == "warns":
        return f"{what} of `{row.label}` is deprecated since Airflow {since}: on {target} it works, with a warning"
    if status == "changed":
        return f"{what} of `{row.label}` means another thing since Airflow {since}: {row.cell('reason')}"
    why = row.cell("reason") or "the call fails"
    loads = ", and the file does not load" if runs is Runs.IMPORT else ""
    return f"{what} of `{row.label}` is not valid in Airflow {target}: {why}{loads}"


def _replaced(row: Row, call: Call, argument: Argument, scene: Scene) -> Fix:
    new, value = row.cell("new"), argument.value
    if row.cell("safety") == "none" or value is None:
        raise Declined(row.cell("reason") or "nothing takes its place")
    editable(scene, call, argument, row)
    unsafe = row.cell("safety") == "unsafe"
    when = when_runs(row.cell("new_2x"), "", scene.from_version)
    other = _OTHER.fullmatch(new)
    edits = _other(argument, call, scene, *other.groups()) if other else (_edit(row, argument, value, scene),)
    caution = row.cell("reason") if unsafe else ""
    does = f"Write {new}" if new else f"Take {row.name} out"
    if row.cell("or_else") and not isinstance(value, ast.Constant):
        does = f"Write {row.cell('or_else')} in its place"
    return Fix(does, "unsafe" if unsafe else "safe", when, edits, caution=caution)


def _edit(row: Row, argument: Argument, value: ast.expr, scene: Scene) -> Edit:
    new, document = row.cell("new"), scene.document.name
    if not new and not isinstance(value, ast.Constant):
        if row.cell("or_else"):
            return scene.edit(value, f"{scene.text(value)} or {row.cell('or_else')}")
        if not all(_fits(row.cell("old"), found) for found in _possible(argument, scene)):
            raise Declined("the value stands somewhere else")
    if not new:
        cut = None if argument.place is Place.POSITION else without(scene.source, argument.node, argument.value)
        if cut is None:
            raise Declined("where the argument ends cannot be told")
        return Edit(document, *cut, "")
    if isinstance(value, ast.Attribute) and _dotted(row.cell("old")):
        end = scene.end(value)
        return Edit(document, end - len(value.attr), end, new.rpartition(".")[2])
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        found = literal(scene.source, value)
        if found is None:
            raise Declined("the value is written in parts or with escapes")
        return Edit(document, found[0], found[0] + len(found[1]), str(ast.literal_eval(new)))
    if isinstance(value, ast.Constant):
        return scene.edit(value, new)
    raise Declined("the value stands somewhere else")


def _other(argument: Argument, call: Call, scene: Scene, name: str, source: str) -> tuple[Edit, ...]:
    """Another argument in the place of this one."""
    if call.argument(name) is not None:
        raise Declined(f"`{name}` is given as well")
    key = key_place(scene.source, argument.node)
    if key is None or not isinstance(argument.value, ast.Constant):
        raise Declined("its name or value is put together, or stands somewhere else")
    return Edit(scene.document.name, *key, name), scene.edit(argument.value, source)
