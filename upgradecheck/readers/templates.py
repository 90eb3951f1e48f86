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
from upgradecheck.occurrences import Access, Call, ContextKey, Form, Member, Place
from upgradecheck.python.flow import callees_of, keys_of
from upgradecheck.python.lettering import node_at
from upgradecheck.python.scopes import Block, Scope, qualified_name
from upgradecheck.readers import calls
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.strings import MARKS, Text, texts
from upgradecheck.rulebook.facts import cells, index_lines, lookup, own_rules
from upgradecheck.rulebook.lines import Lines
from upgradecheck.scene import Scene

if TYPE_CHECKING:
    from upgradecheck.texts.jinja import Use

Templated = tuple[ast.expr, Scope, Block, Runs]  # and when it is rendered
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
    for value, scope, block, runs in (*_templated(scene), *_returned(scene)):
        for text in texts(scene, value, scope):
            fresh = text.node not in seen or isinstance(text.node, ast.JoinedStr)
            if fresh and not asked.isdisjoint(_WORD.findall(text.value)):
                seen.add(text.node)
                yield from _found(scene, text, keys - own, wanted, scope, block, runs)


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


def fields_of(names: tuple[str, ...]) -> frozenset[str]:
    """The templated arguments of a class with this line of descent."""
    return frozenset[str]().union(*map(_row, names))


def _normal(text: str) -> tuple[str, list[int]]:
    """A text with the line endings that Jinja sees, and the place of each letter."""
    ends = {match.start() + 1 for match in _ENDING.finditer(text) if len(match[0]) > 1}
    places = [number for number in range(len(text)) if number not in ends]
    return _ENDING.sub("\n", text), places


def _found(
    scene: Scene, text: Text, keys: frozenset[str], wanted: frozenset[str], scope: Scope, block: Block,
    runs: Runs = Runs.TASK,
) -> Iterator[ContextKey | Member]:  # fmt: skip
    from upgradecheck.texts.jinja import uses  # where there is a template that may matter

    for use in uses(text.value):
        if use.name in keys:
            node = _node(scene, text, use.start, use.name)
            spelled = node if node is not text.node and isinstance(node, ast.Constant) else None
            yield ContextKey(use.name, Access.RENDERED, node, runs, "", block, scope, spelled)
        holds = _holdings().get(use.name)
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


# -- which arguments are templates ---------------------------------------------------------------------


def _templated(scene: Scene) -> Iterator[Templated]:
    known = calls.read(scene)
    for call in (*known, *_made(scene, {id(call.call) for call in known})):
        fields = _fields(scene, call)
        runs = Runs.TASK if _called_back().isdisjoint(call.names) else Runs.CALLBACK
        for argument in call.arguments if fields else ():
            name = argument.name or str(argument.position)
            if argument.value is not None and name in fields and argument.place is not Place.ELSEWHERE:
                yield argument.value, argument.scope, call.block, runs
    for node, scope, block in scene.scopes.calls:
        if calls.decorated(scene, node, scope, block):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from ((value, scope, block, Runs.TASK) for value in values)

    yield from _set(scene)


def _made(scene: Scene, known: set[int]) -> Iterator[Call]:
    """Calls of the project's own classes that hand nothing on to what they descend from."""
    for node, scope, block in scene.scopes.calls:
        for dotted in callees_of(scene.scopes, node.func, scope, block) if id(node) not in known else ():
            if scene.project.templated(dotted) and (family := scene.project.family(dotted)):
                names = scene.classes.of_all(family.names)
                arguments = tuple(Arguments(scene, scope).of_call(node).found)
                runs, function = scene.project.runs(qualified_name(block)), qualified_name(block)
                yield Call(node, node, names, Form.CALL, arguments, runs, function, block, scope)


@cache
def _called_back() -> frozenset[str]:
    """Classes whose templates are rendered when a callback is called."""
    rows = (row for several in places.methods().values() for row in several)
    return frozenset(owner for owner, place in rows if place.runs is Runs.CALLBACK)


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


def _returned(scene: Scene) -> Iterator[Templated]:
    """What functions hand back that a decorator makes a template of."""
    makers = places.known("rendered")
    for node, scope, block in scene.scopes.kept.get(ast.Return, ()):
        inside = next((part for part in block.chain() if isinstance(part.node, ast.FunctionDef)), None)
        function = inside.node if inside else None
        around = inside.parent if inside else None
        for decorator in function.decorator_list if isinstance(function, ast.FunctionDef) and around else ():
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if around and not makers.keys().isdisjoint(callees_of(scene.scopes, called, around.scope, around)):
                yield node.value, scope, block, Runs.TASK


def _set(scene: Scene) -> Iterator[Templated]:
    """Templated fields that are set on an operator with a name: ``load.sql = …``."""
    made = {id(call.call): call for call in calls.read(scene) if call.call is not None}
    for reference in scene.scopes.references:
        if reference.store and len(reference.attributes) == 1 and isinstance(reference.parent, ast.Assign):
            given = calls.assigned(reference.nodes[0], reference.scope)
            call = made.get(id(given))
            if call is not None and reference.attributes[0] in _fields(scene, call):
                yield reference.parent.value, reference.scope, reference.block, Runs.TASK


def _fields(scene: Scene, call: Call) -> frozenset[str]:
    """The templated arguments of what is called, of the project's own classes too."""
    own: tuple[str, ...] = ()
    if call.call is not None:
        for dotted in callees_of(scene.scopes, call.call.func, call.scope, call.block):
            own += scene.project.templated(dotted)
    if call.form is Form.DEFAULTS:
        return frozenset()
    return frozenset(own) | fields_of(call.names)


@cache
def _row(name: str) -> frozenset[str]:
    lines = _lines().get(name)
    return frozenset(cells(lines[0])[1].split()) if lines else frozenset()


@cache
def _lines() -> Lines:
    return index_lines(own_rules() / "tables" / "template_fields.csv")


@cache
def _holdings() -> dict[str, str]:
    return {row["key"]: row["holds"] for row in lookup("context_keys") if row["holds"]}
