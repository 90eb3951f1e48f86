"""What of a project is built into a distribution, for anybody to install and to import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from upgradecheck.python.nodes import nodes
from upgradecheck.python.scopes import last_name
from upgradecheck.texts.source import Unreadable, decode, parse_text

_SETUP, _SOURCES = "setup.py", "src/"
_PACKAGES, _MODE = "packages", "package-mode"


def built(root: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The folders whose packages are built ("" for the root, else with a slash at the end), and single packages.

    ``names``: the project's documents.
    """
    setups = [name for name in names if name.rpartition("/")[2] == _SETUP]
    found = {f"{name.removesuffix(_SETUP)}{package}" for name in setups for package in _listed(root / name)}
    return tuple(sorted(found.union(_told(root))))


def _listed(setup: Path) -> list[str]:
    """The packages that a ``setup.py`` lists; [""] (all that lies there) where that is not plain to see."""
    try:
        tree = parse_text(decode(setup.read_bytes()).text)
    except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):  # all of it may be built
        return [""]
    calls = [node for node in nodes(tree) if isinstance(node, ast.Call) and last_name(node.func) == "setup"]
    given = {keyword.arg: keyword.value for call in calls for keyword in call.keywords}
    listed = given.get(_PACKAGES)
    if not isinstance(listed, ast.List) or None in given or "package_dir" in given or "py_modules" in given:
        return [""]
    names = [part.value for part in listed.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [name.replace(".", "/") for name in names] if len(names) == len(listed.elts) else [""]


def _told(root: Path) -> Iterator[str]:
    """What ``pyproject.toml`` says."""
    try:
        text = (root / "pyproject.toml").read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # none, or none that can be read: nothing is built from the root
        return
    if "[build-system]" not in text:
        return
    import tomli  # where there is something to read

    try:
        said: dict[str, Any] = tomli.loads(text)
    except tomli.TOMLDecodeError:  # what it says cannot be told: everything may be built
        yield ""
        return
    poetry = said.get("tool", {}).get("poetry")
    if isinstance(poetry, dict):
        yield from _of_poetry(poetry, str(said.get("project", {}).get("name", "")))
    else:
        yield ""


def _of_poetry(said: dict[str, Any], name: str) -> Iterator[str]:
    """The packages that Poetry builds: those that are listed, else the one that is called as the project is."""
    if said.get(_MODE) is False:
        return
    package = str(said.get("name", name)).replace("-", "_").replace(".", "_").lower()
    for listed in said.get(_PACKAGES) or ({"include": package}, {"include": package, "from": _SOURCES}):
        if isinstance(listed, dict) and listed.get("include"):
            folder = str(listed.get("from", "")).strip("/")
            yield f"{folder}/{listed['include']}" if folder else str(listed["include"])
