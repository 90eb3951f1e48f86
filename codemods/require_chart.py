"""A chart that knows nothing of the target: in what depends on it, and in commands that install it."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Chart, ShellCommand
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule, number
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rows import Row, Table

_PROGRAM = "helm"
_OPTION = "--version"
_OFFICIAL = "1"  # the major version that tells a chart where nothing says what it comes from
_SIGNS = "~^=v"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code asks for no charts."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to charts and commands."""
    table = Table(rule)

    def asked(use: Chart, scene: Scene) -> Iterator[Finding]:
        version = use.version.value.lstrip(_SIGNS)
        rows = [row for row in table.of(use.name) if _comes_from(row, use.repository, version)]
        row = next((row for row in rows if number(version) < number(row.cell("below"))), None)
        level = judge.severity(row.status(scene.target), Runs.IMPORT) if row else None
        if row and level:
            place = scene.source.span(use.version.start, use.version.end)
            what = (
                "is older than is advised for Airflow"
                if row.status(scene.target) == "warns"
                else "knows no Airflow"
            )
            message = f"The chart `{use.name}` {version} {what} {scene.target}"
            yield scene.finding(
                rule, level, place, f"{use.name} {version}", message, _advice(row), row.since(),
                NoFix("it changes together with its values"),
            )  # fmt: skip

    def command(use: ShellCommand, scene: Scene) -> Iterator[Finding]:
        words = [word for word in use.words if word is not None]
        if words and words[0].value.rpartition("/")[2] == _PROGRAM and (version := _version(words)):
            for word in words[1:]:
                alias, _, name = word.value.rpartition("/")
                if alias and table.of(name):
                    yield from asked(Chart(name, version, alias), scene)

    return {Chart: asked, ShellCommand: command}


def _version(words: list[Text]) -> Text | None:
    """What ``--version`` is given, where that is one version."""
    for word, following in zip(words, [*words[1:], None], strict=True):
        given = word.part(len(_OPTION) + 1, len(word.value)) if word.value.startswith(f"{_OPTION}=") else None
        given = following if word.value == _OPTION else given
        if given is not None:
            return given if given.value.lstrip(_SIGNS).replace(".", "").isdigit() else None
    return None


def _comes_from(row: Row, repository: str, version: str) -> bool:
    """Whether a chart is the one of the row: by its repository, else by the line that it is of."""
    if not repository:
        return row.cell("least") != "" and version.partition(".")[0] == _OFFICIAL
    parts = repository.replace("/", " ").split()
    return any(part in row.cell("repository").split() for part in parts)


def _advice(row: Row) -> str:
    ask = f"Ask for {row.cell('least')} or later. " if row.cell("least") else ""
    return f"{ask}{row.cell('advice')}"
