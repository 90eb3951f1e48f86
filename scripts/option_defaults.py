"""Write ``rules/tables/option_defaults.csv``: what options that change are by default, off real Airflow.

    python scripts/option_defaults.py --before PYTHON_2_11 --after PYTHON_3_0 … --after PYTHON_3_3

``release`` is 2 for old names on the release before (or those of 3.x that know them, where it does not), 3 for the
names that took their place; of 3.x only what all the interpreters that know it have the same. Interpreters without
a provider say nothing of its options.
"""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
_TABLE = ROOT / "rules" / "tables" / "option_defaults.csv"
_PROBE = Path(__file__).resolve().parent / "probe_defaults.py"


@click.command()
@click.option("--before", required=True, help="An interpreter with the last release of 2.x.")
@click.option("--after", multiple=True, required=True, help="Interpreters with releases of 3.x.")
def main(before: str, after: tuple[str, ...]) -> None:
    """Measure and write."""
    with (ROOT / "rules" / "config_option.csv").open(encoding="utf-8", newline="") as lines:
        options = list(csv.DictReader(lines))
    old = sorted({(row["section"], row["option"]) for row in options})
    new = sorted({(row["to_section"], row["to_option"]) for row in options if row["to_option"]})
    known = dict(_agreed(old, [before]))
    found = [(*name, "2", value, "defaults_2.11") for name, value in known.items()]
    younger = [name for name in old if name not in known]
    found += [(*name, "2", value, "defaults_3") for name, value in _agreed(younger, after)]
    found += [(*name, "3", value, "defaults_3") for name, value in _agreed(new, after)]
    with _TABLE.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("section", "option", "release", "default", "evidence"))
        rows.writerows(sorted(found))


def _agreed(names: list[tuple[str, str]], pythons: Sequence[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """The defaults that all who know the option have the same."""
    told = [_asked(names, python) for python in pythons]
    for number, name in enumerate(names):
        values = {each[number] for each in told} - {None}
        if len(values) == 1:
            yield name, str(values.pop())


def _asked(names: list[tuple[str, str]], python: str) -> list[str | None]:
    done = subprocess.run(
        [python, str(_PROBE)], input=json.dumps(names), capture_output=True, encoding="utf-8", check=True
    )
    answer = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER"))
    told: list[str | None] = json.loads(answer.removeprefix("ANSWER"))
    return told


if __name__ == "__main__":
    main()
