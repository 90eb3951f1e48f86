"""Hold docs/coverage.md against a folder of facts: does each silent change stand beside a rule, or a reason?

    python scripts/check_coverage.py ../facts

The folder holds `breaking-changes.yaml`: entries with an id and an area. Those about behaviour, the context of
tasks and plugins have to be named by a line of the page (`dag-*` names all that begin so).
Exits with 1 where one is not, or where a line names none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
AREAS = ("behaviour", "context", "plugin")
_ENTRY = re.compile(r"(?m)^- id: (\S+)\n  area: (\S+)$")


def lines(text: str) -> list[tuple[str, str, list[str]]]:
    """The page's table: what changed, who sees it, and the ids that the line speaks of."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [(row[0].strip(), row[1].strip(), row[2].split()) for row in rows[1:]]


def known(text: str) -> list[str]:
    """The ids of the facts that have to be named."""
    return [found for found, area in _ENTRY.findall(text) if area in AREAS]


def gaps(ids: Iterable[str], patterns: Iterable[str]) -> tuple[list[str], list[str]]:
    """Facts that nothing names, and names of none (those of another kind, T1 and so on, are left out)."""
    ids, named = list(ids), [p for p in patterns if not re.fullmatch(r"T\d+", p)]
    unnamed = [one for one in ids if not any(fnmatchcase(one, pattern) for pattern in named)]
    return unnamed, [p for p in named if not any(fnmatchcase(one, p) for one in ids)]


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Compare, and tell."""
    page = lines((ROOT / "docs" / "coverage.md").read_text("utf-8"))
    ids = known((folder / "breaking-changes.yaml").read_text("utf-8"))
    unnamed, empty = gaps(ids, [name for _, _, names in page for name in names])
    for one in unnamed:
        print(f"nothing tells of {one}")
    for one in empty:
        print(f"{one} is no fact")
    print(f"{len(ids)} facts, {len(unnamed)} left out")
    sys.exit(1 if unnamed or empty else 0)


if __name__ == "__main__":
    main()
