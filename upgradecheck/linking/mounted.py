"""By which name the project's own folder is imported, where a deployment mounts it as a package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upgradecheck.linking.project import Project

_ENOUGH = 2  # so many modules have to lie where the name says


def mounted(project: Project) -> frozenset[str]:
    """The top-level names, unknown otherwise, below which files import modules that lie in the project's folder.

    A name below which one module is missing is some other package's.
    """
    modules = {file.removesuffix(".py").removesuffix("/__init__") for file in project.summaries}
    folders = {part for module in modules for part in _above(module)}
    known = {name for path in (*modules, *folders) for name in path.split("/")}
    found: dict[str, set[str]] = {}
    for dotted in (name for summary in project.summaries.values() for name in summary.uses):
        top, _, rest = dotted.partition(".")
        if rest and top and top not in project.foreign and top not in known and top not in sys.stdlib_module_names:
            found.setdefault(top, set()).add(_module(rest.split("."), modules, folders))
    return frozenset(top for top, there in found.items() if "" not in there and len(there) >= _ENOUGH)


def _above(module: str) -> list[str]:
    parts = module.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _module(parts: list[str], modules: set[str], folders: set[str]) -> str:
    """The module of the project's folder that a dotted name lies in; "" where there is none."""
    for count in range(len(parts), 0, -1):
        path = "/".join(parts[:count])
        if path in modules or (count == len(parts) and path in folders):
            return path
    return ""
