"""A requirement that leaves no room for what the target needs, or names a package that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from upgradecheck import judge
from upgradecheck.linking.deployment import Address, Requirement, ShellCommand, Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs, Severity
from upgradecheck.rulebook.bridges import reaches
from upgradecheck.rulebook.facts import Rule, lookup, minors, number
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rows import Row, Table

_OWN = "release"  # the package is what is released: any release of the lines that the tables know will do
_PATCHES = 40  # more than a line ever had
_SURE = {"import_check", "imports_tried"}


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code asks for no packages."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to requirements, to what installs them, and to addresses of constraints."""
    from upgradecheck.readers.requirements import installed  # a start without findings does without

    table = Table(rule)

    def asked(use: Requirement, scene: Scene) -> Iterator[Finding]:
        rows = [row for name in (use.name, f"{_family(use.name)}*") for row in table.of(name)]
        for row in rows:
            if row.status(scene.target) != "ok" and _fails(row, use, scene.target):
                yield from _told(rule, row.status(scene.target), row.since(), use, _of_row(row, use, scene), scene)
        if not rows and (found := _provider(use, scene.target)):
            yield from _told(rule, *found[:2], use, found[2:], scene)

    def command(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        for found in installed(use):
            yield from asked(found, scene)
        for word in use.words:
            if word is not None and "://" in word.value:
                yield from address(Address(word), scene)

    def variable(use: Variable, scene: Scene) -> Iterator[Finding]:
        for found in _held(use):
            yield from asked(found, scene)
        if use.value is not None and "://" in use.value.value:
            yield from address(Address(use.value), scene)

    def address(use: Address, scene: Scene) -> Iterator[Finding]:
        for row in lookup("address_releases"):
            for found in re.finditer(row["pattern"], use.text.value):
                yield from _constraint(rule, use.text.part(*found.span(1)), scene)

    return {Requirement: asked, ShellCommand: command, Variable: variable, Address: address}


def _held(use: Variable) -> Iterator[Requirement]:
    """What a variable asks for: a Python, or packages."""
    from upgradecheck.readers.requirements import python, python_keys, requirement

    if use.value is not None and use.name.value in python_keys():
        yield from python(use.value)
    if use.value is not None and use.name.value in _holders():
        for word in re.finditer(r"\S+", use.value.value):
            yield from requirement(use.value.part(*word.span()))


@cache
def _holders() -> frozenset[str]:
    """Variables that hold requirements."""
    return frozenset(row["variable"] for row in lookup("requirement_variables"))


def _family(name: str) -> str:
    return "-".join(name.split("-")[:4]) + "-"


def _fails(row: Row, use: Requirement, target: str) -> bool:
    """Whether a requirement leaves no room for what the row asks for."""
    if row.cell("extra"):
        return row.cell("extra") in use.extras
    if row.cell("least") == _OWN:
        return bool(use.specifier) and not _allows(use.specifier, _releases())
    least = row.cell(f"least{target.replace('.', '')}") or row.cell("least")
    return not least or (bool(use.specifier) and not reaches(use.specifier, least))


@cache
def _releases() -> tuple[str, ...]:
    """Those of the lines that the tables know, published or not."""
    return tuple(f"{minor}.{patch}" for minor in minors() for patch in range(_PATCHES))


def _allows(specifier: str, releases: tuple[str, ...]) -> bool:
    """Whether specifiers leave room for a release; a pin also where it names a build or a candidate of one."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    asked = SpecifierSet(specifier)
    exact = [one.version for one in asked if one.operator == "==" and not one.version.endswith("*")]
    return any(asked.filter(releases)) or any(Version(one).base_version in releases for one in exact)


def _of_row(row: Row, use: Requirement, scene: Scene) -> tuple[str, str]:
    least = row.cell(f"least{scene.target.replace('.', '')}") or row.cell("least")
    wanted = f"{use.name}{use.specifier}"
    if row.cell("extra"):
        return f"`{use.name}` has no extra `{row.cell('extra')}` in Airflow {scene.target}", row.cell("advice")
    if least == _OWN:
        return f"`{wanted}` leaves no room for Airflow {scene.target}", row.cell("advice")
    if not least:
        return f"`{use.name}` is gone: {row.cell('reason')}", row.cell("advice")
    return f"`{wanted}` leaves no room for {least}, which Airflow {scene.target} needs", row.cell("advice")


def _provider(use: Requirement, target: str) -> tuple[str, str, str, str] | None:
    """(status, since, message, advice) of a provider that is too old for the target."""
    row = next((r for r in lookup("providers") if r["package"] == use.name and r["airflow"] == target), None)
    if row is None or not use.specifier or reaches(use.specifier, row["min_version"]):
        return None
    least, wanted = row["min_version"], f"{use.name}{use.specifier}"
    sure = row["evidence"] in _SURE
    why = "older ones cannot be imported there" if sure else "Airflow's own extras ask for no older one"
    message = f"`{wanted}` leaves no room for {least}, the least version for Airflow {target}: {why}"
    since = next(
        m for m in minors() for r in lookup("providers")
        if r["package"] == use.name and r["airflow"] == m and not reaches(use.specifier, r["min_version"])
    )  # fmt: skip
    return "broken" if sure else "warns", since, message, f"Ask for `{use.name}>={least}`."


def _told(
    rule: Rule, status: str, since: str, use: Requirement, said: tuple[str, ...], scene: Scene
) -> Iterator[Finding]:
    level = judge.severity(status, Runs.IMPORT)
    if level:
        place = scene.source.span(use.place.start, use.place.end)
        why = "which version to take, a person decides, with the constraints of the release"
        yield scene.finding(rule, level, place, use.name, said[0], said[1], since, NoFix(why))


def _constraint(rule: Rule, text: Text, scene: Scene) -> Iterator[Finding]:
    """An address that names the constraints of a release."""
    if re.match(r"\d+\.\d+", text.value) and number(text.value.split("rc")[0]) < number(minors()[0]):
        release = next(r["release"] for r in lookup("releases") if r["minor"] == scene.target)
        place = scene.source.span(text.start, text.end)
        yield scene.finding(
            rule, Severity.ERROR, place, f"constraints-{text.value}",
            f"These are the constraints of Airflow {text.value}: what they pin does not go with {scene.target}",
            f"Take those of the release that you go to: constraints-{release}.", minors()[0],
            NoFix("they change together with the release and its Python"),
        )  # fmt: skip
