"""Which kind of schedule a value is: the table tells it by the value, or by what is called to make it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from upgradecheck.python.scopes import Scope
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

from ._names import names_at

_TEXT = "text"
_UNDATED = ("none", "once")


@cache
def _kinds() -> dict[str, str]:
    return {row["value"]: row["kind"] for row in lookup("schedules")}


def spelled_beside(kinds: set[str]) -> Iterator[str]:
    """How a file's words spell schedules of other kinds than these: None, and the texts that have a kind of their
    own."""
    for value, kind in _kinds().items():
        if kind not in kinds and "." not in value:
            yield value if value == str(None) else repr(value)


def kind_of(value: ast.expr | None, scope: Scope, scene: Scene) -> str:
    """The kind of a schedule, "" where it is not plain to see. Of a choice between several, the first that
    makes runs again and again."""
    if value is None:
        return ""
    if choice := chosen(value, scope):
        kinds = [kind_of(branch, scope, scene) for branch in (choice.body, choice.orelse)]
        return next((kind for kind in kinds if kind not in ("", *_UNDATED)), kinds[0] and kinds[1])
    found = value.value if isinstance(value, ast.Constant) else scene.values.value(value, scope)
    if found is None or isinstance(found, str):
        return _kinds().get(str(found), _kinds()[_TEXT])
    made = value if isinstance(value, ast.Call) else assigned(value, scope)
    names = names_at(made.func, scope, scene) if isinstance(made, ast.Call) else ()
    lines = (ancestor for name in names for ancestor in scene.classes.lineage(name))
    return next((kind for name in lines if (kind := _kinds().get(name, ""))), "")


def chosen(value: ast.expr, scope: Scope) -> ast.IfExp | None:
    """The choice that a schedule is, or that its name was given."""
    made = assigned(value, scope) or value
    return made if isinstance(made, ast.IfExp) else None
