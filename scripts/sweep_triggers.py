"""Whether files are read for all rules that find something in them: as much is found as by asking each of all.

Usage: python scripts/sweep_triggers.py FOLDER... (each a project of its own)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import click

from upgradecheck.config import Options
from upgradecheck.linking.concerns import Concerns
from upgradecheck.run import run

_EVERY = (1 << 512) - 1  # more rules than there are
Place = tuple[str, str, str, int, str]


def found(folder: Path) -> set[Place]:
    """Where something is found in a project: rule, severity, document, line, what it is about."""
    report = run(Options(paths=(str(folder),), run_all=True, cache=False, jobs=1))
    return {
        (f.rule_id, f.severity.value, f.document, f.span.line if f.span else 0, f.subject) for f in report.findings
    }


def passed_over(folder: Path) -> Iterator[tuple[str, Place]]:
    """What triggers miss in a project, and what is only found with them. Prints a line."""
    with mock.patch.object(Concerns, "rules_for", lambda *_: _EVERY):
        every = found(folder)
    concerned = found(folder)
    print(f"{folder}: {len(every)} findings", flush=True)
    yield from (("missed", place) for place in sorted(every - concerned))
    yield from (("only with triggers", place) for place in sorted(concerned - every))


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folders: tuple[Path, ...]) -> None:
    """Print each difference, and how many there are."""
    differences = [(folder, *one) for folder in folders for one in passed_over(folder)]
    for folder, how, place in differences:
        print(f"{folder}: {how}: {' '.join(map(str, place))}")
    print(f"{len(differences)} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
