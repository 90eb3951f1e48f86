"""Imports that are tried in the place of others: ``except ImportError: from old import x``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.handlers import catches
from upgradecheck.python.importcalls import imported
from upgradecheck.python.scopes import Block, Module, import_target

Fallback = tuple[tuple[str, ...], tuple[str, ...]]
"""What is imported first; and what is used only where that fails, dotted."""


def fallbacks(module: Module) -> tuple[Fallback, ...]:
    """All of a file. What it also uses otherwise is left out."""
    tries = {node: found for node, _, block in module.imports if (found := _tried(block))}
    if not tries:
        return ()
    live, instead = set[str](), dict[ast.AST, set[str]]()
    for node, _, _ in module.imports:
        names = live if node not in tries else instead.setdefault(tries[node], set())
        names.update(dotted(node))
    for reference in module.references:
        for target, binding in module.targets(reference):
            (instead[tries[binding.node]] if binding.node in tries else live).add(target)
    return tuple(
        (tuple(all_imported(attempt.body)), tuple(sorted(names - live)))  # type: ignore[attr-defined]
        for attempt, names in instead.items()
    )


def _tried(block: Block) -> ast.AST | None:
    """The ``try`` whose handler a block is, if that catches imports that fail."""
    for part in block.chain():
        if part.branch == "handler" and any(catches(h, "module") for h in part.node.handlers):  # type: ignore[attr-defined]
            return part.node
    return None


def all_imported(body: list[ast.stmt]) -> Iterator[str]:
    """What statements import, dotted."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from (name.removesuffix(".*") for name in dotted(node))
            elif isinstance(node, ast.Call) and (found := imported(node)):
                yield found[1]


def dotted(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The names that an import spells out."""
    plain = isinstance(node, ast.Import)
    return [alias.name if plain else import_target(node, alias.name) for alias in node.names]  # type: ignore[arg-type]
