"""What runs inside of the real Airflow: ``python -m upgradecheck.runtime.real.inside JOB.json``.

The answer goes into the file that the job names, whenever there is more of it. A job: ``do`` (load, test, conduct),
``plan``, ``bundles`` (name -> folder), ``dags`` (ids), ``out``, ``limit`` (seconds that ``conduct`` waits for
something). The standard library and Airflow only.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from upgradecheck.runtime.real.records import (
    DEFAULT_DATE,
    DONE,
    first,
    iso,
    label,
    logged,
    of,
    parsed,
    raised,
    run_record,
    said,
)

NEEDS_STACK = ("TriggerDagRunOperator", "ExternalTaskSensor")
BAGS = (
    "airflow.dag_processing.dagbag.BundleDagBag",
    "airflow.models.dagbag.BundleDagBag",
    "airflow.models.dagbag.DagBag",
)
STORAGE = (
    "airflow.serialization.serialized_objects.DagSerialization",
    "airflow.serialization.serialized_objects.SerializedDAG",
)
WALL = ("airflow.settings", "create_session", "provide_session", "Session")


class Answer:
    """What is told, kept on disk."""

    def __init__(self, out: str) -> None:
        self.path, self.data = Path(out), {}

    def tell(self, **more: Any) -> None:
        """Say more, or the same anew."""
        self.data.update(more)
        aside = self.path.with_suffix(".new")
        aside.write_text(json.dumps(self.data, default=str), "utf-8")
        os.replace(aside, self.path)

    data: dict[str, Any]


def bags(job: dict[str, Any]) -> Iterator[Any]:
    """The DAG bag of each bundle."""
    for name, folder in job["folders"].items():
        cls = first(*BAGS)
        known = {name for base in cls.__mro__ for name in inspect.signature(base.__init__).parameters}
        more = {"bundle_name": name} if "bundle_name" in known else {}
        yield cls(dag_folder=folder, bundle_path=Path(folder), **more)


def load(job: dict[str, Any], answer: Answer) -> None:
    """What loads, what does not, which schedules there are, and what would go wrong in ``dag.test()``."""
    errors: dict[str, str] = {}
    dags: dict[str, Any] = {}
    for bag in bags(job):
        errors.update({str(path): raised(text) for path, text in bag.import_errors.items()})
        dags.update(bag.dags)
    answer.tell(airflow=of("airflow.__version__"), import_errors=errors)
    props, unstored, upcoming = {}, {}, {}
    for dag_id, dag in sorted(dags.items()):
        stored: Any = None
        try:
            storage = first(*STORAGE)
            stored = storage.deserialize_dag(storage.serialize_dag(dag))
        except Exception as error:  # told for the DAG, as a deployment tells it for its file
            unstored[dag_id] = {"file": dag.fileloc, "error": said(error)}
        if wanted := job["plan"].get("next_runs"):
            upcoming[dag_id] = {"error": unstored[dag_id]["error"]} if stored is None else schedule(stored, wanted)
        props[dag_id] = properties(dag, type((stored or dag).timetable).__name__)
    answer.tell(dag_props=props, unstored=unstored, next_runs=upcoming, needs=needs(dags))


def properties(dag: Any, timetable: str) -> dict[str, Any]:
    """What is told of a DAG that loads."""
    tasks = sorted(dag.tasks, key=lambda task: str(task.task_id))
    return {
        "timetable": timetable,
        "catchup": bool(dag.catchup),
        "tasks": [task.task_id for task in tasks],
        "file": dag.fileloc,
        "operators": {task.task_id: getattr(task, "operator_name", task.task_type) for task in tasks},
        "edges": sorted([task.task_id, after] for task in tasks for after in task.downstream_task_ids),
    }


def needs(dags: dict[str, Any]) -> dict[str, str]:
    """Of each DAG why ``dag.test()`` would not tell the truth about it; those that it does are left out."""
    found = {}
    for dag_id, dag in dags.items():
        if reason := next((why for why, holds in REASONS.items() if holds(dag)), ""):
            found[dag_id] = reason
    return found


def _deferred(dag: Any) -> bool:
    return any(
        getattr(task, "deferrable", False) or getattr(task, "start_from_trigger", False) for task in dag.tasks
    )


def _assets(dag: Any) -> bool:
    return "Asset" in type(dag.timetable).__name__


def _others(dag: Any) -> bool:
    return any(base.__name__ in NEEDS_STACK for task in dag.tasks for base in _class(task).__mro__)


def _class(task: Any) -> type:
    found: type = task.operator_class if getattr(task, "is_mapped", False) else type(task)
    return found


def _database(dag: Any) -> bool:
    text = Path(dag.fileloc).read_text("utf-8", "replace")
    return WALL[0] in text or any(f"import {word}" in text or f".{word}(" in text for word in WALL[1:])


REASONS: dict[str, Callable[[Any], bool]] = {
    "assets start its runs": _assets,
    "its tasks are deferred": _deferred,
    "it is about runs of other DAGs": _others,
    "its tasks reach for the metadata database": _database,
}


def schedule(dag: Any, plan: dict[str, Any]) -> dict[str, Any]:
    """What a schedule makes, looked at ``now`` and then whenever a run falls due."""
    ends = plan.get("n_by_suffix", {}).items()
    number = next((n for suffix, n in ends if dag.dag_id.endswith(suffix)), plan["n"])
    now, last, rows = parsed(plan["now"]), None, []
    assert now is not None
    for _ in range(number):
        with _clock(now):
            info = dag.next_dagrun_info(**_last(dag, last))
        if info is None:
            break
        rows.append([iso(info.logical_date), *_interval(info.data_interval), iso(info.run_after)])
        last, now = info, max(now, info.run_after)
    with _clock(parsed(plan["now"])):
        manual = {
            date: _interval(dag.timetable.infer_manual_data_interval(run_after=parsed(date)))
            for date in plan.get("manual", ())
        }
    return {"timetable": type(dag.timetable).__name__, "catchup": bool(dag.catchup), "runs": rows, "manual": manual}


def _last(dag: Any, last: Any) -> dict[str, Any]:
    """The last run, as this release asks for it."""
    name = next(iter(inspect.signature(dag.next_dagrun_info).parameters))
    return {name: last if name == "last_automated_run_info" else last and last.data_interval}


def _interval(given: Any) -> list[str | None]:
    return [iso(given and given.start), iso(given and given.end)]


def _clock(now: Any) -> Any:
    """``utcnow``, wherever a module of Airflow has it by this name, and ``time.time`` give this moment."""
    real = first("airflow._shared.timezones.timezone.utcnow", "airflow.utils.timezone.utcnow")
    stack = ExitStack()
    stack.enter_context(mock.patch("time.time", now.timestamp))
    for module in [module for name, module in sys.modules.items() if name.startswith("airflow.")]:
        if vars(module).get("utcnow") is real:
            stack.enter_context(mock.patch.object(module, "utcnow", lambda: now))
    return stack


def given_values(plan: dict[str, Any]) -> None:
    """The plan's variables and connections, in the database."""
    with of("airflow.settings.Session")() as session:
        for key, value in plan.get("variables", {}).items():
            session.merge(of("airflow.models.variable.Variable")(key=key, val=value))
        for name, uri in plan.get("connections", {}).items():
            session.add(of("airflow.models.connection.Connection")(conn_id=name, uri=uri))
        session.commit()


def runs_of(session: Any) -> list[Any]:
    """All runs, the oldest first."""
    table = of("airflow.models.dagrun.DagRun")
    return list(session.scalars(of("sqlalchemy.select")(table).order_by(table.id)))


def test(job: dict[str, Any], answer: Answer) -> None:
    """Each run of the plan through ``dag.test()``; runs that tasks made are told as they are left."""
    given_values(job["plan"])
    dags = {dag_id: dag for bag in bags(job) for dag_id, dag in bag.dags.items()}
    records: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for asked in job["plan"].get("runs") or [{"dag_id": dag_id} for dag_id in job["dags"]]:
        answer.tell(runs=records, at=asked)
        records.append({"dag_id": asked.get("dag_id"), **_tested(dags.get(asked.get("dag_id")), asked, seen)})
    with of("airflow.settings.Session")() as session:
        left = [run for run in runs_of(session) if (run.dag_id, run.run_id) not in seen]
        records += [{"dag_id": run.dag_id, **run_record(session, run, {})} for run in left]
    answer.tell(runs=records, at=None)


def _tested(dag: Any, asked: dict[str, Any], seen: set[tuple[str, str]]) -> dict[str, Any]:
    if dag is None:
        return {"error": "no such dag"}
    errors: dict[str, dict[str, str]] = {}
    refused = ""
    more = {"run_after": parsed(asked["run_after"])} if "run_after" in asked else {}
    date = parsed(asked.get("logical_date", DEFAULT_DATE))
    with mock.patch("airflow.sdk.definitions.dag._run_task", _watched(errors)):
        try:
            dag.test(logical_date=date, run_conf=asked.get("conf"), **more)
        except BaseException as error:  # also SystemExit of a callback: the run is told as it is, the others go on
            refused = said(error)
    with of("airflow.settings.Session")() as session:
        made = [r for r in runs_of(session) if r.dag_id == dag.dag_id and (r.dag_id, r.run_id) not in seen]
        if not made or (refused and made[-1].state not in DONE and not made[-1].start_date):
            return {"error": refused or "no run was made"}
        seen.add((made[-1].dag_id, made[-1].run_id))
        return run_record(session, made[-1], errors)


def _watched(errors: dict[str, dict[str, str]]) -> Callable[..., Any]:
    real = of("airflow.sdk.definitions.dag._run_task")

    def run_task(*, ti: Any, **more: Any) -> Any:
        result = real(ti=ti, **more)
        if (error := getattr(result, "error", None)) is not None:
            frames = traceback.extract_tb(error.__traceback__)
            own = [f"{f.filename}:{f.lineno}" for f in frames if "site-packages" not in f.filename]
            errors[label(ti)] = {"error": said(error), "where": own[-1] if own else ""}
        return result

    return run_task


def conduct(job: dict[str, Any], answer: Answer) -> None:
    """The plan in a running deployment, from its first run to the last."""
    from upgradecheck.runtime.real.conducting import Conductor

    given_values(job["plan"])
    conductor = Conductor(job)
    try:
        conductor.play()
    finally:
        with of("airflow.settings.Session")() as session:
            logs = Path(os.environ["AIRFLOW_HOME"]) / "logs"
            made = [
                {"dag_id": run.dag_id, **run_record(session, run, logged(logs, run.dag_id, run.run_id))}
                for run in conductor.told(runs_of(session))
            ]
        answer.tell(runs=conductor.refused + made, stuck=conductor.stuck, import_errors=conductor.import_errors())


def main() -> None:
    """One job."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    answer = Answer(job["out"])
    begun = time.monotonic()
    {"load": load, "test": test, "conduct": conduct}[job["do"]](job, answer)
    answer.tell(done=True, seconds=time.monotonic() - begun)


if __name__ == "__main__":
    main()
