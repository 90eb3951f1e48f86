"""Commands of a program, found in what a file runs: the words that name them, and those behind."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.linking.triggers import Started, Trigger
from upgradecheck.model import Edit
from upgradecheck.rulebook.facts import Rule
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text

from ._rows import Row, Table

Words = tuple[Text | None, ...]


class Run(Struct, frozen=True, eq=False):
    """A command that is run: its row, the words that name it, and those behind them.

    ``program`` is None where the words are handed to a program that the file does not name.
    """

    row: Row
    program: Text | None
    named: tuple[Text, ...]
    rest: Words


def runs(use: ShellCommand, rows: dict[str, list[Row]]) -> Iterator[Run]:
    """What is run of the commands in a table. ``rows``: by the first word of what they are about."""
    first = use.words[0] if use.words else None
    if first is None:
        return
    name = first.value.rpartition("/")[2]
    if name in rows:
        yield from _matching(rows[name], first, use.words[1:])
    elif use.entry:
        handed = [row for found in rows.values() for row in found if row.cell("entry")]
        yield from _matching(handed, None, use.words)


def _matching(rows: list[Row], program: Text | None, words: Words) -> Iterator[Run]:
    """The rows about a command; of commands that begin alike the longest."""
    found: list[Run] = []
    for row in rows:
        wanted = row.owner.split()[1:]
        named = [word for word in words[: len(wanted)] if word is not None]
        if [word.value for word in named] == wanted:
            found.append(Run(row, program, tuple(named), words[len(wanted) :]))
    longest = max((len(run.named) for run in found), default=0)
    yield from (run for run in found if len(run.named) == longest)


def by_program(rule: Rule) -> dict[str, list[Row]]:
    """A table's rows by the program that they are about."""
    table = Table(rule)
    found: dict[str, list[Row]] = {}
    for owner in rule.lines:
        found.setdefault(owner.split()[0], []).extend(table.of(owner))
    return found


def started(rule: Rule, target: str) -> Iterator[Trigger]:
    """What makes a Python file matter to a rule about commands: the names of their programs."""
    yield from (Started(program) for program in by_program(rule))


def written_anew(run: Run, new: str, scene: Scene) -> tuple[Edit, ...] | str:
    """The words that name a command, written as others; or why they cannot be."""
    words = new.split()[1:]
    if not all(word.editable for word in run.named):
        return "it is not written in one piece"
    document = scene.document.name
    if len(words) == len(run.named):
        pairs = zip(run.named, words, strict=True)
        return tuple(word.edit(document, other) for word, other in pairs if word.value != other)
    around = (run.program, *run.named)
    if any(not apart(scene, one, two) for one, two in pairwise(around)):
        return "its words are written as a list, and become more or fewer"
    return (Edit(document, run.named[0].start, run.named[-1].end, " ".join(words)),)


def apart(scene: Scene, one: Text | None, two: Text | None) -> bool:
    """Whether nothing but blanks stands between two words of a line."""
    if one is None or two is None or not (one.exact and two.exact):
        return False
    between = scene.source.text[one.end : two.start]
    return bool(between) and not between.strip(" \t")
