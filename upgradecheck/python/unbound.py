"""Names that nothing in a file binds: builtins, and what star imports bring."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from upgradecheck.python.scopes import Module, Reference

_BUILTINS = frozenset({*dir(builtins), "__file__", "__path__", "__builtins__"})


def is_builtin(name: str) -> bool:
    """Whether a name has a meaning where nothing binds it."""
    return name in _BUILTINS


def free_references(module: Module) -> Iterator[Reference]:
    """References to names that nothing in the file binds: star imports bring them, or nobody does."""
    for reference in module.references:
        if not is_builtin(reference.root) and reference.scope.owner(reference.root) is None:
            yield reference


def free_names(module: Module) -> set[str]:
    """The names of `free_references`."""
    return {reference.root for reference in free_references(module)}
