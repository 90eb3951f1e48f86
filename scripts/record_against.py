"""Record what templates become on real 2.11.2 and 3.3.2: ``tests/fixtures/against/context.py`` -> ``context.json``.

    python scripts/record_against.py --before AIRFLOW_2_11_2_PYTHON --after AIRFLOW_3_3_2_PYTHON

The task ``probe`` of each DAG runs in a run of the schedule, in one that a person made, and on 3.3.2 in one without
a date. On 2.11.2 the runs are made as its scheduler and its API make them (``DAG.create_dagrun``), on 3.3.2 by
``dag.test()``. ``tests/test_against.py`` holds the comparison to it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from airflow_home import database, environment

CASE = Path(__file__).parent.parent / "tests" / "fixtures" / "against" / "context.py"
AT = "2026-04-01T12:34:00+00:00"  # when a person makes a run
BEGIN = "2026-03-27T00:00:00+00:00"  # the window in which the schedules make one

BEFORE = r"""
import json, sys
from pathlib import Path
import pendulum
from airflow import settings
from airflow.models.dag import _run_task
from airflow.models.dagbag import DagBag
from airflow.models.xcom import XCom
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

at, begin, out = pendulum.parse(sys.argv[1]), pendulum.parse(sys.argv[2]), sys.argv[3]
bag = DagBag(dag_folder=sys.argv[4], include_examples=False)
assert not bag.import_errors, bag.import_errors
bag.sync_to_db()
session, found = settings.Session(), {}

def probed(dag, kind, date, interval):
    manual = kind == DagRunType.MANUAL
    run = dag.create_dagrun(run_id=f"{kind.value}__{date.isoformat()}", run_type=kind, execution_date=date,
                            state=DagRunState.RUNNING, data_interval=interval, external_trigger=manual,
                            start_date=pendulum.now("UTC"), session=session)
    ti = run.get_task_instance("probe", session=session)
    ti.task = dag.get_task("probe")
    _run_task(ti=ti, inline_trigger=True, session=session)
    value = XCom.get_many(run_id=run.run_id, task_ids="probe", dag_ids=dag.dag_id, session=session).first().value
    return value

for name, dag in sorted(bag.dags.items()):
    manual = dag.timetable.infer_manual_data_interval(run_after=at)
    found[name] = {"by hand": probed(dag, DagRunType.MANUAL, at, manual)}
    if dag.timetable.can_be_scheduled:
        start = dag.timetable._align_to_next(begin) if hasattr(dag.timetable, "_align_to_next") else begin
        end = dag.timetable._get_next(start)
        from airflow.timetables.base import DataInterval
        interval = DataInterval(start, end)
        found[name]["schedule"] = probed(dag, DagRunType.SCHEDULED, start, interval)
        found[name]["starts"] = end.isoformat()
Path(out).write_text(json.dumps(found))
"""
AFTER = r"""
import json, sys
from pathlib import Path
import pendulum
from airflow import settings
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.models.xcom import XComModel
from sqlalchemy import select

at, before, out, folder = pendulum.parse(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]
bag = BundleDagBag(dag_folder=folder, bundle_path=Path(folder), bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors

def probed(dag, date):
    run = dag.test(logical_date=date, mark_success_pattern="^(?!probe)")
    with settings.Session() as session:
        where = (XComModel.dag_id == dag.dag_id, XComModel.run_id == run.run_id, XComModel.task_id == "probe")
        return session.scalars(select(XComModel).where(*where)).one().value

found = {}
for name, dag in sorted(bag.dags.items()):
    found[name] = {"by hand": probed(dag, at), "by hand, without a date": probed(dag, None)}
    if name in before:
        found[name]["schedule"] = probed(dag, pendulum.parse(before[name]))
Path(out).write_text(json.dumps(found))
"""


def recorded(python: str, code: str, second: str, work: Path) -> Any:
    """What one version says."""
    template = database(python, work)
    home = template.parent
    dags = home / "dags"
    (dags / CASE.name).write_bytes(CASE.read_bytes())
    out = work / "out.json"
    command = [python, "-c", code, AT, second, str(out), str(dags)]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, cwd=home, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(out.read_text("utf-8"))


def main() -> None:
    """Record both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", required=True)
    parser.add_argument("--after", required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        before = recorded(given.before, BEFORE, BEGIN, Path(one))
        starts = {name: dag["starts"] for name, dag in before.items() if "starts" in dag}
        after = recorded(given.after, AFTER, json.dumps(starts), Path(other))
    found = {"at": AT, "begin": BEGIN, "before": before, "after": after}
    CASE.with_suffix(".json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
