"""YAML files of which other packages make DAGs: classes that they name, and the arguments these get.

A mapping with an ``operator:`` that is a class from outside the project is a task: its other keys are arguments of
that class, but for those that the package takes itself. ``rules/tables/yaml_dags.csv`` says what the keys mean.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache

from upgradecheck.model import How, Runs
from upgradecheck.occurrences import Argument, Call, ContextKey, Form, Member, Place, SymbolUse
from upgradecheck.python.lettering import node_at
from upgradecheck.python.summary import DOTTED
from upgradecheck.readers import templates
from upgradecheck.readers.templated import fields_of
from upgradecheck.readers.yamltree import MappingNode, Node, ScalarNode, SequenceNode, Tree, entries
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_DEPTH = 100
_KNOWN = {"str", "bool", "null", "int"}
_PLAIN: dict[str, dict[str, bool]] = {
    "bool": {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False},
    "null": {},
}


def read(scene: Scene, tree: Tree, wanted: frozenset[str]) -> Iterator[SymbolUse | Call | ContextKey | Member]:
    """What the DAGs of a file name and hand over; nothing for a file that makes none."""
    name = scene.document.name.rpartition("/")[2]
    for root in tree.roots:
        tasks = list(_tasks(scene, root, set(), 0))
        owner = _keys("dag").get(name)
        if not tasks and owner is None:
            continue
        yield from _paths(scene, tree, root, set(), 0)
        for node, path in tasks:
            yield from _task(scene, tree, node, path, wanted, alone=node is root)
        for dag, called in (*_dags(root, owner, set(), 0), *_defaults(root)):
            yield from _dag(scene, tree, dag, called, alone=owner is not None)


def _dag(scene: Scene, tree: Tree, dag: MappingNode, called: str, alone: bool) -> Iterator[Call]:
    """A DAG and its default arguments. ``alone``: it is the whole file, and what its class does not take is passed
    over then; of other files only some entries get through to it."""
    given = [key.value for key, _ in entries(dag)] if alone else _keys("passed").keys()
    names = scene.classes.lineage(called)
    yield _call(scene, tree, dag, names, given, Form.DEFAULTS if alone else Form.CALL)
    for key, value in entries(dag):
        if key.value in _keys("task defaults") and isinstance(value, MappingNode):
            names = scene.classes.lineage(_keys("task defaults")[key.value])
            yield _call(scene, tree, value, names, [inner.value for inner, _ in entries(value)], Form.DEFAULTS)


@cache
def _keys(kind: str) -> dict[str, str]:
    """The keys of a kind, and what they are about."""
    return {row["key"]: row["owner"] for row in lookup("yaml_dags") if row["kind"] == kind}


def _below(node: Node, seen: set[int], depth: int) -> Iterator[Node]:
    """The nodes right below one, each once."""
    inner: list[Node] = []
    if isinstance(node, SequenceNode):
        inner = node.value
    elif isinstance(node, MappingNode):
        inner = [value for _, value in node.value]
    for part in inner if depth < _DEPTH else ():
        if id(part) not in seen:
            seen.add(id(part))
            yield part


def _tasks(scene: Scene, node: Node, seen: set[int], depth: int) -> Iterator[tuple[MappingNode, str]]:
    """Mappings that name the class of a task, and its name."""
    if isinstance(node, MappingNode):
        for key, value in entries(node):
            if key.value in _keys("class") and isinstance(value, ScalarNode) and _is_foreign(scene, value.value):
                yield node, value.value
    for part in _below(node, seen, depth):
        yield from _tasks(scene, part, seen, depth + 1)


def _is_foreign(scene: Scene, value: str) -> bool:
    return bool(DOTTED.fullmatch(value)) and value.partition(".")[0] in scene.project.foreign


def _dags(node: Node, owner: str | None, seen: set[int], depth: int) -> Iterator[tuple[MappingNode, str]]:
    """Mappings that are a DAG, and what makes it."""
    known = [_keys("dag")[key.value] for key, _ in entries(node) if key.value in _keys("dag")]
    if isinstance(node, MappingNode) and (known or owner):
        yield node, known[0] if known else str(owner)
    for part in _below(node, seen, depth):
        yield from _dags(part, None, seen, depth + 1)


def _defaults(root: Node) -> Iterator[tuple[MappingNode, str]]:
    """Mappings of what every DAG of the file gets."""
    for key, value in entries(root):
        if key.value in _keys("defaults") and isinstance(value, MappingNode):
            yield value, _keys("defaults")[key.value]


def _paths(scene: Scene, tree: Tree, node: Node, seen: set[int], depth: int) -> Iterator[SymbolUse]:
    """Names that are imported for their values."""
    for key, value in entries(node):
        named = key.value in _keys("path") and isinstance(value, ScalarNode) and _is_foreign(scene, value.value)
        hit = scene.symbols.find(value.value) if named else None
        if hit:
            spelled, root = _place(scene, tree, value), scene.scopes.root
            yield SymbolUse(value.value, hit, How.DYNAMIC, Runs.IMPORT, "", spelled, root)
    for part in _below(node, seen, depth):
        yield from _paths(scene, tree, part, seen, depth + 1)


def _place(scene: Scene, tree: Tree, node: Node) -> ast.expr:
    """A node at what a scalar holds; what becomes of a mapping, a sequence or a date is not told."""
    if not isinstance(node, ScalarNode) or _kind(node) not in _KNOWN:
        held = node_at(scene.source, node.start_mark.index, node.end_mark.index)
        return ast.copy_location(ast.Dict([], []), held)
    text = tree.scalar(node)
    found = node_at(scene.source, text.start, text.end)
    found.value = _value(node)
    return found


def _kind(node: ScalarNode) -> str:
    return str(node.tag).rpartition(":")[2]


def _value(node: ScalarNode) -> str | int | None:
    """What a scalar comes to: text, unless it is plain and looks like something else."""
    if _kind(node) in _PLAIN:
        return _PLAIN[_kind(node)].get(node.value.lower())
    return int(node.value) if _kind(node) == "int" and node.value.isdigit() else node.value


def _task(
    scene: Scene, tree: Tree, node: MappingNode, path: str, wanted: frozenset[str], alone: bool
) -> Iterator[Call | ContextKey | Member]:
    """``alone``: the task is the whole file; what its class does not take is passed over then."""
    names = scene.classes.lineage(path)
    taken = [key.value for key, _ in entries(node) if key.value not in _keys("own")]
    yield _call(scene, tree, node, names, taken, Form.DEFAULTS if alone else Form.CALL)
    fields = fields_of(names)
    for key, value in entries(node):
        if key.value in fields:
            yield from _rendered(scene, tree, value, wanted, 0)


def _rendered(
    scene: Scene, tree: Tree, node: Node, wanted: frozenset[str], depth: int
) -> Iterator[ContextKey | Member]:
    """What the templates in a value take."""
    if isinstance(node, ScalarNode):
        text = tree.scalar(node)
        places = [text.place(index) for index in range(len(text.value))] if text.exact else None
        yield from templates.of_text(scene, _place(scene, tree, node), text.value, places, wanted)
    for part in _below(node, set(), depth):
        yield from _rendered(scene, tree, part, wanted, depth + 1)


def _call(
    scene: Scene, tree: Tree, node: MappingNode, names: tuple[str, ...], known: Collection[str], form: Form
) -> Call:
    root = scene.scopes
    found = [_argument(scene, tree, node, key, value) for key, value in entries(node) if key.value in known]
    place = node_at(scene.source, node.start_mark.index, node.end_mark.index)
    return Call(place, None, names, form, tuple(found), Runs.IMPORT, "", root.root, root.scope)


def _argument(scene: Scene, tree: Tree, holder: MappingNode, key: ScalarNode, value: Node) -> Argument:
    """An entry as an argument; ``cut``: its lines, where it has them for itself."""
    name, inner = tree.scalar(key), _place(scene, tree, value)
    node = ast.keyword(arg=key.value, value=inner)
    start = node_at(scene.source, name.start, name.end)
    node.lineno, node.col_offset = start.lineno, start.col_offset
    node.end_lineno, node.end_col_offset = start.end_lineno, start.end_col_offset
    cut = _lines(tree, holder, key, value)
    return Argument(key.value, Place.ENTRY, node, inner, scene.scopes.scope, cut=cut)


def _lines(tree: Tree, holder: MappingNode, key: ScalarNode, value: Node) -> tuple[int, int] | None:
    """The lines of an entry that stands on them alone, in a block that holds others."""
    first, behind = tree.line_of(key.start_mark.index)[0], tree.line_of(value.end_mark.index)[1]
    before = tree.text[first : key.start_mark.index]
    after = tree.text[value.end_mark.index : behind].strip()
    alone = isinstance(value, ScalarNode) and value.style not in ("|", ">")
    if holder.flow_style or len(holder.value) < 2 or before.strip() or not alone or (after and after[0] != "#"):
        return None
    return first, behind
