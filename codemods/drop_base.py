"""A class that hands its arguments on to an ancestor which, on the target, comes before those who take them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.triggers import Derived, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.flow import callees_of
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._arguments import freed
from ._fails import FAILS
from ._rename import Declined
from ._rows import Row, Table

_SEEN = "objects of the class that are none of these classes have no `log` then"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Classes below the ancestors."""
    yield Derived(frozenset(rule.lines))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to what constructors hand on to their bases."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        owner = _owner(call)
        rows = [row for name in call.names for row in table.of(name)] if owner else []
        behind = scene.project.behind(owner.name) if owner and rows else ()
        for row in rows:
            heirs = [line for line in behind if row.name in scene.classes.of_all(line)]
            level = judge.severity(row.status(scene.target), call.runs) if heirs else None
            if level and owner:
                yield scene.finding(
                    rule, level, call.node, owner.name, _message(row, owner, call, scene.target),
                    f"Take {row.label} out of the bases of {owner.name}.", row.since(),
                    _fix(owner, row, len(heirs) == len(behind), scene), call.runs,
                )  # fmt: skip

    return {Call: handler}


def _owner(call: Call) -> ast.ClassDef | None:
    """The class at the top of a file whose constructor hands something on."""
    if call.form is not Form.SUPER or not (call.arguments or call.open):
        return None
    around = next((b for b in call.block.chain() if isinstance(b.node, ast.ClassDef)), None)
    top = around is not None and around.parent is not None and around.parent.parent is None
    return around.node if around and top and isinstance(around.node, ast.ClassDef) else None


def _message(row: Row, owner: ast.ClassDef, call: Call, target: str) -> str:
    heir = row.name.rpartition(".")[2]
    what = f"`{heir}` is no `{row.label}` in Airflow {target}: in classes on `{owner.name}` and it"
    return f"{what} these arguments go to `{row.label}`, which takes none, and {FAILS.get(call.runs, 'that fails')}"


def _fix(owner: ast.ClassDef, row: Row, only: bool, scene: Scene) -> Fix | NoFix:
    if not only:
        return NoFix(f"classes that are no `{row.name.rpartition('.')[2]}` stand on `{owner.name}` too")
    try:
        base = _base(owner, row, scene)
        edit = _without(owner, base, scene)
    except Declined as declined:
        return NoFix(str(declined))
    safety = "unsafe" if scene.offered(owner.name) else "safe"
    return Fix(
        f"Take {row.label} out of the bases", safety, "now", (edit,), frees=freed(scene, base),  # type: ignore[arg-type]
        caution=_SEEN if safety == "unsafe" else "",
    )  # fmt: skip


def _base(owner: ast.ClassDef, row: Row, scene: Scene) -> ast.expr:
    scope = scene.scopes.scope
    for base in owner.bases:
        if callees_of(scene.scopes, base, scope, scene.scopes.root) == [row.owner]:
            return base
    raise Declined(f"`{row.label}` is no base of `{owner.name}` itself")


def _without(owner: ast.ClassDef, base: ast.expr, scene: Scene) -> Edit:
    """The bases without one, and without brackets where none is left."""
    text, number = scene.source.text, owner.bases.index(base)
    start, end = scene.start(base), scene.end(base)
    if number + 1 < len(owner.bases):
        end = scene.start(owner.bases[number + 1])
    elif number:
        start = scene.end(owner.bases[number - 1])
    elif (before := re.search(r"\(\s*$", text[:start])) and (after := re.match(r"\s*,?\s*\)", text[end:])):
        start, end = before.start(), end + after.end()
    else:
        raise Declined("the bases are not plain to see")
    if "#" in text[start:end]:
        raise Declined("a comment stands among the bases")
    return Edit(scene.document.name, start, end, "")
