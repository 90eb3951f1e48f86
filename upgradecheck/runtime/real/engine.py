"""A plan on a real Airflow: the report, in the shape of the embedded runtime's (``runtime.report``)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from upgradecheck.runtime.folders import remedy
from upgradecheck.runtime.plan import Plan, PlanError
from upgradecheck.runtime.real.deployment import running
from upgradecheck.runtime.real.environment import Interpreter
from upgradecheck.runtime.real.home import Ended, Home

PATIENCE = 600  # seconds in which something new is told, unless the plan gives its own
MISSING = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
THROUGH = {False: "dag.test()", True: "a deployment"}


def replay(paths: Iterable[Path], plan: Plan, execute: bool, seconds: float, python: Interpreter) -> dict[str, Any]:
    """Replay these files. Raises `PlanError` for what a real Airflow cannot do, `NoAirflow`."""
    loads_only = plan.parse_only or plan.next_runs is not None
    if not (execute or loads_only):
        raise PlanError("--engine airflow runs task code: say so with --execute")
    if plan.results or plan.failures or plan.answers:
        raise PlanError(
            "--engine airflow runs task code: `results`, `failures` and `answers` are for the embedded runtime"
        )
    with tempfile.TemporaryDirectory(prefix="replay-", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder), python, seconds)
        deploys = [step["deploy"] for step in plan.runs or () if "deploy" in step]
        if any(each.get("at") for each in deploys):
            raise PlanError("--engine airflow has a clock of its own: leave out `at`, and deploy after a step")
        home.add(paths, deploys=bool(deploys), versioned=plan.bundle == "versioned")
        home.migrate()
        given = msgspec.to_builtins(plan)
        try:
            loaded = home.job("load", plan.timeout or PATIENCE, plan=given)
        except Ended as ended:  # a file ended the process that loads: nothing else is known
            return {**_document(home, plan, {"import_errors": {}}), "stuck": f"loading: {ended.args[0]}"}
        found = _document(home, plan, loaded)
        if not loads_only:
            _run(home, plan, loaded, found)
        return found


def _document(home: Home, plan: Plan, loaded: dict[str, Any]) -> dict[str, Any]:
    """What is known once the files are loaded."""
    errors = {home.name(path): text for path, text in loaded["import_errors"].items()}
    if plan.next_runs is None and (not plan.parse_only or plan.import_error):
        for each in loaded.get("unstored", {}).values():
            errors.setdefault(home.name(each["file"]), each["error"])
    missing = {file: found[1] for file, error in errors.items() if (found := MISSING.match(error))}
    packages = {file: name for file, name in missing.items() if not name.startswith("airflow")}
    document: dict[str, Any] = {
        "dags": {},
        "import_errors": errors,
        "not_modelled": {},
        "missing_packages": packages,
        "remedies": _remedies(home, loaded["import_errors"], packages),
        "dag_props": {
            dag_id: {**props, "file": home.name(props["file"])}
            for dag_id, props in loaded.get("dag_props", {}).items()
        },
        "stand_ins": {},
        "engine": {"name": "airflow", "version": home.python.version, "python": home.python.path},
    }
    return {**document, "next_runs": loaded["next_runs"]} if plan.next_runs is not None else document


def _remedies(home: Home, paths: Iterable[str], packages: dict[str, str]) -> dict[str, str]:
    files = {home.name(path): Path(path).resolve() for path in paths}
    return {name: remedy(path, packages[name]) for name, path in files.items() if name in packages}


def _run(home: Home, plan: Plan, loaded: dict[str, Any], found: dict[str, Any]) -> None:
    """Make the plan's runs, through ``dag.test()`` where that tells the truth."""
    dags = sorted(set(loaded["dag_props"]) - set(loaded["unstored"]))
    why = needed(plan, {dag_id: loaded["needs"][dag_id] for dag_id in dags if dag_id in loaded["needs"]})
    found["engine"].update(through=THROUGH[bool(why)], **({"because": why} if why else {}))
    limit = plan.timeout or PATIENCE
    job = {"plan": msgspec.to_builtins(plan), "dags": dags, "called": home.called}
    try:
        if not why:
            told = home.job("test", limit, **job)
        else:
            with running(home):
                told = home.job("conduct", limit * 2, limit=limit, **job)
    except Ended as ended:  # a task ended the process, or never did: what was told until then is told
        told = {"runs": [], **ended.args[1], "stuck": f"the replay did not come to its end: {ended.args[0]}"}
    if told.get("stuck"):
        found["stuck"] = told["stuck"]
    found["import_errors"].update({home.name(path): text for path, text in told.get("import_errors", {}).items()})
    found["dags"] = _dags(dags, told["runs"])


def needed(plan: Plan, needs: dict[str, str]) -> str:
    """Why it takes a scheduler; "" where ``dag.test()`` tells the truth."""
    if plan.bundle == "versioned":
        return "its bundle keeps older code"
    if plan.mode == "stack":
        return "the plan asks for it"
    if plan.mode == "test":
        return ""
    if plan.scheduled:
        return "schedules make runs"
    if any("dag_id" not in each for each in plan.runs or ()):
        return "the plan waits, writes assets, clears, backfills or deploys"
    return next((f"{dag_id}: {why}" for dag_id, why in needs.items()), "")


def _dags(dags: Iterable[str], runs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Runs by DAG, the last one's states and XComs beside them."""
    made: dict[str, dict[str, Any]] = {dag_id: {"runs": []} for dag_id in dags}
    for run in runs:
        own = {name: value for name, value in run.items() if name != "dag_id"}
        made.setdefault(run["dag_id"], {"runs": []})["runs"].append(own)
    for dag in made.values():
        dag["n_runs"] = len(dag["runs"])
        if dag["runs"]:
            last = dag["runs"][-1]
            dag.update({name: last[name] for name in ("state", "tasks", "xcoms", "error") if name in last})
    return made
