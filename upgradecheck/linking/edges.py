"""Which functions of a project call which."""

from __future__ import annotations

from upgradecheck.linking.methods import Spot
from upgradecheck.linking.project import Project
from upgradecheck.python.summary import EMPTY
from upgradecheck.rulebook.facts import below


def edges(project: Project) -> dict[Spot, set[Spot]]:
    """What each function runs by calling it; names from outside stand in no file ("").

    Tasks are left out: calling one at import notes it for later.
    """
    deferred: dict[Spot, bool] = {}
    found: dict[Spot, set[Spot]] = {}
    for file, summary in project.summaries.items():
        for caller, callee in summary.calls:
            called = found.setdefault((file, caller), set())
            for spot in _callees(project, file, callee):
                if spot not in deferred:
                    deferred[spot] = _is_deferred(project, *spot)
                if not deferred[spot]:
                    called.add(spot)
    return found


def _callees(project: Project, file: str, callee: str) -> list[Spot]:
    if callee.startswith(":"):
        return [(file, callee[1:])]
    found = []
    for resolved in project.resolve(file, callee):
        home, colon, name = resolved.name.partition(":")
        if name or not colon:
            found.append((home, name) if colon else ("", home))
    return found


def _is_deferred(project: Project, file: str, function: str) -> bool:
    decorators = project.summaries.get(file, EMPTY).decorators.get(function, ())
    names = (found.name for dotted in decorators for found in project.resolve(file, dotted))
    return any(below(name, project.deferring) for name in names)
