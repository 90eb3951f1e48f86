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
    """Whether a fix said so: it named the argument or class, or, of a template, a key that stands in it."""
    if not announced.isdisjoint(difference.words):
        return True
    return difference.template and not announced.isdisjoint(WORD.findall(difference.before))
