"""Python files: names from outside the project, where modules are asked for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.reached import Reached
from upgradecheck.python.scopes import Reference, import_target
from upgradecheck.scene import Scene


def read(scene: Scene) -> Iterator[Reached]:
    """Each name that is imported from a module, each that is reached by attributes, each that is called."""
    for node, _, block in scene.scopes.imports:
        if isinstance(node, ast.ImportFrom):
            yield from (Reached(import_target(node, alias.name), alias, block, True) for alias in node.names)
    for reference in scene.scopes.references:
        if reference.text is None and not reference.store:
            for dotted, binding in scene.scopes.targets(reference):
                if binding.kind in ("import", "from"):
                    yield from _steps(reference, dotted.split("."))


def _steps(reference: Reference, parts: list[str]) -> Iterator[Reached]:
    """Each attribute on the way to a name, and the name itself where it is called."""
    last = len(reference.attributes)
    for number in range(last + 1):
        node = reference.nodes[number]
        called = number == last and isinstance(reference.parent, ast.Call) and reference.parent.func is node
        if number or called:
            yield Reached(".".join(parts[: len(parts) - last + number]), node, reference.block, False, called)
