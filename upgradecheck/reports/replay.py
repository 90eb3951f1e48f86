"""A replay as text: what does not load, then each DAG with its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from upgradecheck.reports.against import ROWS
from upgradecheck.reports.against import lines as against
from upgradecheck.reports.words import many

_UNDUE = "none: the date lies before their start_date, or after their end_date (--plan or --from-date name another)"


def text(found: dict[str, Any]) -> str:
    """The report."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: dict[str, Any]) -> Iterator[str]:
    if engine := found.get("engine"):
        through = f", through {engine['through']}" if "through" in engine else ""
        yield f"Airflow {engine['version']} ({engine['python']}){through}" + _because(engine)
    for variable, value in sorted(found.get("settings", {}).items()):
        yield f"{variable} is {value}, as the project's files have it"
    for file, error in sorted(found["import_errors"].items()):
        yield f"{file}: does not load: {error}"
        if remedy := found.get("remedies", {}).get(file):
            yield f"  {remedy}"
    for file, name in sorted(found["not_modelled"].items()):
        yield f"{file}: not replayed: {name}"
    for dag_id, dag in sorted(found["dags"].items()):
        tasks = found["dag_props"].get(dag_id, {}).get("tasks", [])
        yield from _dag(dag_id, dag, found["stand_ins"].get(dag_id, []), bool(tasks))
    for dag_id, info in sorted(found.get("next_runs", {}).items()):
        yield from _schedule(dag_id, info)
    if "against" in found:
        yield from against(found["against"], found["import_errors"])
    if found.get("stuck"):
        yield f"stopped: {found['stuck']}"
    yield _summary(found)


def _because(engine: dict[str, Any]) -> str:
    return f": {engine['because']}" if "because" in engine else ""


def _dag(dag_id: str, dag: dict[str, Any], stand_ins: list[str], tasked: bool) -> Iterator[str]:
    yield f"{dag_id}"
    if stand_ins:
        yield f"  stand-ins, not modelled: {', '.join(stand_ins)}"
    shown = _shown(dag["runs"])
    for run in shown:
        if "tasks" not in run:
            yield f"  no run: {run['error']}"
            continue
        dates = run["logical_date"] or "no logical date"
        interval = f"{run['data_interval_start']} to {run['data_interval_end']}"
        yield f"  {run['run_type']} {dates}, interval {interval}: {run['state']}{_reason(run)}{_version(run)}"
        states = _counted(Counter(str(state) for state in run["tasks"].values()))
        yield f"    tasks: {states or (_UNDUE if tasked else 'none')}"
        for label, error in sorted(run["errors"].items()):
            if run["tasks"].get(label) in ("failed", "up_for_retry"):
                where = f" ({error['where']})" if error["where"] else ""
                yield f"    {label}: {error['error'].splitlines()[0]}{where}"
    yield from _others([run for run in dag["runs"][ROWS:] if not any(run is each for each in shown)])


def _shown(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first runs, and the first of those behind them that did not succeed."""
    missed = [run for run in runs[ROWS:] if run.get("state") != "success"]
    return [*runs[:ROWS], *missed[:ROWS]]


def _others(runs: list[dict[str, Any]]) -> Iterator[str]:
    if rest := Counter(str(run.get("state", "refused")) for run in runs):
        yield f"  and {many(rest.total(), 'more run')}: {_counted(rest)}"


def _counted(states: Counter[str]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))


def _reason(run: dict[str, Any]) -> str:
    return f" ({run['reason']})" if run["reason"] not in ("", "success", "task_failure") else ""


def _version(run: dict[str, Any]) -> str:
    """Of its DAG and its code, where there is more than one."""
    code = run.get("bundle_version")
    told = [f"code {code}"] if code else []
    told += [f"version {number}"] if (number := run.get("version")) not in (None, 1) else []
    return f", {', '.join(told)}" if told else ""


def _schedule(dag_id: str, info: dict[str, Any]) -> Iterator[str]:
    if "error" in info:
        yield f"{dag_id}: cannot be stored: {info['error']}"
        return
    yield f"{dag_id}: {info['timetable']}"
    for logical, start, end, after in info["runs"]:
        yield f"  starts {after}, logical date {logical}, interval {start} to {end}"


def _summary(found: dict[str, Any]) -> str:
    runs = [run for dag in found["dags"].values() for run in dag["runs"]]
    states = Counter(run.get("state", "refused") for run in runs)
    parts = [f"{number} {state}" for state, number in sorted(states.items())]
    loaded, broken = len(found["dag_props"]), len(found["import_errors"])
    fail = "file that does not load" if broken == 1 else "files that do not load"
    counted = f"{many(loaded, 'DAG')}, {broken} {fail}, {many(len(runs), 'run')}"
    stood_in = "; no task code ran (--execute runs it)" if runs and not found.get("executed", True) else ""
    return f"{counted}{': ' if parts else ''}{', '.join(parts)}{stood_in}"
