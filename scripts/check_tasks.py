"""Run what the rules' pages say fails in a task, and a sample of the rows behind it, in tasks of a real Airflow.

    python scripts/check_tasks.py --python /opt/airflow3/bin/python [--seed 1] [--sample 4] [STEMS...]

Each ERROR of a `before` that strikes in a task or callback is a trial of its own: what fails before it is caught,
and the run has to fail on its line. Exits with 1 where Airflow and a finding disagree, with 3 where Airflow could
not be had.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed
from check_examples import Case, cases
from live import Told, live
from rich.console import Console

from upgradecheck.model import Runs, Severity

ROOT = Path(__file__).resolve().parents[1]
_PROBE = Path(__file__).resolve().parent / "probe_tasks.py"
_LATER = (Runs.TASK, Runs.CALLBACK)
_SECONDS = 900
_CALLS = ("call", "decorator", "object", "method", "option", "command")


@dataclass(frozen=True)
class Trial:
    """A text, the line that has to fail in a task, and what a finding or a row says of it."""

    name: str
    text: str
    line: int
    says: str
    quiet: tuple[int, ...] = ()
    callback: bool = False
    by_asset: bool = False

    @property
    def dag_file(self) -> str:
        """The DAG file that runs it."""
        place = "__file__.replace('.py', '.example.py')"
        given = f"{self.name!r}, {self.text!r}, {list(self.quiet)!r}, {place}, {self.callback!r}, {self.by_asset!r}"
        return f"# airflow dag\nfrom probe_tasks import trial\n\ndag = trial({given})\n"


def of_examples(every: Iterable[Case]) -> Iterator[Trial]:
    """A trial for each ERROR that strikes later, of each example that is to be mended."""
    for case in (case for case in every if case.role == "before"):
        wrong = [f for f in case.findings if f.severity is Severity.ERROR and f.span]
        for finding in (f for f in wrong if f.runs in _LATER):
            assert finding.span
            line = finding.span.line
            quiet = tuple(sorted({f.span.line for f in wrong if f.span and f.span.line != line}))
            name = f"{case.rule.stem}-{case.example.line}-{line}"
            callback = finding.runs is Runs.CALLBACK
            by_asset = "started by assets" in finding.message
            yield Trial(name, case.text.text, line, finding.message, quiet, callback, by_asset)


def of_rows(seed: int, count: int) -> Iterator[Trial]:
    """Trials for a sample of each kind of row about what is out of reach in a task."""
    with (ROOT / "rules" / "database_access.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    chosen = random.Random(seed)
    for kind in _CALLS:
        mine = [row for row in rows if row["kind"] == kind and row["s33"] == "broken"]
        for row in chosen.sample(mine, min(count, len(mine))):
            yield Trial(f"row-{kind}-{row['symbol']}", _asking(kind, row["symbol"]), 9, row["raises"])


def _asking(kind: str, symbol: str) -> str:
    """A task that does what a row is about, on line 9."""
    module, _, name = symbol.rpartition(".")
    owner, _, last = module.rpartition(".")
    if kind == "command":
        made, done = "import subprocess", f"subprocess.run([{symbol!r}, 'version'], check=True)"
    elif kind == "option":
        made = "from airflow.configuration import conf\nfrom sqlalchemy import create_engine"
        done = f"create_engine(conf.get({module!r}, {name!r}))"
    elif last[:1].isupper():
        made = f"from {owner} import {last}"
        done = f"{last}.{name}" if kind != "method" else f"{last}('/dev/null').{name}"
        done = f"filled({done})"
    else:
        made = f"import {module}"
        done = {"decorator": f"{symbol}(lambda session=None: session)()", "object": f"{symbol}.connect()"}.get(
            kind, f"filled({symbol})"
        )
    return _TASK.format(made=made.replace("\n", "; "), done=done)


_TASK = """\
import inspect
{made}
from airflow.sdk import task
def filled(function):
    asked = inspect.signature(function).parameters.values()
    given = [p.name for p in asked if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    found = function(**dict.fromkeys(given, "x"))
    return found.__enter__() if hasattr(found, "__enter__") else found
work = lambda: {done}
task(task_id="t")(lambda: work())()
"""


# makes the asset that some trials wait for, once all are read
_PRODUCER = """\
import time
from datetime import datetime, timezone
from airflow.sdk import DAG, Asset, task

with DAG("producer", schedule="@once", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    task(task_id="t", outlets=[Asset("trial")])(lambda: time.sleep(120))()
"""


def verdict(trial: Trial, told: dict[tuple[str, str], Told], broken: dict[str, str]) -> str:
    """ "" where Airflow agrees, else what it does instead."""
    if f"{trial.name}.py" in broken:
        return f"the DAG does not load: {broken[f'{trial.name}.py'].strip().splitlines()[-1][:200]}"
    mine = [answer for (dag, _), answer in told.items() if dag == trial.name]
    if any(trial.line in lines for answer in mine for _, lines in answer.errors):
        return ""
    failed = [error for answer in mine if answer.state == "failed" for error, _ in answer.errors]
    if failed and not trial.callback and not trial.name.startswith("row-"):
        return ""  # a parameter, or a template: they have no line that runs
    return f"no error there: {[(a.state, e[:1]) for a in mine for e in a.errors or [('none', ())]]}"


def run(python: Path, trials: Sequence[Trial]) -> tuple[dict[tuple[str, str], Told], dict[str, str]]:
    """What became of each task, and of the files that do not load. Raises `EnvironmentFailed`."""
    files = {f"dags/{trial.name}.py": trial.dag_file for trial in trials}
    files["dags/producer.py"] = _PRODUCER
    files["plugins/probe_tasks.py"] = _PROBE.read_text("utf-8")
    with live(python, files, {"AIRFLOW__CORE__PARALLELISM": "3"}) as airflow:
        told = airflow.finished(len(trials) + 1, _SECONDS, lambda: len(airflow.failed_imports()))
        return told, airflow.failed_imports()


@click.command(help=__doc__)
@click.option("--python", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--seed", default=1, help="Of the sample of rows.")
@click.option("--sample", default=4, help="How many rows of each kind.")
@click.argument("stems", nargs=-1)
def main(python: Path, seed: int, sample: int, stems: tuple[str, ...]) -> None:
    """Run the trials, and tell where a finding and Airflow disagree."""
    trials = [*of_examples(cases(stems)), *(of_rows(seed, sample) if not stems else ())]
    try:
        told, broken = run(python, trials)
    except EnvironmentFailed as error:
        Console().print(str(error), style="red", markup=False)
        sys.exit(3)
    verdicts = {trial: verdict(trial, told, broken) for trial in trials}
    agreed = Counter(trial.name.partition("-")[0] for trial, wrong in verdicts.items() if not wrong)
    for stem, count in Counter(trial.name.partition("-")[0] for trial in trials).items():
        print(f"{stem}: {agreed[stem]} of {count} fail as they say")
    for trial, wrong in verdicts.items():
        if wrong:
            print(f"{trial.name}: {trial.says[:120]} | {wrong[:300]}")
    sys.exit(1 if any(verdicts.values()) else 0)


if __name__ == "__main__":
    main()
