"""The import planner: which import statements change, so that the names an edit needs are there.

Works on one document and one round of edits. An import that takes over from an old one stands where
the old one stood (same scope, same guard, same order), in the statement that is there already where
one fits. Sorts nothing, moves nothing else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from msgspec import Struct

from upgradecheck.fixes.importparts import Change, Statement
from upgradecheck.model import Edit, Free, Need
from upgradecheck.python.scopes import Binding, Module
from upgradecheck.python.spelling import place
from upgradecheck.texts.source import Source

_COMMENT = re.compile(r"[ \t]*#")


class Plan(Struct):
    """All import statements of a document in order, with their changes."""

    source: Source
    scopes: Module
    changes: list[Change]
    edits: tuple[Edit, ...]

    def at(self, anchor: int) -> Change:
        """The statement that begins at an offset."""
        return next(change for change in self.changes if change.start == anchor)


def plan(
    source: Source,
    scopes: Module,
    document: str,
    edits: Iterable[Edit],
    needs: Iterable[Need],
    frees: Iterable[Free],
) -> list[Edit]:
    """The edits to import statements that go with ``edits`` of the same round."""
    changes = []
    for node, _, block in sorted(scopes.imports, key=lambda item: (item[0].lineno, item[0].col_offset)):
        start = source.offset(node.lineno, node.col_offset)
        end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
        changes.append(Change(node, block, start, end))
    work = Plan(source, scopes, changes, tuple(edits))
    wanted = list(needs)
    for free in frees:
        _free(work, free, wanted)
    for need in wanted:
        _place(work, need)
    return _render(work, document)


def _free(work: Plan, free: Free, needs: list[Need]) -> None:
    """Drop an alias that nothing refers to once the edits are made."""
    change = work.at(free.anchor)
    alias = change.node.names[free.alias]
    name = (alias.asname or alias.name).partition(".")[0]
    binding = next(b for b in work.scopes.bound[name] if b.node is change.node and b.alias == free.alias)
    replaced = any(need.bound == name and need.anchor == free.anchor for need in needs)
    others = any(
        b is not binding and b.kind == "import" and b.target == name and b.block is binding.block
        for b in work.scopes.bound[name]
    )
    if replaced or others or alias.name == "*" or not _still_used(work, binding):
        change.drop.add(free.alias)


def _still_used(work: Plan, binding: Binding) -> bool:
    for reference in work.scopes.references:
        if reference.root != binding.name or binding not in work.scopes.bindings(reference):
            continue
        found = place(work.source, work.scopes, reference, reference.nodes[0])
        if found is None or not any(edit.start <= found[0] and found[1] <= edit.end for edit in work.edits):
            return True
    return False


def _place(work: Plan, need: Need) -> None:
    """Find the statement that a needed name goes into."""
    origin = work.at(need.anchor)
    if _is_there(work, need, origin):
        return
    if need.fallback:
        _guard(work, need, origin)
        return
    for change in work.changes:
        if _takes(work, change, need, origin):
            change.add.append(need)
            return
    if not origin.keeps and not origin.module and need.name:
        origin.module = need.module
        origin.add.append(need)
    else:
        origin.after.setdefault(need.module, []).append(need)


def _guard(work: Plan, need: Need, origin: Change) -> None:
    """Put a needed name under a guard: one that is planned already, else its own."""
    apart = _has_comment(work, origin)  # the comment may belong to the name
    known = (c for c in work.changes if need.source in c.guards and _may_serve(work, c, need, origin))
    home = origin if apart else next(known, origin)
    home.guards.setdefault(need.source, []).append(need)


def _is_there(work: Plan, need: Need, origin: Change) -> bool:
    """Whether an import that stays, or one planned already, brings the name where it is needed."""
    return any(_brings(change, need) for change in work.changes if _may_serve(work, change, need, origin))


def _may_serve(work: Plan, change: Change, need: Need, origin: Change) -> bool:
    """Whether a statement stands in the same suite, comes in time, and nothing else gives the name a value."""
    if change is origin:
        return True
    if change.block is not origin.block or not _in_reach(work, change, origin):
        return False
    others = (b for b in change.block.scope.bindings.get(need.bound, ()) if b.node is not change.node)
    return all(b.target == _wanted(need) or _goes(work, b) for b in others)


def _goes(work: Plan, binding: Binding) -> bool:
    """Whether a binding is an import's name that is dropped."""
    return any(change.node is binding.node and binding.alias in change.drop for change in work.changes)


def _wanted(need: Need) -> str:
    return f"{need.module}.{need.name}" if need.name else need.module


def _brings(change: Change, need: Need) -> bool:
    """Whether a statement, as it will be, binds the name to what is needed."""
    groups = [change.add, *change.after.values(), *change.guards.values()]
    planned = [need for group in groups for need in group]
    if any((n.module, n.name, n.bound) == (need.module, need.name, need.bound) for n in planned):
        return True
    kept = (alias for number, alias in enumerate(change.node.names) if number not in change.drop)
    return any((a.asname or a.name) == need.bound and _target(change.node, a) == _wanted(need) for a in kept)


def _takes(work: Plan, change: Change, need: Need, origin: Change) -> bool:
    """Whether a from-import of the same suite, of the needed module, can take the name in."""
    if not need.name or not _may_serve(work, change, need, origin):
        return False
    if change is not origin and _has_comment(work, origin):
        return False  # the comment may belong to the name
    if change.module:
        return change.module == need.module
    if not change.keeps or not isinstance(change.node, ast.ImportFrom) or change.node.level:
        return False
    return change.node.module == need.module and change.node.names[0].name != "*"


def _in_reach(work: Plan, change: Change, origin: Change) -> bool:
    """Whether names of ``change`` are bound by the time those of ``origin`` were: it comes first, or
    nothing but imports, comments and blank lines stands between."""
    if change.start <= origin.start:
        return True
    between = work.source.text[origin.end : change.start]
    for other in work.changes:
        if origin.end <= other.start and other.end <= change.start:
            between = between.replace(work.source.text[other.start : other.end], "", 1)
    return all(not line.strip(" \t;\f") or line.strip().startswith("#") for line in _lines(between))


def _lines(text: str) -> list[str]:
    head, *rest = text.splitlines() or [""]
    return [head.partition("#")[0], *rest]


def _has_comment(work: Plan, change: Change) -> bool:
    text = work.source.text
    return "#" in text[change.start : change.end] or _COMMENT.match(text, change.end) is not None


def _target(node: Statement, alias: ast.alias) -> str:
    return f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name


def _render(work: Plan, document: str) -> list[Edit]:
    from upgradecheck.fixes.importtext import render

    edits: list[Edit] = []
    for change in work.changes:
        if change.drop or change.add or change.after or change.guards:
            edits += render(change, work.source, document)
    return edits
