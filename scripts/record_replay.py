"""Record what real Airflow does with the replay cases: ``tests/fixtures/replay/NAME.py`` -> ``NAME.json``.

    python scripts/record_replay.py --python AIRFLOW_3_3_2_PYTHON [NAME...]

Each case runs with ``dag.test()`` in a home of its own, each of its DAGs once at the default date, or as its
``NAME.plan.json`` says (``runs``, ``variables``, ``connections``, ``next_runs``). The interpreter needs
``time-machine`` for cases with ``next_runs``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = Path(__file__).parent.parent / "tests" / "fixtures" / "replay"

INSIDE = r"""
import json, os, re, sys
from datetime import datetime, timezone
from pathlib import Path

case, plan, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
from airflow import settings
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.models.connection import Connection
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.variable import Variable
from airflow.models.xcom import XComModel
from sqlalchemy import select

folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
bag = BundleDagBag(dag_folder=folder, bundle_path=Path(folder), bundle_name="dags-folder")
label = lambda x: x.task_id if x.map_index < 0 else f"{x.task_id}[{x.map_index}]"
iso = lambda d: d.astimezone(timezone.utc).isoformat() if d else None

def last_line(text):
    found = [l for l in text.strip().splitlines() if re.match(r"[A-Za-z_][\w.]*(: |$)", l)]
    return re.sub(r"^(airflow|builtins|jsonschema)[\w.]*\.(?=\w+(:|$))", "", found[-1] if found else text.strip())

def record(dag_id, run_id):
    with settings.Session() as s:
        run = s.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)).one()
        of_run = lambda table: s.scalars(select(table).where(table.dag_id == dag_id, table.run_id == run_id)).all()
        tis, xcoms = of_run(TaskInstance), of_run(XComModel)
        values = {}
        for x in xcoms:
            values.setdefault(label(x), {})[x.key] = x.value
        return {"state": str(run.state.value if hasattr(run.state, "value") else run.state),
                "tasks": {label(t): str(t.state) if t.state else None for t in tis},
                "tries": {label(t): t.try_number for t in tis}, "xcoms": values}

def schedule(dag):
    import pendulum, time_machine
    from airflow.serialization.serialized_objects import DagSerialization
    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    wanted = plan["next_runs"]
    now, last, rows, manual = pendulum.parse(wanted["now"]), None, [], {}
    for _ in range(wanted["n"]):
        with time_machine.travel(now, tick=False):
            info = dag.next_dagrun_info(last_automated_run_info=last)
        if info is None:
            break
        di = info.data_interval
        rows.append([iso(info.logical_date), iso(di and di.start), iso(di and di.end), iso(info.run_after)])
        last, now = info, max(now, info.run_after)
    for date in wanted.get("manual", ()):
        di = dag.timetable.infer_manual_data_interval(run_after=pendulum.parse(date))
        manual[date] = [iso(di.start), iso(di.end)]
    return {"timetable": type(dag.timetable).__name__, "catchup": bool(dag.catchup), "runs": rows, "manual": manual}

found = {"import_errors": {Path(k).name: last_line(v) for k, v in bag.import_errors.items()}, "dags": {}}
if plan.get("next_runs"):
    found["next_runs"] = {d: schedule(x) for d, x in sorted(bag.dags.items())}
elif not plan.get("parse_only"):
    with settings.Session() as s:
        s.add_all(Variable(key=k, val=v) for k, v in plan.get("variables", {}).items())
        s.add_all(Connection(conn_id=k, uri=v) for k, v in plan.get("connections", {}).items())
        s.commit()
    for asked in plan.get("runs") or [{"dag_id": d} for d in sorted(bag.dags)]:
        given = asked.get("logical_date", "2026-01-05T00:00:00+00:00")
        made = {"runs": []}
        try:
            date = datetime.fromisoformat(given) if given else None
            run = bag.dags[asked["dag_id"]].test(logical_date=date, run_conf=asked.get("conf"))
            made = record(asked["dag_id"], run.run_id)
        except BaseException as error:
            made = {"error": f"{type(error).__name__}: {error}"}
        found["dags"].setdefault(asked["dag_id"], {"runs": []})["runs"].append(made)
Path(out).write_text(json.dumps(found, indent=1, sort_keys=True, default=str) + "\n")
"""


def environment(home: Path) -> dict[str, str]:
    """A home of its own, an empty database, no examples."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-this-recording-0123456789abcdef0123456789abcdef",
        "PYTHONWARNINGS": "ignore",
        "REPLAY_EVENTS": str(home / "events.txt"),
        "TZ": "UTC",
    }


def database(python: str, work: Path) -> Path:
    """A migrated database, to copy for each case."""
    home = work / "template"
    (home / "dags").mkdir(parents=True)
    command = [python, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=environment(home), check=True, capture_output=True)
    return home / "airflow.db"


def record(case: Path, python: str, template: Path, work: Path) -> str:
    """Record one case; what to say about it."""
    home = work / case.stem
    (home / "dags").mkdir(parents=True)
    shutil.copy(case, home / "dags")
    shutil.copy(template, home / "airflow.db")
    plan = case.with_suffix(".plan.json")
    text = plan.read_text("utf-8") if plan.exists() else "{}"
    arguments = [json.dumps(case.name), text, str(case.with_suffix(".json"))]
    command = [python, "-c", INSIDE, *arguments]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, cwd=home, check=False)
    events = home / "events.txt"
    if events.exists():
        recorded = json.loads(case.with_suffix(".json").read_text("utf-8"))
        recorded["events"] = events.read_text("utf-8").splitlines()
        case.with_suffix(".json").write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", "utf-8")
    return "recorded" if done.returncode == 0 else f"FAILED: {done.stderr.strip().splitlines()[-1:]}"


def main() -> None:
    """Record all cases, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = database(given.python, Path(folder))
        for case in sorted(CASES.glob("*.py")):
            if not given.names or case.stem in given.names:
                print(case.stem, record(case, given.python, template, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
