"""Python files: Jinja templates in the arguments of operators, and what they take from a task's context."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from upgradecheck.linking import places
from upgradecheck.linking.templatefiles import Standing
from upgradecheck.model import Runs
from upgradecheck.occurrences import Access, ContextKey, Member
from upgradecheck.python.flow import keys_of
from upgradecheck.python.lettering import node_at
from upgradecheck.python.scopes import Block, Scope
from upgradecheck.readers import rendered
from upgradecheck.readers.strings import MARKS, Text, texts
from upgradecheck.readers.templated import templated
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

if TYPE_CHECKING:
    from upgradecheck.texts.jinja import Use

_WORD = re.compile(r"[A-Za-z_]\w*")
_ENDING = re.compile(r"\r\n?")


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[ContextKey | Member]:
    """What the templates of a file take that is ``wanted``: keys as ``[key]``, members by their name."""
    keys = frozenset(word[1:-1] for word in wanted if word.startswith("["))
    asked = frozenset(keys | wanted)
    if not any(mark in scene.source.text for mark in MARKS) or scene.scopes.spoken.isdisjoint(asked):
        return
    seen = set[ast.expr]()
    own = _own_names(scene)
    filled = ((*one, Runs.TASK, Access.FILLED) for one in rendered.by_code(scene))
    raising = ((*one, Runs.TASK, Access.RENDERED) for one in rendered.by_operators(scene))
    usual = ((*one, Access.RENDERED) for one in templated(scene))
    for value, scope, block, runs, access in (*usual, *raising, *filled):
        for text in texts(scene, value, scope):
            fresh = text.node not in seen or isinstance(text.node, ast.JoinedStr)
            if fresh and not asked.isdisjoint(_WORD.findall(text.value)):
                seen.add(text.node)
                yield from _found(scene, text, keys - own, wanted, scope, block, runs, access)


def of_file(scene: Scene, wanted: frozenset[str]) -> Iterator[ContextKey | Member]:
    """The same of a template in a file of its own, unless something else than a task renders it."""
    if scene.project.standing() is Standing.OTHER:
        return
    keys = frozenset(word[1:-1] for word in wanted if word.startswith("["))
    text, places = _normal(scene.source.text)
    whole = ast.Constant(text, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    root = scene.scopes
    yield from _found(scene, Text(whole, text, places), keys, wanted, root.scope, root.root)


def of_text(
    scene: Scene, node: ast.expr, value: str, places: list[int] | None, wanted: frozenset[str]
) -> Iterator[ContextKey | Member]:
    """The same of a text that another reader knows to be a template."""
    keys = frozenset(word[1:-1] for word in wanted if word.startswith("["))
    if any(mark in value for mark in MARKS):
        yield from _found(scene, Text(node, value, places), keys, wanted, scene.scopes.scope, scene.scopes.root)


def _normal(text: str) -> tuple[str, list[int]]:
    """A text with the line endings that Jinja sees, and the place of each letter."""
    ends = {match.start() + 1 for match in _ENDING.finditer(text) if len(match[0]) > 1}
    places = [number for number in range(len(text)) if number not in ends]
    return _ENDING.sub("\n", text), places


def _found(
    scene: Scene, text: Text, keys: frozenset[str], wanted: frozenset[str], scope: Scope, block: Block,
    runs: Runs = Runs.TASK, access: Access = Access.RENDERED,
) -> Iterator[ContextKey | Member]:  # fmt: skip
    from upgradecheck.texts.jinja import uses  # where there is a template that may matter

    for use in uses(text.value):
        if use.name in keys:
            node = _node(scene, text, use.start, use.name)
            spelled = node if node is not text.node and isinstance(node, ast.Constant) else None
            behind = use.behind if not use.attribute else f".{use.attribute}" if not use.first else ""
            around = (use.before, behind)
            yield ContextKey(use.name, access, node, runs, "", block, scope, spelled, around=around)
        holds = _holdings().get(use.name) if access is Access.RENDERED else ""
        if holds and use.attribute in wanted:
            yield _member(scene, text, use, holds, block)


def _member(scene: Scene, text: Text, use: Use, holds: str, block: Block) -> Member:
    node = _node(scene, text, use.at, use.attribute)
    names = scene.classes.lineage(holds)
    return Member(
        names, use.attribute, node, False, Runs.TASK, "", block, given=use.given, values=use.values,
        around=(use.before, use.behind),
    )  # fmt: skip


def _node(scene: Scene, text: Text, start: int, name: str) -> ast.expr:
    """A node for the part of a template; the whole string where its letters have no places of their own."""
    places = text.places
    if places is None or places[start + len(name) - 1] - places[start] != len(name) - 1:
        return text.node
    return node_at(scene.source, places[start], places[start] + len(name))


def _own_names(scene: Scene) -> frozenset[str]:
    """What the file gives its templates by names of its own: they stand in for keys that are gone."""
    names = places.known("names")
    given = [
        part
        for call, scope, _ in scene.scopes.calls
        for keyword in call.keywords
        if keyword.arg in names
        for part, _ in scene.containers.written(keyword.value, scope)
    ]
    return frozenset(name for part in given if isinstance(part, ast.Dict) for name in keys_of(part) or ())


@cache
def _holdings() -> dict[str, str]:
    return {row["key"]: row["holds"] for row in lookup("context_keys") if row["holds"]}
