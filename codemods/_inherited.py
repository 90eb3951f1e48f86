"""Arguments that calls do not give, and take from the ``default_args`` of their DAG."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from upgradecheck.occurrences import Argument
from upgradecheck.python.scopes import Scope
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.calls import carriers
from upgradecheck.readers.dags import dags_of
from upgradecheck.scene import Scene

from ._rename import Declined


def inherited(scene: Scene, names: Iterable[str]) -> dict[str, Argument]:
    """The arguments of these names that every DAG of the document gives to its operators, all the same.

    Raises `Declined` where a dictionary holds one of them otherwise.
    """
    found: dict[str, Argument] = {}
    given = list(_given(scene))
    entries = {id(argument.node) for _, arguments in given for argument in arguments.found}
    named = {name for name, node in _keys(scene.tree) if id(node) not in entries}
    held = {argument.name for _, arguments in given for argument in arguments.found}
    for name in sorted(set(names) & (named | held)):
        every = [argument for _, arguments in given for argument in arguments.found if argument.name == name]
        if name in named or not _is_for_all(name, given) or not _is_one(every):
            raise Declined(f"`{name}` is a key of a dictionary here: it may reach the class that way")
        found[name] = every[0]
    return found


def text_at(scene: Scene, argument: Argument, scope: Scope) -> str:
    """An inherited value as it is written in another place. Raises `Declined` where it may mean something else."""
    value = argument.value
    same = isinstance(value, ast.Constant) or (
        isinstance(value, ast.Name) and scope.owner(value.id) is argument.scope.owner(value.id)
    )
    if value is None or not same:
        raise Declined(f"what `{argument.name}` is in default_args is not plain to see")
    return scene.text(value)


def _given(scene: Scene) -> Iterator[tuple[bool, Arguments]]:
    """All dictionaries of defaults in the document, and whether a DAG gets them; an empty one for one without."""
    for call, scope, _ in scene.scopes.calls:
        is_dag = bool(dags_of(scene).kind(call.func, scope))
        values = [keyword.value for keyword in call.keywords if keyword.arg in carriers()]
        for value in values:
            yield is_dag, Arguments(scene, scope).of_dict(value)
        if is_dag and not values:
            yield True, Arguments(scene, scope)


def _is_for_all(name: str, given: list[tuple[bool, Arguments]]) -> bool:
    """Whether each DAG, and nothing else, hands out an argument."""
    with_it = [(is_dag, any(argument.name == name for argument in each.found)) for is_dag, each in given]
    plain = not any(arguments.open for _, arguments in given)
    return plain and all(is_dag is there for is_dag, there in with_it) and any(there for _, there in with_it)


def _is_one(every: list[Argument]) -> bool:
    values = {ast.dump(argument.value) if argument.value else "" for argument in every}
    owners = {id(argument.scope.owner(node.id)) for argument in every for node in _names(argument.value)}
    return len(values) == 1 and "" not in values and len(owners) <= 1 and not any(a.way for a in every)


def _names(value: ast.expr | None) -> list[ast.Name]:
    return [node for node in ast.walk(value) if isinstance(node, ast.Name)] if value else []


def _keys(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The keys of all dictionaries that are written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from ((str(key.value), key) for key in node.keys if isinstance(key, ast.Constant))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            yield from ((str(keyword.arg), keyword) for keyword in node.keywords)
