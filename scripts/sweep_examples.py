"""Hold `upgradecheck replay` against real Airflow on Airflow's own example DAGs.

    python scripts/sweep_examples.py --envs /tmp/airflow-envs [--work DIR] [--seconds 60] [--again]

The examples of the release that the runtime models, of its standard provider, and those of the last 2.x after
`upgradecheck --fix --unsafe-fixes` are copied into projects (dags, plugins beside them). Each loads in real Airflow
and in the runtime: same files with errors, same DAGs, tasks, edges, timetables; where `dag.test()` comes to its
end, same state of the run and of each task instance. What the runtime names as not modelled is counted by itself.
Exits with 1 where anything differs. `--again` takes what real Airflow said from the last time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from airflow_envs import python_of
from airflow_home import database, environment

from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.plan import Plan
from upgradecheck.runtime.replay import Options, replay
from upgradecheck.runtime.report import document

NOW, OLD = "3.3.2", "2.11.2"
HERE = Path(__file__).resolve().parent
SETS = {  # project -> (environment, folders of examples)
    "now": (NOW, ("airflow/example_dags", "airflow/providers/standard/example_dags")),
    "fixed": (OLD, ("airflow/example_dags",)),
}
MOVES = (
    ("from airflow.example_dags import plugins", "import plugins"),
    ("airflow.example_dags.plugins.", ""),
    ("airflow.example_dags.libs", "libs"),
    ("airflow.example_dags.subdags", "subdags"),
)


def project(envs: Path, name: str, work: Path) -> Path:
    """A project of examples: plugins beside the DAGs, imported as a project imports its own."""
    release, folders = SETS[name]
    target = work / name
    shutil.rmtree(target, ignore_errors=True)
    packages = next((envs / release).glob("lib/python*/site-packages"))
    for folder in folders:
        shutil.copytree(packages / folder, target / "dags", dirs_exist_ok=True)
    if (target / "dags" / "plugins").is_dir():
        shutil.move(target / "dags" / "plugins", target / "plugins")
    for file in target.rglob("*.py"):
        text = file.read_text("utf-8")
        for old, new in MOVES:
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    if name == "fixed":
        command = [sys.executable, "-m", "upgradecheck", "--fix", "--unsafe-fixes", "--quiet", "--no-cache", "."]
        subprocess.run([*command, "--from", OLD[:4]], cwd=target, check=False, capture_output=True)
    return target


def real(python: Path, where: Path, seconds: float) -> dict[str, Any]:
    """What real Airflow makes of a project."""
    results = where / "real.json"
    template = database(str(python), where / "home")
    env = {**environment(template.parent), "AIRFLOW__CORE__PLUGINS_FOLDER": str(where / "plugins")}
    copy = where / "real" / "dags"
    shutil.rmtree(copy.parent, ignore_errors=True)
    shutil.copytree(where / "dags", copy)
    env["AIRFLOW__CORE__DAGS_FOLDER"] = str(copy)
    command = [str(python), str(HERE / "probe_replay.py"), str(copy), str(template), str(results)]
    done = subprocess.run(
        [*command, "--seconds", str(seconds)], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"real Airflow failed: {done.stderr[-2000:]}")
    return dict(json.loads(results.read_text("utf-8")))


def ours(where: Path) -> dict[str, Any]:
    """What the runtime makes of it: the same shape, and what it does not model. Each DAG runs in its own world,
    with the files of DAGs that it names, as `dag.test()` runs it."""
    given: dict[str, Any] = {"execute": True, "tables": str(own_rules() / "tables")}
    found = replay([where / "dags"], Options(plan=Plan(parse_only=True, import_error=True), **given))
    told = document(found)
    dags = {}
    for dag_id, dag in found.world.dags.items():
        run = _alone(dag_id, {name: where / "dags" / other.file for name, other in found.world.dags.items()}, given)
        dags[dag_id] = {
            "file": dag.file,
            "tasks": sorted(dag.tasks),
            "edges": sorted([name, after] for name, task in dag.tasks.items() for after in task.downstream),
            "timetable": dag.schedule.name,
            "state": run.get("state", "raised"),
            "said": run.get("error", ""),
            "states": run.get("tasks", {}),
            "errors": run.get("errors", {}),
        }
    names = ("import_errors", "not_modelled", "missing_packages", "stand_ins")
    return {"dags": dags, **{name: told[name] for name in names}}


def _alone(dag_id: str, files: dict[str, Path], given: dict[str, Any]) -> dict[str, Any]:
    """The run of one DAG."""
    text = files[dag_id].read_text("utf-8")
    named = {file for name, file in files.items() if name == dag_id or name in text}
    plan = Plan(runs=[{"dag_id": dag_id}])
    runs = document(replay(sorted(named), Options(plan=plan, **given)))["dags"][dag_id]["runs"]
    return next((run for run in runs if run.get("run_type", "manual") == "manual"), {"state": "none"})


def differences(theirs: dict[str, Any], mine: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, what): of files, of DAGs, of runs."""
    unknown = set(mine["not_modelled"]) | set(mine["missing_packages"])
    for file in sorted((theirs["errors"].keys() | mine["import_errors"].keys()) - unknown):
        said, told = theirs["errors"].get(file), mine["import_errors"].get(file)
        if said != told:
            yield "file", f"{file}: Airflow {said!r}, replay {told!r}"
    for dag_id in sorted(theirs["dags"].keys() | mine["dags"].keys()):
        real, own = theirs["dags"].get(dag_id), mine["dags"].get(dag_id)
        if real is None or own is None:
            if (real or own)["file"] not in unknown:
                yield "dag", f"{dag_id}: only {'the replay' if real is None else 'Airflow'} has it"
            continue
        for key in ("tasks", "edges", "timetable"):
            if real[key] != own[key]:
                yield "dag", f"{dag_id}: {key}: Airflow {real[key]}, replay {own[key]}"
        if real["state"] != "too long" and (real["state"], real.get("states", {})) != (own["state"], own["states"]):
            yield "run", f"{dag_id}: {_run(real, own)}"


def _run(real: dict[str, Any], own: dict[str, Any]) -> str:
    states = real.get("states", {})
    tasks = {
        name: (states.get(name), own["states"].get(name), own["errors"].get(name, {}).get("error", ""))
        for name in states.keys() | own["states"].keys()
        if states.get(name) != own["states"].get(name)
    }
    return f"Airflow {real['state']} {real.get('said', '')}, replay {own['state']} {own['said']}: {tasks}"


def summary(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    """Counts."""
    compared = list(theirs["dags"].keys() & mine["dags"].keys())
    states = Counter(theirs["dags"][dag]["state"] for dag in compared)
    named = [f"  not modelled: {file}: {name}" for file, name in sorted(mine["not_modelled"].items())]
    named += [f"  package missing: {file}: {name}" for file, name in sorted(mine["missing_packages"].items())]
    named += [f"  stand-ins: {dag_id}: {', '.join(names)}" for dag_id, names in sorted(mine["stand_ins"].items())]
    return "\n".join(
        [f"{len(theirs['dags'])} DAGs, {len(compared)} in both, Airflow's ends: {dict(states)}", *named]
    )


@click.command(help=__doc__)
@click.option("--envs", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path("/tmp/replay-examples"))
@click.option("--seconds", default=60.0, help="How long a DAG may run in real Airflow.")
@click.option("--again", is_flag=True)
@click.argument("names", nargs=-1)
def main(envs: Path, work: Path, seconds: float, again: bool, names: tuple[str, ...]) -> None:
    work.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for name in names or SETS:
        where = work / name
        if not again:
            project(envs, name, work)
        recorded = where / "real.json"
        theirs = json.loads(recorded.read_text("utf-8")) if again else real(python_of(envs / NOW), where, seconds)
        mine = ours(where)
        print(f"{name}: {summary(theirs, mine)}", flush=True)
        for kind, what in differences(theirs, mine):
            wrong += 1
            print(f"  differs ({kind}): {what}", flush=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
