"""A value that is of another kind now: found where code handles it as what it was."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Shared, Together, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Access, ContextKey, Member
from upgradecheck.python.scopes import Scope
from upgradecheck.python.spelling import place
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._around import READERS, forms, forms_in_template, parents
from ._rename import meant, when_runs
from ._rows import Row, Table
from .replace_key import OWNER

_VALUE = "{}"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The members, and the keys of the context."""
    for row in Table(rule).not_fine(target):
        yield Shared(row.name, row.owner) if row.owner != OWNER else Together(f"[{row.name}]", READERS)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to members of objects, and to keys."""
    table = Table(rule)

    def of_member(use: Member, scene: Scene) -> Iterator[Finding]:
        template = isinstance(use.node, ast.Constant)
        nodes = [use.node, *_aliases(use, scene)]
        handled = {form for node in nodes for form in forms(node, scene)}
        handled = set(forms_in_template(use.around)) if template else handled
        for row in () if use.store else _rows(table, use.names, use.member, handled):
            yield from _told(
                rule, row, use.node, use.runs if template else Runs.IMPORT, _fix(row, use, scene), scene
            )

    def of_key(use: ContextKey, scene: Scene) -> Iterator[Finding]:
        for row in _rows(table, [OWNER], use.key, set(forms_in_template(use.around))) if any(use.around) else ():
            yield from _told(rule, row, use.node, use.runs, NoFix(row.cell("reason")), scene)
        for node in _uses(use, scene):
            for row in _rows(table, [OWNER], use.key, set(forms(node, scene))):
                yield from _told(rule, row, node, use.runs, NoFix(row.cell("reason")), scene)

    return {Member: of_member, ContextKey: of_key}


def _rows(table: Table, names: Iterable[str], name: str, handled: set[str]) -> Iterator[Row]:
    """The rows about a value of the nearest ancestor that has some, for a way in which it is handled."""
    for owner in names:
        found = [row for row in table.of(owner) if row.name == name]
        if found:
            yield from (row for row in found if not handled.isdisjoint(row.cell("form").split()))
            return


def _told(rule: Rule, row: Row, node: ast.AST, runs: Runs, fix: Fix | NoFix, scene: Scene) -> Iterator[Finding]:
    if level := judge.severity(row.status(scene.target), runs):
        message = f"`{row.label}.{row.name}` {row.cell('reason')}" if row.owner != OWNER else row.cell("reason")
        subject = row.name if row.owner == OWNER else row.subject
        yield scene.finding(rule, level, node, subject, message, row.cell("advice"), row.since(), fix, runs)


def _uses(use: ContextKey, scene: Scene) -> Iterator[ast.expr]:
    """Where the value of a key is handled: where it is asked for, or where the name is used that it gets."""
    if use.binding is not None:
        yield from (reference.nodes[0] for reference in meant(scene, use.binding))
    elif use.access in (Access.ITEM, Access.ASKED) and isinstance(use.node, ast.expr):
        yield use.node
        yield from _of_name(parents(scene).get(use.node), use.scope, scene)


def _aliases(use: Member, scene: Scene) -> Iterator[ast.expr]:
    """Where the name is used that a member's value gets."""
    if use.reference is not None and use.node is use.reference.nodes[-1]:
        yield from _of_name(use.reference.parent, use.reference.scope, scene)


def _of_name(parent: ast.AST | None, scope: Scope, scene: Scene) -> Iterator[ast.expr]:
    """The uses of the name that gets a value, if no other does. ``parent``: what the value stands in."""
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    bound = scope.bindings.get(target.id, []) if isinstance(target, ast.Name) else []
    for binding in bound if len(bound) == 1 else ():
        yield from (reference.nodes[0] for reference in meant(scene, binding) if not reference.store)


def _fix(row: Row, use: Member, scene: Scene) -> Fix | NoFix:
    before, _, behind = row.cell("new").partition(_VALUE)
    if not (before or behind) or row.cell("safety") == "none":
        return NoFix(row.cell("reason"))
    reference, node = use.reference, use.node
    found = (
        place(scene.source, scene.scopes, reference, node) if reference else (scene.start(node), scene.end(node))
    )
    if found is None or not scene.source.text.endswith(use.member, *found) or (before and _is_part(use)):
        return NoFix("where the name stands cannot be told")
    name = scene.document.name
    edits = [Edit(name, found[1], found[1], behind)] + ([Edit(name, found[0], found[0], before)] if before else [])
    return Fix(
        f"Write {row.cell('new').replace(_VALUE, f'{row.label}.{row.name}')}",
        "safe" if row.cell("safety") == "safe" else "unsafe",
        when_runs(row.cell("new_2x"), "", scene.from_version), tuple(edits),
        caution=row.cell("caution") if row.cell("safety") != "safe" else "",
    )  # fmt: skip


def _is_part(use: Member) -> bool:
    """Whether what would have to stand before the value cannot: in a template, the object is not marked."""
    return isinstance(use.node, ast.Constant)
