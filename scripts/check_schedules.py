"""Hold the model of 2.11's timetables against real 2.11.2: next runs, intervals of manual runs, catchup.

    python scripts/check_schedules.py --python AIRFLOW_2_11_2_PYTHON [--record]

Each DAG of ``tests/fixtures/against/schedules.py`` is looked at from several moments (changes of the clock, leap
days, ends of months and years); each time the next runs are worked out, one after the other. ``--record`` writes a
part of what real Airflow says to ``schedules.2.11.json``, which ``tests/test_against.py`` reads. The interpreter
needs ``time-machine`` (a folder of PYTHONPATH will do).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.plan import Plan, read
from upgradecheck.runtime.replay import Options
from upgradecheck.runtime.replay import replay as replayed
from upgradecheck.runtime.report import next_runs

CASE = Path(__file__).parent.parent / "tests" / "fixtures" / "against" / "schedules.py"
MOMENTS = (
    "2024-02-28T23:59:00+00:00",
    "2026-01-31T00:00:00+00:00",
    "2026-03-01T00:00:00+00:00",
    "2026-03-27T12:00:00+00:00",
    "2026-03-29T00:30:00+00:00",
    "2026-04-04T15:30:00+00:00",
    "2026-10-24T22:00:00+00:00",
    "2026-10-25T00:30:00+00:00",
    "2026-11-01T05:30:00+00:00",
    "2026-12-31T23:45:00+00:00",
)
EVERY = 149  # of the rows that are recorded: a part that a test has time for

INSIDE = r"""
import json, os, sys
from datetime import timezone
from pathlib import Path

case, moments, plan, out = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
import pendulum, time_machine
from airflow.models.dagbag import DagBag

iso = lambda d: d.astimezone(timezone.utc).isoformat() if d else None
bag = DagBag(dag_folder=case, include_examples=False)
assert not bag.import_errors, bag.import_errors

def rows(dag, now):
    now, last, found = pendulum.parse(now), None, []
    for _ in range(plan["n"]):
        with time_machine.travel(now, tick=False):
            info = dag.next_dagrun_info(last.data_interval if last else None)
        if info is None:
            break
        di = info.data_interval
        found.append([iso(info.logical_date), iso(di.start), iso(di.end), iso(info.run_after)])
        last, now = info, max(now, info.run_after)
    return found

def schedule(dag):
    manual = {}
    for date in plan["manual"]:
        di = dag.timetable.infer_manual_data_interval(run_after=pendulum.parse(date))
        manual[date] = [iso(di.start), iso(di.end)]
    runs = {now: rows(dag, now) for now in moments}
    return {"timetable": type(dag.timetable).__name__, "catchup": bool(dag.catchup), "runs": runs, "manual": manual}

found = {name: schedule(dag) for name, dag in sorted(bag.dags.items())}
Path(out).write_text(json.dumps(found))
"""


def real(python: str, plan: dict[str, Any]) -> dict[str, Any]:
    """What real Airflow says, by DAG."""
    with tempfile.TemporaryDirectory() as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        env = {**kept, "AIRFLOW_HOME": home, "PYTHONWARNINGS": "ignore", "TZ": "UTC"}
        out = Path(home) / "out.json"
        given = [str(CASE), json.dumps(MOMENTS), json.dumps(plan), str(out)]
        done = subprocess.run([python, "-c", INSIDE, *given], env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found


def modelled() -> dict[str, Any]:
    """What the model says."""
    options = Options(plan=Plan(parse_only=True), tables=str(own_rules() / "tables"), dialect="2.11", seconds=120)
    asked = read(CASE.with_suffix(".plan.json")).next_runs
    assert asked is not None
    found = {}
    for dag_id, dag in replayed([CASE], options).world.dags.items():
        each = {now: next_runs(dag, replace(asked, now=datetime.fromisoformat(now))) for now in MOMENTS}
        found[dag_id] = {**each[MOMENTS[0]], "runs": {now: each[now]["runs"] for now in MOMENTS}}
    return found


def checks(found: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Each date a check: (DAG, what, which) -> value."""
    rows: dict[tuple[str, ...], Any] = {}
    for dag_id, schedule in found.items():
        rows |= {(dag_id, name): schedule[name] for name in ("timetable", "catchup")}
        rows |= {(dag_id, "manual", date): interval for date, interval in schedule["manual"].items()}
        for now, runs in schedule["runs"].items():
            rows[dag_id, now, "count"] = len(runs)
            rows |= {(dag_id, now, str(number)): run for number, run in enumerate(runs)}
    return rows


def main() -> None:
    """Compare, print what differs and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    plan = json.loads(CASE.with_suffix(".plan.json").read_text("utf-8"))["next_runs"]
    expected = checks(real(given.python, plan))
    got = checks(modelled())
    differing = [key for key, value in expected.items() if got.get(key) != value]
    for key in differing[:20]:
        print("DIFFERS", *key, "real", expected[key], "model", got.get(key))
    more = len(got.keys() - expected.keys())
    print(f"{len(expected)} checks, {len(expected) - len(differing)} equal, {more} too many")
    if given.record:
        part = [[*key, value] for number, (key, value) in enumerate(expected.items()) if number % EVERY == 0]
        lines = ",\n".join(json.dumps(row) for row in part)
        CASE.with_suffix(".2.11.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
