"""Python files: what classes define that others know by its name, and functions that are registered by theirs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking import places
from upgradecheck.occurrences import Override
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import FUNCTIONS, Block, Scope
from upgradecheck.readers.python import live
from upgradecheck.scene import Scene


def read(scene: Scene) -> Iterator[Override]:
    """Members of classes with ancestors from outside the project, of files that are known by name; decorated
    functions."""
    for node, scope, block in scene.scopes.classes:
        names = _ancestors(scene, node, scope, block)
        if names and live(scene, block, node.lineno, "import") is not None:
            for statement in node.body:
                yield from _members(statement, names)
    yield from _put(scene)
    yield from _made(scene)
    own = places.title(scene.document.name)
    for statement in scene.tree.body if own in places.titles() else ():
        yield from _members(statement, (own,))
    for function, scope, block in scene.scopes.functions:
        names = _decorators(scene, function, scope, block)
        if names and isinstance(function, ast.FunctionDef):
            yield Override(names, function.name, function, function)


def _put(scene: Scene) -> Iterator[Override]:
    """What is put into a class of the project from outside of it: ``Ours.member = …``."""
    for reference in scene.scopes.references:
        parent = reference.parent
        if reference.store and len(reference.attributes) == 1 and isinstance(parent, ast.Assign):
            names = _family(scene, reference.nodes[0], reference.scope, reference.block)
            if names and not _is_empty(parent.value):
                yield Override(names, reference.attributes[0], reference.nodes[1], None)


def _made(scene: Scene) -> Iterator[Override]:
    """The members of a class that a call makes: ``type("Ours", (Base,), {"member": …})``."""
    for node, scope, block in scene.scopes.calls:
        plain = isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 3
        bases, members = node.args[1:] if plain else (None, None)
        if isinstance(bases, ast.Tuple) and isinstance(members, ast.Dict):
            names = tuple(name for base in bases.elts for name in _family(scene, base, scope, block))
            for key, value in zip(members.keys, members.values, strict=True):
                if names and isinstance(key, ast.Constant) and not _is_empty(value):
                    yield Override(names, str(key.value), key, None)


def _family(scene: Scene, base: ast.expr, scope: Scope, block: Block) -> tuple[str, ...]:
    """What a class is, and descends from, outside the project."""
    found: list[str] = []
    for dotted in callees_of(scene.scopes, base, scope, block):
        family = scene.project.family(dotted)
        found += family.names if family else ()
    return scene.classes.of_all(found)


def _ancestors(scene: Scene, node: ast.ClassDef, scope: Scope, block: Block) -> tuple[str, ...]:
    """What a class descends from, outside the project."""
    found = (name for base in node.bases for name in _family(scene, base, scope, block))
    return tuple(dict.fromkeys(found))


def _decorators(scene: Scene, function: ast.AST, scope: Scope, block: Block) -> tuple[str, ...]:
    found: list[str] = []
    for decorator in getattr(function, "decorator_list", ()):
        made = decorator.func if isinstance(decorator, ast.Call) else decorator
        for dotted in callees_of(scene.scopes, made, scope, block):
            found += [resolved.name for resolved in scene.project.resolve(dotted)]
    return tuple(name for name in found if name.partition(".")[0] in scene.project.foreign)


def _members(statement: ast.stmt, names: tuple[str, ...]) -> Iterator[Override]:
    if isinstance(statement, FUNCTIONS):
        yield Override(names, statement.name, statement, statement)
    if isinstance(statement, ast.Assign | ast.AnnAssign) and _is_empty(statement.value):
        return  # what is listed nowhere changes nothing: many classes are copied with all lists in them
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        if isinstance(target, ast.Name):
            yield Override(names, target.id, target, None)


def _is_empty(value: ast.expr | None) -> bool:
    """Whether an attribute is declared only, or holds nothing."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return not value.elts
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
