"""Record what real Airflow does with replay cases: ``NAME.py`` (or a folder with a plan) -> ``NAME.json``.

    python scripts/record_replay.py --python AIRFLOW_PYTHON [--cases FOLDER] [--into FOLDER] [NAME...]

A case runs as ``upgradecheck replay --engine airflow --execute`` runs it, with the plan that lies beside it
(``NAME.plan.json``, or ``plan.json`` in its folder): through ``dag.test()``, or in a deployment where that would
not tell the truth. Cases are those of ``tests/fixtures/replay`` and results go beside them, unless it is said
otherwise. For a new release: an interpreter that has it; what git then shows is what to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from upgradecheck.runtime.plan import Plan, read
from upgradecheck.runtime.real.engine import replay
from upgradecheck.runtime.real.environment import Interpreter, NoAirflow, interpreter

CASES = Path(__file__).parent.parent / "tests" / "fixtures" / "replay"
KEPT = (
    "state",
    "tasks",
    "xcoms",
    "tries",
    "versions",
    "version",
    "bundle_version",
    "run_type",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "conf",
    "error",
)
DATES = ("logical_date", "data_interval_start", "data_interval_end")
EVENTS = ("REPLAY_EVENTS", "SCENARIO_EVENTS")  # the file to which callbacks of a case write lines
SECONDS = 120


def cases(folder: Path) -> Iterator[tuple[Path, Plan]]:
    """Each case with its plan."""
    for path in sorted(folder.iterdir()):
        plan = path / "plan.json" if path.is_dir() else path.with_suffix(".plan.json")
        if path.suffix == ".py" or (plan.parent == path and plan.exists()):
            yield path, read(plan) if plan.exists() else Plan()


def recorded(case: Path, plan: Plan, python: Interpreter) -> dict[str, Any]:
    """What is kept of a case. Raises `NoAirflow`."""
    begun = datetime.now(timezone.utc)
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.txt"
        os.environ.update(dict.fromkeys(EVENTS, str(events)))
        found = replay([case], plan, execute=True, seconds=SECONDS, python=python)
        lines = events.read_text("utf-8").splitlines() if events.exists() else None
    kept = {name: found[name] for name in ("next_runs", "stuck") if found.get(name)}
    kept |= {"events": lines} if lines is not None else {}
    kept |= {"dag_props": found["dag_props"]} if plan.parse_only else {}
    dags = {dag_id: {"runs": [_run(run, begun) for run in dag["runs"]]} for dag_id, dag in found["dags"].items()}
    return {"airflow": python.version, "import_errors": found["import_errors"], "dags": dags, **kept}


def _run(run: dict[str, Any], begun: datetime) -> dict[str, Any]:
    kept = {name: run[name] for name in KEPT if name in run}
    return {**kept, **{name: "now" for name in DATES if is_now(kept.get(name), begun)}}


def is_now(date: str | None, begun: datetime) -> bool:
    """Is this a date of the moment in which a run was made?"""
    return date is not None and abs(datetime.fromisoformat(date) - begun) < timedelta(hours=1)


def main() -> int:
    """Record all cases, or those that are named; 1 where one came to no end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--into", type=Path)
    given = parser.parse_args()
    into = given.into or given.cases
    into.mkdir(parents=True, exist_ok=True)
    stuck = 0
    try:
        python = interpreter(given.python, "")
        for case, plan in cases(given.cases):
            if not given.names or case.stem in given.names:
                found = recorded(case, plan, python)
                stuck += "stuck" in found
                text = json.dumps(found, indent=1, sort_keys=True) + "\n"
                (into / f"{case.stem}.json").write_text(text, "utf-8")
                print(case.stem, found.get("stuck", "recorded"), flush=True)
    except NoAirflow as error:
        parser.error(str(error))
    return 1 if stuck else 0


if __name__ == "__main__":
    sys.exit(main())
