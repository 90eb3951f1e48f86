"""Whether imports work on the target."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from upgradecheck.linking.project import Resolved
from upgradecheck.rulebook.symbols import Symbols


def work(
    imported: Iterable[str],
    resolve: Callable[[str], Iterable[Resolved]],
    foreign: frozenset[str],
    symbols: Symbols,
) -> bool | None:
    """Whether all of these can be imported; None where none can be judged."""
    judged: list[bool] = []
    others: list[bool] = []
    for dotted in imported:
        for found in resolve(dotted):
            top = found.name.partition(".")[0]
            if top in foreign:
                judged.append(not symbols.broken(found.name))
            elif ":" in found.name:
                judged.append(True)
            else:  # Python's own, or what tables point to
                others.append(top in sys.stdlib_module_names or symbols.points_to(found.name))
    if not judged:
        return True if others and all(others) else None
    return all(judged)
