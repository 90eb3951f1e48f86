"""What the index of semantics names is there; and what no recorded run shows: waits, limits, settings."""

from __future__ import annotations

import ast
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from test_replay import CASES, found, planned
from test_replay_step import NOW, OK, dag

from upgradecheck.runtime import events
from upgradecheck.runtime.commands import StartTask
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.model import Task, TaskInstance, World
from upgradecheck.runtime.plan import read
from upgradecheck.runtime.reports import retry_delay
from upgradecheck.runtime.scheduler import step

TESTS = Path(__file__).parent
INDEX = TESTS.parent / "docs" / "semantics.md"
ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<held>.+?) \|$", re.MULTILINE)
NAMES = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str]]:
    """(what, held by), without the heads of tables."""
    found = [(row["what"], row["held"]) for row in ROW.finditer(INDEX.read_text("utf-8"))]
    return [row for row in found if row[1] not in ("held by", "---")]


def is_there(name: str) -> bool:
    """A test function, a recorded case, or a DAG of one."""
    if "::" in name:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / f"{file}.py").read_text("utf-8"))
        return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)
    case, _, dag_id = name.partition(":")
    recorded = json.loads((CASES / f"{case}.json").read_text("utf-8")) if case in planned() else {}
    return dag_id in recorded.get("dags", {}) if dag_id else bool(recorded)


@pytest.mark.parametrize(("what", "held"), rows(), ids=lambda text: text[:60])
def test_a_line_is_held_by_what_it_names(what: str, held: str) -> None:
    names = NAMES.findall(held) if held.startswith("`") else []
    assert [name for name in names if not is_there(name)] == []
    assert names or re.match(r"(not|cannot) \w+", held), "a line that nothing holds needs a reason"


# (backoff, delay, longest, try, seconds), by ``TaskInstance.next_retry_datetime`` of 3.3.2
DELAYS = [
    (2, 300, None, 1, 456),
    (2, 300, None, 3, 2377),
    (2, 300, None, 2, 1181),
    (1.5, 7, None, 4, 29),
    (3, 60, 600, 4, 600),
    (2, 0, None, 1, 1),
    (2, 0.4, None, 3, 3),
    (0, 300, None, 2, 300),
    (1, 300, None, 2, 300),
    (2, 40000, None, 3, 86400),
]


@pytest.mark.parametrize(("backoff", "delay", "longest", "number", "seconds"), DELAYS)
def test_a_backoff_waits_as_in_airflow(
    backoff: float, delay: float, longest: float | None, number: int, seconds: float
) -> None:
    world, _ = step(World(NOW), events.Parsed(dag(Task("a"))))
    world, _ = step(world, events.AskRun("d", NOW, run_id="r"))
    most = None if longest is None else timedelta(seconds=longest)
    task = Task("a", retry_delay=timedelta(seconds=delay), backoff=backoff, max_retry_delay=most)
    ti = TaskInstance("d", "r", "a", try_number=number)
    assert retry_delay(task, ti, Draft(world)) == timedelta(seconds=seconds)


def test_what_can_never_run_is_a_deadlock() -> None:
    made = dag(Task("a"), Task("b", upstream=("a",), trigger_rule="all_success"))
    world, _ = step(World(NOW), events.Parsed(made))
    world, _ = step(world, events.AskRun("d", NOW, run_id="r", started=True))
    table = world.instances["d", "r"]
    gone = world.instances.put(("d", "r"), table.drop(("a", -1)).put(("b", -1), table["b", -1]))
    world, _ = step(replace(world, instances=gone), events.Tick(NOW))
    run = world.runs["d", "r"]
    assert (run.state, run.reason) == ("failed", "all_tasks_deadlocked")


def test_so_many_runs_at_once() -> None:
    world, _ = step(World(NOW), events.Parsed(dag(Task("a"), max_active_runs=2)))
    world, _ = step(world, events.Unpause("d"))
    for day in range(3):
        world, _ = step(world, events.AskRun("d", NOW - timedelta(days=day)))
    world, begun = step(world, events.Tick(NOW))
    assert sorted(run.state for run in world.runs.values()) == ["queued", "running", "running"]
    first = next(each for each in begun if isinstance(each, StartTask))
    world, _ = step(world, events.Began("d", first.run_id, "a", -1))
    world, _ = step(world, events.Ended("d", first.run_id, "a", -1, OK))
    world, _ = step(world, events.Tick(NOW))
    world, _ = step(world, events.Tick(NOW))
    assert sorted(run.state for run in world.runs.values()) == ["running", "running", "success"]


PLANNED = """import pendulum
from airflow.sdk import DAG, task
with DAG("d", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1)):
    @task(start_date=pendulum.datetime(2026, 1, 5))
    def one(dag_run=None): return dag_run.run_type
    one()
"""


def runs(folder: Path, plan: str, text: str = PLANNED) -> list[dict[str, Any]]:
    """The runs of a DAG after a plan."""
    (folder / "dag.py").write_text(text, "utf-8")
    (folder / "plan.json").write_text(plan, "utf-8")
    made: list[dict[str, Any]] = found(folder / "dag.py", plan=read(folder / "plan.json"))["dags"]["d"]["runs"]
    return made


def test_a_run_of_a_date_to_come_waits_for_it(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, '{"now": "2026-01-04T00:00:00Z", "runs": [{"dag_id": "d"}]}')
    assert (run["state"], run["tasks"]) == ("success", {"one": "success"})
    assert run["end_date"] > "2026-01-05T00:00:00"


def test_a_backfill_runs_tasks_outside_of_their_dates(tmp_path: Path) -> None:
    days = '"from_date": "2026-01-02T00:00:00Z", "to_date": "2026-01-02T00:00:00Z"'
    plan = f'{{"now": "2026-02-01T00:00:00Z", "runs": [{{"backfill": {{"dag_id": "d", {days}}}}}]}}'
    assert [run["tasks"] for run in runs(tmp_path, plan)] == [{"one": "success"}]
    by_hand = '{"now": "2026-02-01T00:00:00Z", "runs": [{"dag_id": "d", "logical_date": "2026-01-02T00:00:00Z"}]}'
    assert [run["tasks"] for run in runs(tmp_path, by_hand)] == [{}]


DELTAS = """import datetime, pendulum
from airflow.sdk import DAG
a = DAG("cron", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1))
b = DAG("delta", schedule=datetime.timedelta(days=1), start_date=pendulum.datetime(2026, 1, 1))
"""
KINDS = {
    "CREATE_CRON_DATA_INTERVALS": {"cron": "CronDataIntervalTimetable", "delta": "DeltaDataIntervalTimetable"},
    "CREATE_DELTA_DATA_INTERVALS": {"cron": "CronTriggerTimetable", "delta": "DeltaTriggerTimetable"},
}


@pytest.mark.parametrize("option", KINDS)
def test_a_setting_brings_back_the_intervals_of_cron(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW__SCHEDULER__{option}", "True")
    (tmp_path / "dag.py").write_text(DELTAS, "utf-8")
    props = found(tmp_path / "dag.py")["dag_props"]
    assert {dag_id: each["timetable"] for dag_id, each in props.items()} == KINDS[option]


def test_a_state_store_has_no_aget(tmp_path: Path) -> None:
    text = PLANNED.replace(
        "dag_run=None): return dag_run.run_type", "task_state_store=None): task_state_store.aget"
    )
    (run,) = runs(tmp_path, '{"now": "2026-02-01T00:00:00Z", "runs": [{"dag_id": "d"}]}', text)
    assert run["errors"]["one"]["error"].startswith(
        "AttributeError: 'TaskStateStoreAccessor' object has no attribute"
    )


def test_a_cleared_run_runs_the_code_that_its_bundle_says(tmp_path: Path) -> None:
    for name, number in (("dag.py", 1), ("later.py", 2)):
        (tmp_path / name).write_text(PLANNED.replace("dag_run.run_type", str(number)), "utf-8")
    steps = '{"dag_id": "d"}, {"deploy": {"path": "later.py", "at": "2026-02-02T00:00:00Z"}}, {"clear": {"dag_id": "d"}}'
    for bundle, code in (("local", 2), ("versioned", 1)):
        plan = f'{{"now": "2026-02-01T00:00:00Z", "bundle": "{bundle}", "runs": [{steps}]}}'
        (tmp_path / "plan.json").write_text(plan, "utf-8")
        (run,) = found(tmp_path / "dag.py", plan=read(tmp_path / "plan.json"))["dags"]["d"]["runs"]
        assert (run["xcoms"]["one"]["return_value"], run["tries"]) == (code, {"one": 2})
        assert run["start_date"] >= "2026-02-02T00:00:00"


def test_a_deploy_of_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(PLANNED, "utf-8")
    (tmp_path / "plan.json").write_text('{"runs": [{"deploy": {"path": "nowhere"}}]}', "utf-8")
    with pytest.raises(ValueError, match=r"nowhere: there is no such file to deploy in the place of .*dag\.py"):
        found(tmp_path / "dag.py", plan=read(tmp_path / "plan.json"))
