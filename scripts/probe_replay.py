"""Runs inside an Airflow 3 environment: the DAGs of a folder as they load there, and how `dag.test()` ends.

    python probe_replay.py FOLDER DATABASE RESULTS [--seconds 60]

Writes {"errors": {file: message}, "dags": {id: {"file", "tasks", "edges", "timetable", "state", "states"}}}. Each
DAG runs in a fork with a copy of the migrated database, all of them at the same date; one that takes longer than
the limit (sensors wait in real time) has the state "too long".
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import re
import shutil
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

DATE = "2026-01-05T00:00:00+00:00"
of = importlib.import_module


def last_line(text: str) -> str:
    """Type and message of a traceback, the type without its module."""
    lines = [line for line in text.strip().splitlines() if re.match(r"[A-Za-z_][\w.]*(: |$)", line)]
    return re.sub(r"^[\w.]*\.(?=\w+(:|$))", "", lines[-1] if lines else text.strip())


def shape(dag: Any, folder: Path) -> dict[str, Any]:
    """Tasks, edges and timetable."""
    edges = sorted([task.task_id, after] for task in dag.tasks for after in task.downstream_task_ids)
    return {
        "file": str(Path(dag.fileloc).relative_to(folder)),
        "tasks": sorted(dag.task_ids),
        "edges": edges,
        "timetable": type(dag.timetable).__name__,
    }


def bundle(dag: Any, dags: dict[str, Any], folder: Path) -> str:
    """A folder with a DAG's file and those of DAGs that it names: `dag.test()` reads and stores all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    text = Path(dag.fileloc).read_text("utf-8")
    for file in {other.fileloc for name, other in dags.items() if other is dag or name in text}:
        shutil.copy(file, folder)
    for part in Path(dag.fileloc).parent.iterdir():
        if part.is_dir():
            shutil.copytree(part, folder / part.name)
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    return json.dumps([{"name": "dags-folder", "classpath": local, "kwargs": {"path": str(folder)}}])


def outcome(dag: Any, database: Path, pipe: Any, bundles: str) -> None:
    """Run it once in this process, and tell: the run's state and those of its instances."""
    os.environ["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] = bundles
    os.setsid()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)
    settings, conf = of("airflow.settings"), of("airflow.configuration").conf
    table = of("airflow.models.taskinstance").TaskInstance
    select = of("sqlalchemy").select
    conf.set("database", "sql_alchemy_conn", f"sqlite:///{database}")
    settings.configure_vars()
    settings.reconfigure_orm()
    try:
        run = dag.test(logical_date=datetime.fromisoformat(DATE))
    except BaseException as error:
        pipe.send({"state": "raised", "said": f"{type(error).__name__}: {error}"})
        return
    with settings.Session() as session:
        found = session.scalars(select(table).where(table.run_id == run.run_id)).all()
        states = {
            ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": ti.state and str(ti.state)
            for ti in found
            if ti.dag_id == dag.dag_id
        }
    pipe.send({"state": str(getattr(run.state, "value", run.state)), "states": states})


def tested(dag: Any, dags: dict[str, Any], template: Path, seconds: float) -> dict[str, Any]:
    """How it ends, within so many seconds."""
    database = template.with_name("copy.db")
    shutil.copy(template, database)
    ours, theirs = multiprocessing.Pipe()
    given = (dag, database, theirs, bundle(dag, dags, template.with_name("bundle")))
    process = multiprocessing.get_context("fork").Process(target=outcome, args=given)
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(seconds) else {"state": "too long"}
    except EOFError:
        found = {"state": "died"}
    process.join(0 if found["state"] == "too long" else 5)
    if process.is_alive():
        os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()
    return dict(found)


def main() -> None:
    """Load, run, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    serialize = of("airflow.serialization.serialized_objects").DagSerialization.serialize_dag
    bag = of("airflow.dag_processing.dagbag").BundleDagBag(
        dag_folder=str(given.folder), bundle_path=given.folder, bundle_name="dags-folder"
    )
    errors = {
        str(given.folder.joinpath(name).relative_to(given.folder)): last_line(text)
        for name, text in bag.import_errors.items()
    }
    dags = {}
    for dag_id, dag in sorted(bag.dags.items()):
        dags[dag_id] = shape(dag, given.folder)
        try:
            serialize(dag)
        except Exception as error:
            errors.setdefault(dags.pop(dag_id)["file"], f"{type(error).__name__}: {error}")
    for file in errors:  # `dag.test()` stores all of the folder, and stops where one cannot be stored
        (given.folder / file).unlink()
    for dag_id, found in dags.items():
        found.update(tested(bag.dags[dag_id], bag.dags, given.database, given.seconds))
        given.results.write_text(json.dumps({"errors": errors, "dags": dags}, indent=1, default=str), "utf-8")


if __name__ == "__main__":
    main()
