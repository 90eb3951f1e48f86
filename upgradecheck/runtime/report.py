"""What a replay found, as data: the shape that ``--format json`` prints and the text report reads."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from upgradecheck.runtime import timetables
from upgradecheck.runtime.loader import Unstored
from upgradecheck.runtime.model import Dag, Failure, Run, TaskInstance, Upcoming, World
from upgradecheck.runtime.plan import NextRuns, parsed
from upgradecheck.runtime.replay import Replayed


def iso(date: datetime | None) -> str | None:
    """In UTC."""
    return date.astimezone(timezone.utc).isoformat() if date is not None else None


def said(error: Failure) -> str:
    """``Type: message``."""
    return f"{error.kind}: {error.message}" if error.message else error.kind


def document(found: Replayed) -> dict[str, Any]:
    """All of it."""
    plan = found.options.plan
    result: dict[str, Any] = {
        "dags": _dags(found),
        "import_errors": _import_errors(found),
        "not_modelled": {each.file: each.not_modelled for each in found.files if each.not_modelled},
        "missing_packages": {each.file: each.package for each in found.files if each.package},
        "remedies": {each.file: each.remedy for each in found.files if each.remedy},
        "dag_props": _all_props(found),
        "stand_ins": _stand_ins(found.world),
    }
    if plan.next_runs is not None:
        result["dags"] = {}
        result["next_runs"] = {
            dag_id: next_runs(dag, plan.next_runs) for dag_id, dag in sorted(found.world.dags.items())
        }
        result["next_runs"].update({each.dag_id: {"error": said(each.error)} for each in _unstored(found)})
    if plan.parse_only:
        result["dags"] = {}
    if found.stuck:
        result["stuck"] = found.stuck
    return result


def _unstored(found: Replayed) -> list[Unstored]:
    return [each for file in found.files for each in file.unstored]


def _import_errors(found: Replayed) -> dict[str, str]:
    """By file. A DAG that cannot be stored makes one in a deployment; the DAG bag alone does not see it."""
    plan = found.options.plan
    errors = {each.file: said(each.error) for each in found.files if each.error and not each.not_modelled}
    if plan.next_runs is None and (not plan.parse_only or plan.import_error):
        for each in found.files:
            for dag in each.unstored:
                errors.setdefault(each.file, said(dag.error))
    return errors


def _all_props(found: Replayed) -> dict[str, Any]:
    props = {dag_id: _props(dag) for dag_id, dag in found.world.dags.items()}
    for each in _unstored(found):
        props[each.dag_id] = {"timetable": each.timetable, "catchup": each.catchup, "tasks": list(each.tasks)}
    return dict(sorted(props.items()))


def _props(dag: Dag) -> dict[str, Any]:
    return {
        "timetable": dag.schedule.name,
        "catchup": dag.catchup,
        "tasks": sorted(dag.tasks),
        "file": dag.file,
        "operators": {name: task.operator for name, task in sorted(dag.tasks.items())},
        "edges": sorted([name, after] for name, task in dag.tasks.items() for after in task.downstream),
    }


def _stand_ins(world: World) -> dict[str, list[str]]:
    found = {
        dag_id: sorted({task.operator for task in dag.tasks.values() if not task.modelled})
        for dag_id, dag in world.dags.items()
    }
    return {dag_id: names for dag_id, names in found.items() if names}


def _dags(found: Replayed) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {dag_id: {"runs": []} for dag_id in found.world.dags}
    for run in found.world.runs.values():
        made[run.dag_id]["runs"].append(run_record(found.world, run))
    for refused in reversed(found.refused):
        made.setdefault(refused.dag_id, {"runs": []})["runs"].insert(refused.after, {"error": refused.error})
    for dag in made.values():
        dag["n_runs"] = len(dag["runs"])
        if dag["runs"]:
            last = dag["runs"][-1]
            dag.update({name: last[name] for name in ("state", "tasks", "xcoms", "error") if name in last})
    return made


def run_record(world: World, run: Run) -> dict[str, Any]:
    """One run: states, XComs, tries, dates; what its templates became and what raised."""
    instances = sorted(world.instances[run.key].values(), key=lambda ti: ti.at)
    xcoms: dict[str, dict[str, Any]] = {}
    for (task_id, index, key), stored in world.stored(run.key).items():
        label = task_id if index < 0 else f"{task_id}[{index}]"
        xcoms.setdefault(label, {})[key] = stored.value
    return {
        "run_id": run.run_id,
        "run_type": run.run_type,
        "version": run.version,
        "bundle_version": None if run.code is None else str(run.code),
        "state": run.state,
        "reason": run.reason,
        "logical_date": iso(run.logical_date),
        "data_interval_start": iso(run.start),
        "data_interval_end": iso(run.end),
        "run_after": iso(run.run_after),
        "start_date": iso(run.start_date),
        "end_date": iso(run.end_date),
        "conf": run.conf,
        "tasks": {ti.label: ti.state for ti in instances},
        "tries": {ti.label: ti.try_number for ti in instances},
        "versions": {ti.label: ti.version for ti in instances},
        "xcoms": xcoms,
        "rendered": {ti.label: ti.rendered for ti in instances if ti.rendered},
        "errors": {ti.label: _error(ti) for ti in instances if ti.error},
    }


def _error(ti: TaskInstance) -> dict[str, Any]:
    assert ti.error is not None
    return {"error": said(ti.error), "where": ti.error.where}


def next_runs(dag: Dag, plan: NextRuns) -> dict[str, Any]:
    """What a schedule makes, looked at ``now`` and then whenever a run falls due."""
    number = next((n for suffix, n in plan.n_by_suffix.items() if dag.dag_id.endswith(suffix)), plan.n)
    now, last, rows = plan.now, None, []
    for _ in range(number):
        info = timetables.next_run(dag.schedule, last, timetables.restriction(dag), now)
        if info is None:
            break
        rows.append(_row(info))
        last, now = info, max(now, info.run_after)
    manual = {date: _interval(dag, date) for date in plan.manual}
    return {"timetable": dag.schedule.name, "catchup": dag.catchup, "runs": rows, "manual": manual}


def _row(info: Upcoming) -> list[str | None]:
    return [iso(info.logical_date), iso(info.start), iso(info.end), iso(info.run_after)]


def _interval(dag: Dag, date: str) -> list[str | None]:
    at = parsed(date)
    assert at is not None
    return [iso(each) for each in timetables.manual_interval(dag.schedule, at)]
