"""A release of Airflow 2 that a deployment names: in the tag of an image, or as a version for what builds one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from msgspec import Struct

from upgradecheck import judge
from upgradecheck.linking.deployment import Image, Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs
from upgradecheck.rulebook.facts import Rule, lookup, minors, number
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rows import Row, Table

_RELEASE = re.compile(r"(?:^|(?<=slim-))v?(\d+\.\d+(?:\.\d+)?)(?![\d.]*\d)")
_MAJOR = re.compile(r"^(\d+)\.\d+")
_PYTHON = re.compile(r"-python(\d+\.\d+)")
_OWN = "image"  # a key of which readers say themselves that it names an image


class Named(Struct, frozen=True, eq=False):
    """A release, and where it is written; ``text`` is what stands there, ``rest`` the whole tag."""

    release: str
    text: Text
    rest: str


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code names no images."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to images and to variables that hold a version."""
    from upgradecheck.readers.images import image as read  # a start without findings does without

    table = Table(rule)
    rows = sorted((row for image in rule.lines for row in table.of(image)), key=lambda row: "*" in row.owner)
    official = next((row for row in rows if row.cell("written")), None)

    def image(use: Image, scene: Scene) -> Iterator[Finding]:
        row = next((row for row in rows if _is(use.name.value, row.owner)), None)
        found = _named(use.tag, row.cell("scheme")) if row and use.tag else None
        if row and found:
            yield from _told(rule, row, found, f"image `{row.owner}`", scene)

    def variable(use: Variable, scene: Scene) -> Iterator[Finding]:
        for held in read(use.value) if use.value and use.name.value != _OWN else ():
            yield from image(held, scene)
        key = _keys().get(use.name.value) or _keys().get(_bare(use.name.value))
        found = _held(use.value, key["before"]) if key and use.value else None
        if key and found and official:
            yield from _told(rule, official, found, f"`{use.name.value}`", scene, bool(key["written"]))

    return {Image: image, Variable: variable}


def _bare(name: str) -> str:
    """A name however words are put together in it."""
    return name.replace("_", "").lower() + "*"


@cache
def _keys() -> dict[str, dict[str, str]]:
    """Variables and keys that hold a release, by name; by bare words with a star where any spelling will do."""
    return {row["key"]: row for row in lookup("release_keys")}


def _is(name: str, wanted: str) -> bool:
    """Whether an image is the one that a row is about, from whatever registry."""
    return fnmatchcase(name, wanted) or name.endswith(f"/{wanted}")


def _named(tag: Text, scheme: str) -> Named | None:
    """The release that a tag stands for, if it can be told."""
    if scheme == "release" or (scheme == "release with Python" and _PYTHON.search(tag.value)):
        found = _RELEASE.search(tag.value)
        return Named(found[1], tag.part(*found.span(1)), tag.value) if found else None
    major = _MAJOR.match(tag.value)
    known = {r["version"]: r["release"] for r in lookup("runtime_releases") if r["scheme"] == scheme}
    release = known.get(major[1]) if major else None
    return Named(release, tag, tag.value) if release else None


def _held(value: Text, before: str) -> Named | None:
    """The release that a value holds."""
    at = value.value.find(before)
    found = _RELEASE.match(value.value, at + len(before)) if at >= 0 and not before else None
    if before and at >= 0:
        found = re.compile(r"(\d+\.\d+(?:\.\d+)?)").match(value.value, at + len(before))
    return Named(found[1], value.part(*found.span(1)), value.value) if found else None


def _told(rule: Rule, row: Row, found: Named, what: str, scene: Scene, written: bool = True) -> Iterator[Finding]:
    level = judge.severity(row.status(scene.target), Runs.IMPORT)
    if not level or number(found.release) >= number(minors()[0]):
        return
    place = scene.source.span(found.text.start, found.text.end)
    message = f"{what} is Airflow {found.release}: the upgrade to {scene.target} changes it"
    yield scene.finding(
        rule, level, place, f"Airflow {found.release}", message[:1].upper() + message[1:], row.cell("advice"),
        row.since(), _fix(row, found, written, scene),
    )  # fmt: skip


def _fix(row: Row, found: Named, written: bool, scene: Scene) -> Fix | NoFix:
    if row.cell("safety") == "none":
        return NoFix(row.cell("reason"))
    release = next(r for r in lookup("releases") if r["minor"] == scene.target)
    python = _PYTHON.search(found.rest)
    least, most = (number(part) for part in release["python"].split(" - "))
    if python and not least <= number(python[1]) <= most:
        return NoFix(f"there is none with Python {python[1]}: Airflow {scene.target} runs on {release['python']}")
    if not written or not found.text.editable or found.release.count(".") < 2:
        return NoFix("which release to take, a person decides")
    edit = found.text.edit(scene.document.name, release["release"])
    return Fix(f"Write {release['release']}", "unsafe", "cutover", (edit,), caution=row.cell("reason"))
