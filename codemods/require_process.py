"""A deployment that starts what needs another process, and not that process."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck import judge
from upgradecheck.linking.deployment import Deployment, ShellCommand
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rows import Row, Table


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: code is no deployment."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to deployments."""
    table = Table(rule)

    def handler(use: Deployment, scene: Scene) -> Iterator[Finding]:
        found = started(use)
        for row in (row for process in rule.lines for row in table.of(process)):
            level = judge.severity(row.status(scene.target), Runs.IMPORT)
            place = found.get(row.cell("beside"))
            if (
                not (level and place)
                or {row.owner, row.cell("unless")} & found.keys()
                or not _lacks(row, found, scene)
            ):
                continue
            yield scene.finding(
                rule, level, scene.source.span(place.start, place.end), row.owner,
                f"This starts `{row.cell('beside')}` and no `{row.owner}`: since Airflow {row.since()} "
                f"{row.cell('reason')}",
                row.cell("advice"), row.since(), NoFix("a container has more to it than its command"),
            )  # fmt: skip

    return {Deployment: handler}


def _lacks(row: Row, found: dict[str, Text], scene: Scene) -> bool:
    """Whether this is the whole deployment, or the rest of it stands in files that start no such process either."""
    web = [each["process"] for each in lookup("web_processes")]
    if any(process in found for process in web):
        return True
    return any(map(scene.project.requires, web)) and not scene.project.requires(row.owner)


def started(use: Deployment) -> dict[str, Text]:
    """What a deployment starts, each with a place where it does."""
    return {name: text for command in use.commands for name, text in _names(command)}


def _names(command: ShellCommand) -> Iterator[tuple[str, Text]]:
    """What a command starts, with the program that the image's entrypoint would put before it."""
    words = [word for word in command.words[:2] if word is not None]
    programs = [row["program"] for row in lookup("programs")]
    if len(words) == 2 and words[0].value.rpartition("/")[2] in programs:
        yield f"{words[0].value.rpartition('/')[2]} {words[1].value}", words[1]
    elif words and command.entry:
        yield from ((f"{program} {words[0].value}", words[0]) for program in programs)
