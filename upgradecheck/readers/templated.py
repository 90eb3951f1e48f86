"""Python files: which values are templates, and when they are rendered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from upgradecheck.linking import places
from upgradecheck.model import Runs
from upgradecheck.occurrences import Call, Form, Place
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Binding, Block, Scope
from upgradecheck.python.script import qualified_name
from upgradecheck.readers import calls
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.strings import MARKS, returned_by
from upgradecheck.rulebook.facts import cells, index_lines, load, own_rules
from upgradecheck.rulebook.lines import Lines
from upgradecheck.scene import Scene

_RENAMES = "renamed_argument"
Templated = tuple[ast.expr, Scope, Block, Runs]  # and when it is rendered


def templated(scene: Scene) -> Iterator[Templated]:
    """All values of a file that are templates, some of them twice."""
    yield from _given(scene)
    yield from _returned(scene)
    yield from _elsewhere(scene)
    yield from _handed_on(scene)
    yield from _of_classes(scene)


def _given(scene: Scene) -> Iterator[Templated]:
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


def _elsewhere(scene: Scene) -> Iterator[Templated]:
    """What other files take from this one and hand to operators."""
    for name in scene.project.shown_elsewhere():
        owner, _, member = name.removesuffix("()").rpartition(".")
        for binding in scene.scopes.bound.get(member, ()):
            if _around(binding) != owner:
                continue
            if name.endswith("()") and isinstance(binding.node, ast.FunctionDef):
                returned = returned_by(scene, binding.node)
                yield from ((value, scope, binding.block, Runs.TASK) for value, scope in returned)
            elif binding.value is not None and binding.scope and not name.endswith("()"):
                yield binding.value, binding.scope, binding.block, Runs.TASK


def _around(binding: Binding) -> str:
    """The class in which a name is bound; "" for the module, "?" for anything else."""
    if binding.scope is None or binding.scope.kind == "module":
        return ""
    node = binding.block.node
    return node.name if binding.scope.kind == "class" and isinstance(node, ast.ClassDef) else "?"


def _handed_on(scene: Scene) -> Iterator[Templated]:
    """What functions of other files get and hand to operators."""
    for node, scope, block in scene.scopes.calls:
        slots = [(str(number), value) for number, value in enumerate(node.args)]
        slots += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        for slot, value in slots:
            callees = callees_of(scene.scopes, node.func, scope, block) if _may_be(value) else []
            own = (one for one in callees if one.partition(".")[0] not in scene.project.foreign and one[0] != ":")
            if any(scene.project.renders(callee, slot) for callee in own):
                yield value, scope, block, Runs.TASK


def _may_be(value: ast.expr) -> bool:
    """Whether an argument may be a template: a text with marks, a name, or what such things stand in."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and any(mark in value.value for mark in MARKS)
    return isinstance(value, ast.Name | ast.JoinedStr | ast.BinOp | ast.Dict | ast.List | ast.Tuple)


def _of_classes(scene: Scene) -> Iterator[Templated]:
    """Templated fields that a class of the file gives a value itself, in its body or its constructor."""
    for node, _, block in scene.scopes.classes:
        fields = (
            _fields_of_class(scene, node.name) if scene.scopes.scope.bindings.get(node.name) else frozenset[str]()
        )
        for name in fields:
            for binding in scene.scopes.bound.get(name, ()):
                if binding.block.node is node and binding.value is not None and binding.scope:
                    yield binding.value, binding.scope, block, Runs.TASK
        for reference in scene.scopes.references if fields else ():
            if reference.store and len(reference.attributes) == 1 and reference.attributes[0] in fields:
                inside = qualified_name(reference.block) == f"{node.name}.__init__" and reference.root == "self"
                if inside and isinstance(reference.parent, ast.Assign):
                    yield reference.parent.value, reference.scope, reference.block, Runs.TASK


def _fields_of_class(scene: Scene, name: str) -> frozenset[str]:
    family = scene.project.family(f":{name}")
    names = scene.classes.of_all(family.names) if family else ()
    return frozenset(scene.project.templated(f":{name}")) | fields_of(names)


def fields_of(names: tuple[str, ...]) -> frozenset[str]:
    """The templated arguments of a class with this line of descent, under the names that they had before, too."""
    found = frozenset[str]().union(*map(_row, names))
    return found.union(old for name in names for old, new in _renamed().get(name, ()) if new in found)


@cache
def _renamed() -> dict[str, list[tuple[str, str]]]:
    """The arguments of each callable that have another name now: (old, new)."""
    rule = next(rule for rule in load() if rule.stem == _RENAMES)
    new = rule.header.index("new")
    rows = ((name, cells(line)) for name, lines in rule.lines.items() for line in lines)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, row in rows:
        found.setdefault(name, []).append((row[1], row[new]))
    return found
