"""A value that has to be text on the target, and is none by its looks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Derived, Trigger
from upgradecheck.model import Edit, Finding, Fix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.scopes import Scope, last_name
from upgradecheck.readers.calls import assigned
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table

_ERROR = "ValidationError"
_CONTAINERS = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp)
_MAKERS = {"int", "float", "bool", "len", "dict", "list", "set", "tuple", "sum", "sorted"}
_NUMBERS = (int, float, complex)


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What takes text alone."""
    yield Derived(frozenset(row.owner for row in Table(rule).not_fine(target)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        row = next((row for name in call.names for row in table.of(name)), None)
        made = call.call if call.form is Form.CALL else None
        value = _value(row, made) if row and made else None
        if row is None or value is None or not _is_other(value, call.scope):
            return
        runs = live(scene, call.block, value.lineno, _ERROR)
        level = judge.severity(row.status(scene.target), runs) if runs else None
        if runs and level:
            fails = FAILS.get(runs, "the call fails")
            message = f"`{row.label}({row.name}=)` raises {_ERROR} in Airflow {scene.target}, and {fails}"
            yield scene.finding(
                rule, level, value, row.subject, f"{message}: {row.cell('reason')}",
                "Write `str(…)`, or `serialize_json=True`.", row.since(), _fix(value, scene), runs,
            )  # fmt: skip

    return {Call: handler}


def _value(row: Row, call: ast.Call) -> ast.expr | None:
    """The argument's value; None where it is not given, or another one beside it makes it fine."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if row.cell("unless") in named or None in named or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    position = int(row.cell("position"))
    if len(call.args) > position + 2:
        return None  # what makes it fine may stand there
    return named.get(row.name) or next(iter(call.args[position : position + 1]), None)


def _is_other(value: ast.expr, scope: Scope) -> bool:
    """Whether an expression is plainly no text."""
    if isinstance(value, ast.Name):
        made = assigned(value, scope)
        return made is not None and not isinstance(made, ast.Name) and _is_other(made, scope)
    if isinstance(value, ast.Constant):
        return isinstance(value.value, _NUMBERS)
    if isinstance(value, ast.BinOp) and not isinstance(value.op, ast.Mod | ast.Mult):
        return any(isinstance(side, ast.Constant) and _is_other(side, scope) for side in (value.left, value.right))
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and last_name(value.func) in _MAKERS
    return isinstance(value, _CONTAINERS)


def _fix(value: ast.expr, scene: Scene) -> Fix:
    start, end = scene.start(value), scene.end(value)
    name = scene.document.name
    edits = (Edit(name, start, start, "str("), Edit(name, end, end, ")"))
    return Fix("Write str(…)", "safe", "now", edits)
