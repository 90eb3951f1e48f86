"""Ignore-files of the loader: one occurrence for each pattern."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.model import Span
from upgradecheck.occurrences import LoadPattern
from upgradecheck.scene import Scene
from upgradecheck.texts.loadlist import IgnoreFile, folder_of, lines_of, top_of
from upgradecheck.texts.source import Source


def parse(source: Source) -> None:
    """Nothing can be wrong with it: what is no pattern is passed over."""


def read(scene: Scene, _: object = None) -> Iterator[LoadPattern]:
    """The file's patterns, in order."""
    name = scene.document.name
    folder = folder_of(name)
    own = name[len(folder) :]
    others = [file for file in scene.project.files("") if file.endswith(f"/{own}") or file == own]
    file = IgnoreFile(folder, top_of(folder, others), lines_of(scene.source.text))
    for line in file.lines:
        column = scene.source.line(line.number).index(line.pattern) + 1
        yield LoadPattern(line.pattern, Span(line.number, column, line.number, column + len(line.pattern)), file)
