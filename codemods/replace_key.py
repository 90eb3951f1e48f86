"""A key that a task's context no longer has: found wherever code asks for it, replaced by what says the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Access, ContextKey
from upgradecheck.python.scopes import Scope
from upgradecheck.python.spelling import literal, place
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rename import Declined, meant, when_runs
from ._rows import Row, Table
from ._undated import UNDATED, undated

OWNER = "context"
_SILENT = (Access.ASKED, Access.TESTED, Access.OPTIONAL, Access.FILLED)
_IN_TEMPLATE = (Access.RENDERED, Access.FILLED)
_HAPPENS = {
    Access.ITEM: "this raises KeyError {where}",
    Access.FORMAT: "this raises KeyError {where}",
    Access.RENDERED: "the template is not rendered, and {fails}",
    Access.FILLED: "the text is left empty there, and nobody hears of it",
    Access.ASKED: "asking for it gives the default, and nobody hears of it",
    Access.TESTED: "it is never there",
    Access.PARAMETER: "nothing is given for it, and calling {function} raises TypeError",
    Access.OPTIONAL: "nothing is given for it, and it keeps its default",
}


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The keys, as strings or parameters; with "[]" where an entry of theirs may be asked for."""
    for row in Table(rule).not_fine(target):
        yield f"[{row.name}]"


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to keys."""
    table = Table(rule)

    def handler(use: ContextKey, scene: Scene) -> Iterator[Finding]:
        row = table.nearest([OWNER], use.key, scene.target)
        level = row and judge.severity(status_of(row, use, scene.target), use.runs)
        if row and level and not _is_beside(row, use):
            yield scene.finding(
                rule, level, use.node, use.key, _message(row, use, scene.target), _advice(row), row.since(),
                _fix(row, use, scene), use.runs,
            )  # fmt: skip

    return {ContextKey: handler}


def status_of(row: Row, use: ContextKey, target: str) -> str:
    """Only what raises is broken."""
    status = row.status(target)
    return "changed" if status == "broken" and use.access in _SILENT else status


def _is_beside(row: Row, use: ContextKey) -> bool:
    """Whether a parameter with a default stands beside the one that takes its place: both versions are served."""
    return use.access is Access.OPTIONAL and row.cell("new") in use.scope.bindings


def _message(row: Row, use: ContextKey, target: str) -> str:
    if use.access is Access.ENTRY:
        name = row.name.removesuffix("[]")
        return f"`{name}` takes assets, no strings, in Airflow {target}: this raises TypeError {_where(use)}"
    return f"`{row.name}` is no key of the context in Airflow {target}: {happens(use)}"


def happens(use: ContextKey) -> str:
    """What becomes of code that asks for a key that is not there."""
    fails = FAILS.get(use.runs, "the task fails")
    return _HAPPENS[use.access].format(where=_where(use), function=_function(use), fails=fails)


def _where(use: ContextKey) -> str:
    return "when the file is loaded" if use.runs is Runs.IMPORT else f"when {_function(use)} runs"


def _function(use: ContextKey) -> str:
    return f"`{use.function}`" if use.function else "it"


def _advice(row: Row) -> str:
    new = row.cell("new")
    return f"{f'Use `{new}`. ' if new else ''}{row.cell('advice')}".strip()


def _fix(row: Row, use: ContextKey, scene: Scene) -> Fix | NoFix:
    new = row.cell("new")
    try:
        if not new or row.cell("safety") == "none":
            raise Declined(row.cell("reason") or "nothing takes its place")
        edits = tuple(_edits(new, use, scene))
    except Declined as declined:
        return NoFix(str(declined))
    caution = row.cell("reason") if row.cell("safety") == "unsafe" else UNDATED if undated(scene) else ""
    when = when_runs(row.cell("new_2x"), "", scene.from_version)
    return Fix(f"Use {new}", "unsafe" if caution else "safe", when, edits, caution=caution)


def _edits(new: str, use: ContextKey, scene: Scene) -> Iterator[Edit]:
    if use.binding is not None:
        yield from _parameter(new, use, scene)
    elif use.access is Access.FORMAT:
        raise Declined("the key is part of a format string")
    elif use.spelled is None:
        escaped = use.access in _IN_TEMPLATE
        raise Declined("the template is written with escapes" if escaped else "the key stands somewhere else")
    elif use.access in _IN_TEMPLATE:
        yield scene.edit(use.spelled, _in_template(new, use.spelled, scene))
    else:
        yield from _spelled(new, use, use.spelled, scene)


def _spelled(new: str, use: ContextKey, spelled: ast.Constant, scene: Scene) -> Iterator[Edit]:
    found = literal(scene.source, spelled)
    if found is None:
        raise Declined("the key is written in parts, with escapes or inside an f-string")
    start, text = found
    if new.isidentifier():
        yield Edit(scene.document.name, start, start + len(text), new)
        return
    alone = use.access is Access.ITEM or (isinstance(use.node, ast.Call) and len(use.node.args) == 1)
    if use.access is Access.TESTED or not alone or not isinstance(use.context, ast.Name):
        raise Declined("what takes its place is no key but an expression")
    quote = scene.source.text[start - 1]
    if isinstance(use.node, ast.Call) and use.access is Access.ITEM:
        raise Declined("the key is taken out, and what takes its place is no key but an expression")
    yield scene.edit(use.node, _expression(new, use.context.id, quote))


def _in_template(new: str, spelled: ast.Constant, scene: Scene) -> str:
    """An expression in a template, with quotes that do not end the string around it."""
    text, start = scene.source.text, scene.start(spelled)
    new = new.replace("%", "%%") if _is_filled(start, scene) else new
    line = text[text.rfind("\n", 0, start) + 1 : start]
    before = [char for char in line if char in "\"'"]
    return new.replace("'", '"') if before[:1] == ["'"] or before[-1:] == ["'"] else new


def _is_filled(place: int, scene: Scene) -> bool:
    """Whether a place lies in a string that ``%`` fills, so that its percent signs are doubled."""
    filled = (node.left for node, _, _ in scene.scopes.kept.get(ast.BinOp, ()) if isinstance(node.op, ast.Mod))
    return any(scene.start(left) <= place < scene.end(left) for left in filled)


def _expression(new: str, context: str, quote: str) -> str:
    """An expression over keys, spelled with the context: ``macros.ds_add(ds, 1)``."""
    tree = ast.parse(new, mode="eval")
    text, shift = new, 0
    names = sorted((n for n in ast.walk(tree) if isinstance(n, ast.Name)), key=lambda n: n.col_offset)
    for name in names:
        start = name.col_offset + shift
        spelled = f"{context}[{quote}{name.id}{quote}]"
        text = text[:start] + spelled + text[start + len(name.id) :]
        shift += len(spelled) - len(name.id)
    return text.replace("'", quote) if quote == '"' else text


def _parameter(new: str, use: ContextKey, scene: Scene) -> Iterator[Edit]:
    """The parameter and all its uses get the new name."""
    assert use.binding is not None
    old, scope = use.binding.name, use.scope
    if not new.isidentifier():
        raise Declined("what takes its place is no key but an expression: ask the context for it")
    if dict(scene.project.named(use.function)).get(old):
        raise Declined(f"other calls of `{use.function}` give `{old}` as well")
    if new in scope.bindings or len(scope.bindings[old]) > 1:
        raise Declined(f"`{new}` is taken, or `{old}` is bound again")
    if any(r.root == new and _within(r.scope, scope) for r in scene.scopes.references):
        raise Declined(f"`{new}` is taken")
    start = scene.start(use.binding.node)
    yield Edit(scene.document.name, start, start + len(old), new)
    for reference in meant(scene, use.binding):
        found = place(scene.source, scene.scopes, reference, reference.nodes[0])
        if found is None:
            raise Declined(f"where `{old}` stands cannot be told")
        yield Edit(scene.document.name, *found, new)


def _within(scope: Scope | None, outer: Scope) -> bool:
    while scope is not None and scope is not outer:
        scope = scope.parent
    return scope is outer
