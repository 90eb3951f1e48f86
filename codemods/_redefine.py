"""A function that others know by its name gets a new one, and its parameters new names with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from upgradecheck.model import Edit, Fix
from upgradecheck.scene import Scene

from ._rename import Declined, is_free, meant, mentioned, when_runs
from ._rows import Row

Function = ast.FunctionDef | ast.AsyncFunctionDef


def redefined(row: Row, function: Function, scene: Scene) -> Fix:
    """The function under its new name. Raises `Declined` where others use it by the old one."""
    name, new = function.name, row.cell("new")
    own = [binding for binding in scene.scopes.bound[name] if binding.node is function]
    if (
        any(meant(scene, binding) for binding in own)
        or scene.project.used_elsewhere(name)
        or mentioned(scene, name)
    ):
        raise Declined(f"`{name}` is also called by its name")
    at = re.compile(rf"def\s+{re.escape(name)}\b").search(scene.source.text, scene.start(function))
    assert at is not None
    edits = [Edit(scene.document.name, at.end() - len(name), at.end(), new)]
    for pair in row.cell("renamed").split():
        edits += _parameter(pair, function, scene)
    unsafe = row.cell("safety") == "unsafe"
    return Fix(
        f"Call it {new}", "unsafe" if unsafe else "safe", when_runs(row.cell("new_2x"), "", scene.from_version),
        tuple(edits), caution="other code may call it by its old name" if unsafe else "",
    )  # fmt: skip


def _parameter(pair: str, function: Function, scene: Scene) -> Iterator[Edit]:
    """A parameter under its new name (``old:new``), and all that refers to it."""
    old, _, new = pair.partition(":")
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    parameter = next((arg for arg in given if arg.arg == old), None)
    if parameter is None:
        return
    if not is_free(scene, new, ""):
        raise Declined(f"`{new}` means something else in this file")
    start = scene.start(parameter)
    yield Edit(scene.document.name, start, start + len(old), new)
    for reference in scene.scopes.references:
        if reference.root == old and any(b.node is parameter for b in scene.scopes.bindings(reference)):
            if reference.text is not None:
                raise Declined(f"`{old}` stands in a string as well")
            yield scene.edit(reference.nodes[0], new)
