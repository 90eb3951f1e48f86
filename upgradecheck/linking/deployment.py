"""What readers find in files that are no code: what they set, run, install and name, whatever the format."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from upgradecheck.model import Edit, Runs
from upgradecheck.texts.texts import Text

Moved = tuple[Edit, ...] | str
"""Edits that write something elsewhere, or why it cannot be."""


class Variable(Struct, frozen=True, eq=False):
    """An environment variable that a file sets, whatever the format.

    ``value`` is None where it is not written out; ``written``: the same as the file spells it. ``entry``: the
    offsets of the lines that hold it and nothing else, None where they hold more. ``beside``: the other variables
    that are set in the same place. ``keyed``: it stands in a map or a secret, from which others may ask for it.
    """

    name: Text
    value: Text | None = None
    entry: tuple[int, int] | None = None
    beside: frozenset[str] = frozenset()
    keyed: bool = False
    written: Text | None = None


class Option(Struct, frozen=True, eq=False):
    """An option of the configuration that a file sets by section and name.

    ``value``, ``entry``, ``beside`` (sections and names): as for variables. ``move(section, option, edits)`` writes
    it under other names, with edits made in its value.
    """

    section: str
    name: Text
    value: Text | None
    move: Callable[[str, str, tuple[Edit, ...]], Moved]
    entry: tuple[int, int] | None = None
    beside: frozenset[tuple[str, str]] = frozenset()


class ShellCommand(Struct, frozen=True, eq=False):
    """A command that a file runs: its words, None for those that only the shell knows.

    ``entry``: it may be handed to a program that is not written here, the entrypoint of the container's image.
    ``runs``: when it is run, where code does it. ``written``: all of it, as the file spells it, where that is one
    piece. ``container``: all that is said of the container that runs it, "" where that is not told.
    """

    words: tuple[Text | None, ...]
    entry: bool = False
    runs: Runs | None = None
    written: Text | None = None
    container: str = ""


class Deployment(Struct, frozen=True, eq=False):
    """A file that starts containers: the commands that they run."""

    commands: tuple[ShellCommand, ...]


class Image(Struct, frozen=True, eq=False):
    """An image of a container that a file names: ``name`` without its tag or digest."""

    name: Text
    tag: Text | None = None


class Probe(Struct, frozen=True, eq=False):
    """A path that a container is asked for, to see whether it is well, and the port as it is written.

    ``container``: as for commands.
    """

    path: Text
    port: str
    container: str = ""


class ChartValue(Struct, frozen=True, eq=False):
    """A value that is given to the official Helm chart, by its path in the chart's values.

    ``value``: None where it is no scalar. ``beside``: the uppermost names that are given in the same place.
    """

    path: tuple[str, ...]
    key: Text
    value: Text | None
    beside: frozenset[str]


class Chart(Struct, frozen=True, eq=False):
    """A chart that a file asks for, by name, with the repository that it comes from ("" where that is not told)."""

    name: str
    version: Text
    repository: str


class Requirement(Struct, frozen=True, eq=False):
    """A package that a file asks for, or holds to a version.

    ``name``: normalised; ``specifier``: as it is written, "" for any version. ``place``: its
    name. ``constrains``: it only bounds what others ask for.
    """

    name: str
    extras: tuple[str, ...]
    specifier: str
    place: Text
    constrains: bool = False


class Address(Struct, frozen=True, eq=False):
    """An address that a file names: a URL."""

    text: Text
