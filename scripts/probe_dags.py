"""Runs inside an Airflow environment: the tasks and edges of all DAGs below folders, SubDAGs taken in.

    python probe_dags.py RESULTS FOLDER...

Writes {folder: {"dags": {id: [tasks, edges]}, "errors": {file: message}}}. A task of a SubDAG gets the id that it
has in a group; an edge to the SubDAG's task goes to the tasks in it that nothing comes before, one from it leaves
from its last. Each folder is loaded in a process of its own: modules of the same name would meet.
"""

from __future__ import annotations

import importlib
import inspect
import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any


def flat(dag: Any, prefix: str = "") -> tuple[set[str], set[tuple[str, str]]]:
    """Tasks and edges of a DAG."""
    tasks: set[str] = set()
    edges: set[tuple[str, str]] = set()
    heads: dict[str, set[str]] = {}
    tails: dict[str, set[str]] = {}
    for task in dag.tasks:
        name = task.task_id
        if hasattr(getattr(task, "subdag", None), "tasks"):
            inner, between = flat(task.subdag, f"{prefix}{name}.")
            tasks |= inner
            edges |= between
            heads[name] = inner - {after for _, after in between}
            tails[name] = inner - {before for before, _ in between}
        else:
            tasks.add(prefix + name)
            heads[name] = tails[name] = {prefix + name}
    for task in dag.tasks:
        for after in task.downstream_task_ids:
            edges |= {(one, two) for one in tails[task.task_id] for two in heads[after]}
    return tasks, edges


def bag_of(folder: Path) -> Any:
    """Airflow's own collection of DAGs: its home and its arguments differ from release to release."""
    for home in ("airflow.dag_processing.dagbag", "airflow.models.dagbag"):
        try:
            bag = importlib.import_module(home).DagBag
        except (ImportError, AttributeError):
            continue
        wanted = {"include_examples": False}
        known = inspect.signature(bag.__init__).parameters
        return bag(str(folder), **{name: value for name, value in wanted.items() if name in known})
    raise SystemExit("this Airflow has no DagBag")


def load(folder: Path) -> dict[str, Any]:
    """What one folder holds."""
    sys.path.insert(0, str(folder))
    bag = bag_of(folder)
    dags = {name: flat(dag) for name, dag in bag.dags.items() if getattr(dag, "parent_dag", None) is None}
    return {
        "dags": {name: [sorted(tasks), sorted(edges)] for name, (tasks, edges) in dags.items()},
        "errors": {str(file): text.strip().splitlines()[-1] for file, text in bag.import_errors.items()},
    }


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        importlib.import_module("airflow.models")
        results = {name: pool.apply(load, (Path(name),)) for name in sys.argv[2:]}
    Path(sys.argv[1]).write_text(json.dumps(results), "utf-8")
