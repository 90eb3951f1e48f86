"""What ``--fix --verify`` reads DAGs with: the runtime, asked for their structure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from upgradecheck.reports.masking import masked
from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.structure.compare import Difference, differences
from upgradecheck.runtime.structure.reading import Reader
from upgradecheck.runtime.structure.shapes import Shape

WORD = re.compile(r"\w+")
EXPRESSION = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)


class Verifier:
    """Reads DAG files before and after a fix, under one clock (`verification.Proof`)."""

    def __init__(self, jobs: int = 0) -> None:
        self.reader = Reader(tables=str(own_rules() / "tables"), jobs=jobs)

    def read(self, root: Path, files: Sequence[str]) -> dict[str, Shape]:
        """What each file makes, as it is on disk."""
        return {shape.file: shape for shape in self.reader.read(root, files)}

    def changes(self, before: Shape, after: Shape, again: Shape, announced: frozenset[str]) -> tuple[str, ...]:
        """What differs and was not announced. ``again``: the file read once more, as it is afterwards: what is
        another thing each time (a random name) says nothing."""
        restless = {(d.dag_id, d.task_id, d.what) for d in differences(after, again)}
        found = (d for d in differences(before, after) if (d.dag_id, d.task_id, d.what) not in restless)
        return tuple(d.told(masked) for d in found if not _announced(d, announced))


def _announced(difference: Difference, announced: frozenset[str]) -> bool:
    """Whether a fix said so: it named the argument or class, or what was exchanged in the argument's value."""
    named = not announced.isdisjoint(difference.words)
    return named or (difference.value and exchanged(difference.before, difference.after, announced))


def exchanged(before: str, after: str, names: frozenset[str]) -> bool:
    """Whether a value differs only in template expressions in which one of these names stood, and in text from
    which one is gone."""
    one, two = EXPRESSION.split(before), EXPRESSION.split(after)
    if len(one) != len(two):
        return not names.isdisjoint(_words(before) - _words(after))
    pairs = [(number % 2, *pair) for number, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1]]
    return all(not names.isdisjoint(_words(a) - (set() if inside else _words(b))) for inside, a, b in pairs)


def _words(text: str) -> set[str]:
    return set(WORD.findall(text))
