"""Which version the project goes to, which it comes from, and how we know."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.config import ConfigError, Options
from upgradecheck.hints import near
from upgradecheck.rulebook.facts import lookup, minors, number

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from upgradecheck.discover import Tree

DEFAULT_FROM = "2.11"
# Outer ones last, since they count; what is one folder down may be for a part of the project alone.
_REQUIREMENTS = (
    "*/requirements*.in", "*/requirements*.txt", "requirements/*.in", "requirements/*.txt", "requirements*.in",
    "requirements*.txt", "Pipfile", "pyproject.toml",
)  # fmt: skip
_IMAGES = ("*/Dockerfile*", "*/*compose*.y*ml", "Dockerfile*", "*compose*.y*ml")
_TOLD = ("requirements", "Pipfile", "pyproject.toml", "Dockerfile", "compose")  # one of these is in each such name
_KEYED = ("Pipfile", "pyproject.toml")
_MINOR = re.compile(r"(\d+)\.(\d+)(?:\.\d+)*")


class Versions(Struct, frozen=True):
    """Both minors, each with the place it was read from."""

    target: str
    target_source: str
    from_version: str
    from_source: str


def versions(root: Path, options: Options) -> Versions:
    """The versions that options, else the project's pins, else the defaults give. Raises `ConfigError`."""
    pins = dict(_pins(root)) if not (options.target and options.from_version) else {}
    newest = minors()[-1]
    target, source = options.target, "as asked"
    if not target:
        target, source = pins.get("3", (newest, "the newest"))
        target = target if target in minors() else newest
    if _MINOR.fullmatch(target):
        target = ".".join(target.split(".")[:2])
    if target not in minors():
        meant = near(target, minors())
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(minors())}"
        raise ConfigError(f"target {target!r} is not known: {hint}")
    came, came_source = options.from_version, "as asked"
    if not came:
        came, came_source = pins.get("2") or _below(pins.get("3"), target) or (DEFAULT_FROM, "the default")
    if not _MINOR.fullmatch(came):
        raise ConfigError(f"from {came!r} is no version: write it like 2.10")
    came = ".".join(came.split(".")[:2])
    if number(came) > number(target):
        raise ConfigError(
            f"from {came} ({came_source}) is newer than target {target} ({source}): correct one of them"
        )
    return Versions(target, source, came, came_source)


def _below(pin: tuple[str, str] | None, target: str) -> tuple[str, str] | None:
    """A pin of what runs today: one of an older 3.x than the target that is asked for."""
    return pin if pin and number(pin[0]) < number(target) else None


def settle(options: Options, found: Versions, tree: Tree) -> Options:
    """Options that hold both versions, what bridges have to keep to, and what ignore-files hang on."""
    pins = bounds(tree.root) if options.bridge else ()
    settings: tuple[tuple[str, str], ...] = ()
    if any(document.kind == "loadlist" for document in tree.documents.values()):
        from upgradecheck.linking.settings import settings_of

        settings = settings_of(tree.configuring, lookup("ignore_syntax"))
    return replace(options, target=found.target, from_version=found.from_version, pins=pins, settings=settings)


def _pins(root: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """(major, (minor version, source)) for each pin of the distribution; of a major the last one counts.

    Requirements decide, those nearest to the root; where they pin nothing, the images of the deployment.
    """
    names, near = _distributions(), _near(root)
    pinned = []
    for file, requirement in _requirements(root, names, near):
        for specifier in requirement.specifier if requirement.name in names else ():
            match = _MINOR.match(specifier.version)
            if specifier.operator in ("==", "~=", "===") and match:
                pinned.append((match[1], (f"{match[1]}.{match[2]}", f"pinned in {file}")))
    yield from pinned or _imaged(root, near)


def _near(root: Path) -> list[str]:
    """What lies in a folder or one below, as far as its name may tell of versions, in order."""
    names = []
    for entry in _listing(root):
        names += [entry.name]
        names += [f"{entry.name}/{inner.name}" for inner in _listing(entry)] if os.path.isdir(entry) else []
    return sorted(name for name in names if any(told in name for told in _TOLD))


def _listing(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:  # no folder, or one that nobody may read
        return list(entries)
    return []


def _meeting(patterns: tuple[str, ...], near: list[str]) -> list[str]:
    """The names that meet one of some globs, by these; a ``*`` ends at a slash."""
    return [
        name
        for pattern in patterns
        for name in near
        if name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)
    ]


def _imaged(root: Path, near: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The same of images, the oldest last: what is written has to run there as well."""
    paths = [root / name for name in _meeting(_IMAGES, near)]
    if not paths:
        return
    from upgradecheck.rulebook.facts import load

    found = []
    rule = next(rule for rule in load() if rule.stem == "outdated_image")
    images = [
        name for name, lines in rule.lines.items() if "*" not in name for line in lines if ",release," in line
    ]
    named = re.compile(rf"(?m)^[^#\n]*\b(?:{'|'.join(map(re.escape, images))}):(?:slim-)?v?(\d+)\.(\d+)")
    for path in paths:
        with suppress(OSError, UnicodeDecodeError):  # no image to be had from it
            source = f"the image in {path.relative_to(root).as_posix()}"
            found += [(f"{major}.{minor}", source) for major, minor in named.findall(path.read_text("utf-8"))]
    for version, source in sorted(found, key=lambda one: number(one[0]), reverse=True):
        yield version.partition(".")[0], (version, source)


def _distributions() -> list[str]:
    return [row["name"] for row in lookup("version_names") if row["form"] == "distribution"]


def bounds(root: Path) -> tuple[tuple[str, str], ...]:
    """(distribution, specifiers) of each package of the same family that the project's requirements name."""
    names = _distributions()
    found = ((r.name, str(r.specifier)) for _, r in _requirements(root, names, _near(root)) if r.name not in names)
    return tuple(dict.fromkeys(found))


def _requirements(root: Path, names: list[str], near: list[str]) -> Iterator[tuple[str, Requirement]]:
    """(file, requirement) of everything in the project's requirements whose name begins with one of these; those
    of the root come last."""
    for file in _meeting(_REQUIREMENTS, near):
        try:
            text = (root / file).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # no requirements to be had from it; a config in it is checked elsewhere
        if any(name in text for name in names):
            yield from ((file, found) for found in _listed(text, Path(file).name, tuple(names)))


def _listed(text: str, name: str, names: tuple[str, ...]) -> Iterator[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    from upgradecheck.texts.tomlpackages import requirements

    lines = [line.partition("#")[0].partition(" -")[0].rstrip(" \\") for line in re.split(r"[\n\"']", text)]
    for candidate in (*lines, *(requirements(text) if name in _KEYED else ())):
        if candidate.strip().startswith(names):
            with suppress(InvalidRequirement):  # not a requirement, or one of a form that pins nothing
                yield Requirement(candidate.strip())
