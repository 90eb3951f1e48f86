"""Which files of a project are DAG files, and what each of them loads: the two graphs behind readiness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from upgradecheck.linking.edges import edges
from upgradecheck.linking.project import Project
from upgradecheck.linking.running import Running
from upgradecheck.linking.templatefiles import TemplateFiles

Edges = Mapping[str, Iterable[str]]


def dag_files(project: Project, makers: Iterable[str]) -> frozenset[str]:
    """The files that make a DAG when they are imported.

    ``makers``: the dotted names that make one when called. A subclass of theirs counts, and so does a
    function of the project that calls one; a class counts when one of its methods does, since what
    becomes of an instance is not followed.
    """
    callers: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for caller, called in project.linked(edges).items():
        for place in called:
            callers.setdefault(place, set()).add(caller)
    known = frozenset(makers)
    pending = [place for place in callers if _makes(project, *place, known)]
    found = set(pending)
    while pending:
        place = pending.pop()
        for caller in (*callers.get(place, ()), *_class_of(project, *place)):
            if caller not in found:
                found.add(caller)
                pending.append(caller)
    return frozenset(file for file, function in found if file and not function)


def _makes(project: Project, file: str, name: str, makers: frozenset[str]) -> bool:
    if not file:
        return name in makers
    return name in project.summaries[file].classes and not makers.isdisjoint(project.bases(file, f":{name}"))


def _class_of(project: Project, file: str, function: str) -> list[tuple[str, str]]:
    owner = function.rpartition(".")[0]
    return [(file, owner)] if file and owner in project.summaries[file].classes else []


def imports(project: Project, later: bool) -> dict[str, set[str]]:
    """File → the files of the project that it imports when it is loaded, and with ``later`` also what its tasks
    import and render."""
    found: dict[str, set[str]] = {}
    running = project.linked(Running)
    for file, summary in project.summaries.items():
        for caller, dotted in summary.imports:
            if later or not caller or running.at_import(file, caller):
                found.setdefault(file, set()).update(loaded(project, file, dotted))
    for file, templates in project.linked(TemplateFiles).taken().items() if later else ():
        found.setdefault(file, set()).update(templates)
    return found


def loaded(project: Project, file: str, dotted: str) -> set[str]:
    """The files of the project that an import loads: the module, and the packages it lies in."""
    place = project.locate(file, dotted)
    if place is None:
        return set()
    home, rest = place
    parts = home.removesuffix(".py").removesuffix("/__init__").split("/")
    spelled = len(dotted.strip(".").split(".")) - len(rest)
    packages = ("/".join([*parts[:end], "__init__.py"]) for end in range(len(parts) - spelled + 1, len(parts)))
    return {home, *(package for package in packages if package in project.summaries)} - {file}


def reached(starts: Iterable[str], edges: Edges) -> set[str]:
    """Everything that can be reached along edges, the starts included."""
    found = set(starts)
    pending = list(found)
    while pending:
        for place in edges.get(pending.pop(), ()):
            if place not in found:
                found.add(place)
                pending.append(place)
    return found


def reverse(edges: Edges) -> dict[str, set[str]]:
    """The same edges the other way round."""
    found: dict[str, set[str]] = {}
    for start, ends in edges.items():
        for end in ends:
            found.setdefault(end, set()).add(start)
    return found
