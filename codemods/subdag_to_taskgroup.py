"""SubDAGs become task groups: the operator's import, its uses, and the functions that make the DAGs, as one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from upgradecheck.linking.triggers import Joint, Trigger
from upgradecheck.model import Finding, Fix, Free, How, Need, NoFix, Runs, Severity, Tie, When
from upgradecheck.occurrences import Call, Form, SymbolUse
from upgradecheck.python.scopes import FUNCTIONS, Reference, chain
from upgradecheck.rulebook.facts import Rule, below, lookup
from upgradecheck.rulebook.symbols import NameRow
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from . import move_symbol
from ._rename import Declined, exported, home, is_free, meant, need
from ._subdag_check import answered
from ._subdag_factory import Names, annotation, edits_of, factory
from ._subdag_use import MADE, USED, Rewrite, Use, rewrite, users_of

_T = TypeVar("_T")


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The names of the table, and where a project has one of them, all that makes a DAG."""
    yield from move_symbol.triggers(rule, target)
    yield Joint(_role("dag"))


@cache
def _role(role: str) -> str:
    return next(row["class"] for row in reversed(lookup("subdag_classes")) if row["role"] == role)


@cache
def _operators() -> frozenset[str]:
    return frozenset(row["class"] for row in lookup("subdag_classes") if row["role"] == "operator")


def _names(group: str) -> Names:
    return Names(_role("dag"), group, _operators())


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to the operator's import, and to DAGs that are made for it."""
    plain = move_symbol.bind(rule)[SymbolUse]

    def used(use: SymbolUse, scene: Scene) -> Iterator[Finding]:
        for finding in plain(use, scene):
            reached = any(
                name == use.hit.symbol or below(name, frozenset({use.hit.symbol})) for name in _operators()
            )
            structural = reached and use.how is How.IMPORT and use.runs is not Runs.TYPING
            yield replace(finding, fix=_attempt(_of_import, use, scene)) if structural else finding

    def made(call: Call, scene: Scene) -> Iterator[Finding]:
        function = _maker(call)
        if function is None or call.form is not Form.CALL or _role("dag") not in call.names:
            return
        users = users_of(scene, function.name, _operators())
        if users and (hit := scene.symbols.find(next(iter(_operators())))):
            message = f"`{function.name}` makes the DAG of a SubDAG: Airflow {scene.target} has none"
            fix = _attempt(_of_factory, (function, frozenset(users)), scene)
            advice = "Make a task group of the same tasks instead."
            yield scene.finding(rule, Severity.WARNING, call.node, function.name, message, advice, hit.since, fix)

    return {SymbolUse: used, Call: made}


def _attempt(plan: Callable[[_T, Scene], Fix], subject: _T, scene: Scene) -> Fix | NoFix:
    """The fix, or why there is none."""
    try:
        return plan(subject, scene)
    except Declined as declined:
        return NoFix(str(declined))


def _maker(call: Call) -> ast.FunctionDef | None:
    """The module-level function around a call."""
    around = [b.node for b in call.block.chain() if isinstance(b.node, FUNCTIONS)]
    return around[0] if len(around) == 1 and isinstance(around[0], ast.FunctionDef) else None


def _group(scene: Scene) -> NameRow:
    """The row of the class that groups tasks."""
    hit = scene.symbols.find(_role("group"))
    if hit is None:
        raise Declined("there is no task group")
    module, name = home(hit.row)
    if not is_free(scene, name, f"{module}.{name}") and not is_free(scene, name, _role("group")):
        raise Declined(f"`{name}` already means something else in this file")
    return hit.row


def _of_import(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.statement is not None
    row = _group(scene)
    if exported(scene, use.binding):
        raise Declined("others import the operator from here")
    calls = {call.func: Use(call, scope, block) for call, scope, block in scene.scopes.calls}
    into = Rewrite()
    for reference in meant(scene, use.binding):
        found = calls.get(_operator(use, reference))
        if found is not None:
            rewrite(scene, found, _names(home(row)[1]), into)
        elif edit := answered(scene, reference):
            into.edits.append(edit)
            into.only_there = True
        else:
            raise Declined("the operator is used otherwise than by calling it")
    free = Free(scene.start(use.statement), use.binding.alias)
    needs = (_need(scene, row, into.inline),) if into.inline else ()
    return _fix(scene, row, into, needs, (free,))


def _operator(use: SymbolUse, reference: Reference) -> ast.expr:
    """Where a reference names the operator. Raises `Declined` where it names something else of its module."""
    attributes = (use.hit.symbol, *reference.attributes)
    named = ".".join(attributes)
    if named not in _operators():
        raise Declined("the operator is used otherwise than by calling it")
    return reference.nodes[-1]


def _of_factory(subject: tuple[ast.FunctionDef, frozenset[str]], scene: Scene) -> Fix:
    function, users = subject
    row = _group(scene)
    made = factory(scene, function, _role("dag"))
    name = home(row)[1]
    edits, lost = edits_of(scene, made, _names(name))
    edits += annotation(scene, function, _role("dag"), name)
    document = scene.document.name
    tie = Tie(f"{document}:{function.name}", (MADE, document), frozenset((USED, user) for user in users))
    into = Rewrite(edits, [tie], [lost] if lost else [])
    return _fix(scene, row, into, (_need(scene, row, made.call),), _freed(scene, made.call))


def _fix(scene: Scene, row: NameRow, into: Rewrite, needs: tuple[Need, ...], frees: tuple[Free, ...]) -> Fix:
    caution = "; ".join(dict.fromkeys(into.lost))
    runs = row.fallback or row.runs_on(scene.from_version)
    when: When = "now" if runs and not into.only_there else "cutover"
    return Fix(
        "Make a task group of the SubDAG", "unsafe" if caution else "safe", when, tuple(into.edits), needs, frees,
        caution, tuple(dict.fromkeys(into.ties)),
    )  # fmt: skip


def _need(scene: Scene, row: NameRow, call: ast.Call) -> Need:
    module, name = home(row)
    return need(row, module, name, name, _import_of(scene, call)[0])


def _freed(scene: Scene, call: ast.Call) -> tuple[Free, ...]:
    anchor, alias, name = _import_of(scene, call)
    return () if scene.exported(name) else (Free(anchor, alias),)


def _import_of(scene: Scene, call: ast.Call) -> tuple[int, int, str]:
    """The import by which a call reaches its class: (anchor, alias, name)."""
    parts = chain(call.func)
    for binding in scene.scopes.bound.get(parts[0].id, ()) if parts else ():
        if binding.kind in ("import", "from"):
            return scene.start(binding.node), binding.alias, binding.name
    raise Declined("the import of the DAG class is not plain to see")
