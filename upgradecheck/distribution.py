"""What of a project is built into a distribution, for anybody to install and to import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_SETUP, _SOURCES = "setup.py", "src/"
_PACKAGES, _MODE = "packages", "package-mode"


def built(root: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The folders whose packages are built ("" for the root, else with a slash at the end), and single packages.

    ``names``: the project's documents.
    """
    found = {name.removesuffix(_SETUP) for name in names if name.rpartition("/")[2] == _SETUP}
    return tuple(sorted(found.union(_told(root))))


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
