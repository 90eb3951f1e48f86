"""Whether a rewritten text is whole: it parses, no name lost its meaning, and others still get theirs from it."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterable

from upgradecheck.linking.project import Project
from upgradecheck.python.scopes import Module
from upgradecheck.python.summary import Summary
from upgradecheck.python.unbound import free_references
from upgradecheck.texts.source import parse_text


class Unsound(Exception):
    """A rewrite came out wrong; nothing of it is kept. The message says how."""


def tree_of(text: str) -> ast.Module:
    """The tree of a text that is decoded already (a coding line in it says nothing). Raises `Unsound`."""
    try:
        return parse_text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsound(f"the rewritten file would not parse: {error}") from error


def compiles(before: ast.Module, after: ast.Module) -> None:
    """What could be compiled still can. Raises `Unsound`."""
    if (error := _fault(after)) and not _fault(before):
        raise Unsound(f"the rewritten file would not compile: {error}")


def _fault(tree: ast.Module) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<fixed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return ""


def same_names(before: Module, after: Module) -> None:
    """Every name that meant something still does. Raises `Unsound`."""
    if not _stars(before):
        _told("undefined", Counter(_free(after)) - Counter(_free(before)))
    unbound = {name for name in after.exports or () if name not in after.scope.bindings}
    _told(
        "undefined in `__all__`",
        unbound - {name for name in before.exports or () if name not in before.scope.bindings},
    )


def still_offered(project: Project, name: str, before: Summary, after: Summary) -> None:
    """Every name that the rest of the project gets from this document is still there. Raises `Unsound`."""
    gone = {export for export in set(before.exports) - set(after.exports) if project.used_elsewhere(name, export)}
    if set(before.stars) - set(after.stars):
        gone |= _asked_of(project, name) - set(after.exports)
    _told("missing for others that import it from here", gone)


def _asked_of(project: Project, name: str) -> set[str]:
    """The names that other documents ask of one."""
    found: set[str] = set()
    for file, summary in project.summaries.items():
        for dotted in (*summary.uses, *summary.strings) if file != name else ():
            place = project.locate(file, dotted)
            if place and place[0] == name and place[1]:
                found.add(place[1][0])
    return found - {"*"}


def _told(how: str, names: Iterable[str]) -> None:
    if listed := sorted(names):
        raise Unsound(f"it would leave {', '.join(f'`{name}`' for name in listed)} {how}")


def _free(module: Module) -> list[str]:
    return [reference.root for reference in free_references(module)]


def _stars(module: Module) -> bool:
    return any(node.names[0].name == "*" for node, _, _ in module.imports)
