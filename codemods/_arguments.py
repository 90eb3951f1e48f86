"""What the verbs about arguments share: which findings there are, where they stand, what may be edited."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from upgradecheck import judge
from upgradecheck.linking.parameters import possible
from upgradecheck.model import Finding, Fix, Free, NoFix, Runs, Severity
from upgradecheck.occurrences import Argument, Call, Form, Place
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import Declined, mentioned
from ._rows import Row, Table

Rewrite = Callable[[Row, Call, Argument, Scene], Fix]


def listen(rule: Rule, rewrite: Rewrite) -> dict[type, Handler]:
    """A finding for each argument, by name, that the rule has a row about."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for argument in call.arguments:
            if not argument.name or argument.name in call.kept or argument.place is Place.ELSEWHERE:
                continue
            row = table.nearest(call.names, argument.name, scene.target)
            level = row and severity(row, call, scene.target)
            if row and level and not _asked_first(call, argument.name):
                yield scene.finding(
                    rule, level, argument.node, row.subject, message(row, call, scene.target), _advice(row),
                    row.since(), attempt(rewrite, row, call, argument, scene),
                )  # fmt: skip

    return {Call: handler}


def _asked_first(call: Call, name: str) -> bool:
    """Whether the call is made only where code saw that there is such an argument (``"name" in parameters``)."""
    for part in call.block.chain():
        if not isinstance(part.node, ast.If | ast.IfExp) or part.parent is None:
            continue
        test = assigned(part.node.test, part.parent.scope) or part.node.test
        for compared in (node for node in ast.walk(test) if isinstance(node, ast.Compare)):
            asks = isinstance(compared.left, ast.Constant) and compared.left.value == name
            if asks and isinstance(compared.ops[0], ast.In if part.branch == "body" else ast.NotIn):
                return True
    return False


def attempt(rewrite: Rewrite, row: Row, call: Call, argument: Argument, scene: Scene) -> Fix | NoFix:
    """The rewrite, or why there is none."""
    try:
        return rewrite(row, call, argument, scene)
    except Declined as declined:
        return NoFix(str(declined))


def message(row: Row, call: Call, target: str) -> str:
    """What happens on the target."""
    what, status, since = f"`{row.label}({row.name}=)`", row.status(target), row.since()
    if status == "warns":
        return (
            f"{what} is accepted with a warning since Airflow {since}: {row.cell('reason') or 'it is deprecated'}"
        )
    if status == "changed":
        return f"{what} does something else since Airflow {since}: {row.cell('reason')}"
    return f"`{row.label}` has no argument `{row.name}` in Airflow {target}: {consequence(call)}"


def _advice(row: Row) -> str:
    new = row.cell("new")
    return f"{f'Write `{new}=`. ' if new else ''}{row.cell('advice')}".strip() or "Take it out."


def severity(row: Row, call: Call, target: str) -> Severity | None:
    """How bad a row is at a call. Entries of a dictionary of defaults that fit nowhere are passed over."""
    status = row.status(target)
    if call.form is Form.DEFAULTS and status == "broken":
        status = FINE if row.cell("new") == "" and row.cell("safety") == "safe" else "changed"
    return judge.severity(status, call.runs)


def consequence(call: Call) -> str:
    """What a wrong argument does, by where the call runs."""
    if call.form is Form.DEFAULTS:
        return "the entry is passed over without a word"
    if call.runs is Runs.IMPORT:
        return "this call raises TypeError, and the file does not load"
    return f"this call raises TypeError when `{call.function}` runs"


def is_one_of(argument: Argument | None, literals: list[str], scene: Scene) -> bool:
    """Whether an argument, whatever is given on the way to it, is one of some literals."""
    if argument is None or argument.value is None or not literals:
        return False
    return all(repr(value) in literals for value in possible(scene, argument.value, argument.scope))


def freed(scene: Scene, value: ast.expr | None) -> tuple[Free, ...]:
    """The imports that an expression uses: they can go where nothing else needs them."""
    found: list[Free] = []
    for reference in scene.scopes.references:
        if value is None or not _within(reference.nodes[0], value):
            continue
        for binding in scene.scopes.bindings(reference):
            top = binding in scene.scopes.scope.bindings.get(binding.name, ())
            if binding.kind not in ("import", "from") or mentioned(scene, binding.name):
                continue
            if not (top and scene.exported(binding.name)):
                found.append(Free(scene.start(binding.node), binding.alias))
    return tuple(dict.fromkeys(found))


def _within(node: ast.expr, outer: ast.expr) -> bool:
    start = (outer.lineno, outer.col_offset)
    end = (outer.end_lineno or 0, outer.end_col_offset or 0)
    return start <= (node.lineno, node.col_offset) < end
