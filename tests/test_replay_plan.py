"""What a plan says of tasks and people; what tasks keep; commands that sleep; functions of other interpreters."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from test_replay import found

from upgradecheck.runtime.plan import PlanError, read

HEAD = """
from datetime import timedelta
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLBranchOperator, HITLEntryOperator
from airflow.sdk import DAG, Asset, task
"""


def lived(folder: Path, body: str, plan: str = "{}", **given: Any) -> dict[str, Any]:
    """The only run of a DAG with these tasks."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    (folder / "dag.py").write_text(f"{HEAD}with DAG('d', schedule=None):\n{lines}\n", "utf-8")
    (folder / "plan.json").write_text(plan, "utf-8")
    report = found(folder / "dag.py", plan=read(folder / "plan.json"), **given)
    assert report["import_errors"] == {}
    run: dict[str, Any] = report["dags"]["d"]["runs"][0]
    return run


BRANCH = """
@task.branch
def way(): return "left"
@task.short_circuit
def on(): return True
way() >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
on() >> EmptyOperator(task_id="after")
"""


@pytest.mark.parametrize("execute", [True, False])
def test_branches_follow_what_the_plan_says(tmp_path: Path, execute: bool) -> None:
    run = lived(tmp_path, BRANCH, '{"results": {"d.way": "right", "d.on": false}}', execute=execute)
    assert {name: run["tasks"][name] for name in ("left", "right", "after")} == {
        "left": "skipped",
        "right": "success",
        "after": "skipped",
    }


def test_a_result_of_the_plan_takes_the_place_of_the_code(tmp_path: Path) -> None:
    body = "@task\ndef one(): raise ValueError\n@task\ndef two(n): return n + 1\ntwo(one())"
    assert lived(tmp_path, body, '{"results": {"d.one": 41}}')["xcoms"]["two"] == {"return_value": 42}


@pytest.mark.parametrize("execute", [True, False])
def test_a_task_fails_as_the_plan_says(tmp_path: Path, execute: bool) -> None:
    body = "@task(retries=1, retry_delay=timedelta(hours=3))\ndef one(): return 1\none()"
    run = lived(tmp_path, body, '{"failures": {"d.one": "the disk is full"}}', execute=execute)
    assert (run["tasks"], run["tries"], run["state"]) == ({"one": "failed"}, {"one": 2}, "failed")
    assert run["errors"]["one"]["error"] == "AirflowException: the disk is full"


ASKS = """
ApprovalOperator(task_id="go", subject="Go?", response_timeout=timedelta(hours=1)) >> EmptyOperator(task_id="gone")
late = ApprovalOperator(task_id="late", subject="Go?", defaults="Reject", response_timeout=timedelta(hours=1))
late >> EmptyOperator(task_id="behind")
ApprovalOperator(task_id="never", subject="Go?", response_timeout=timedelta(hours=1))
choose = HITLBranchOperator(task_id="choose", subject="Which?", options=["a", "b"], options_mapping={"a": "x", "b": "y"})
choose >> [EmptyOperator(task_id="x"), EmptyOperator(task_id="y")]
"""
ANSWERS = '{"answers": {"d.go": {"chosen_options": ["Approve"]}, "d.choose": {"chosen_options": ["b"]}}}'


def test_people_answer_as_the_plan_says_or_too_late(tmp_path: Path) -> None:
    run = lived(tmp_path, ASKS, ANSWERS)
    assert run["tasks"] == {
        **dict.fromkeys(("go", "gone", "late", "choose", "y"), "success"),
        **dict.fromkeys(("behind", "x"), "skipped"),
        "never": "failed",
    }
    assert run["errors"]["never"]["error"].startswith("HITLTimeoutError")


def test_a_task_without_an_answer_waits(tmp_path: Path) -> None:
    run = lived(tmp_path, 'HITLEntryOperator(task_id="ask", subject="Which?")')
    assert (run["state"], run["tasks"]) == ("running", {"ask": "awaiting_input"})


def test_a_task_keeps_values_from_try_to_try_and_an_asset_for_ever(tmp_path: Path) -> None:
    body = """
shelf = Asset("shelf")
@task(retries=3, retry_delay=timedelta(seconds=1), outlets=[shelf])
def counts(task_state_store=None, asset_state_store=None):
    number = task_state_store.get("n", 0) + 1
    task_state_store.set("n", number)
    if number < 3:
        raise ValueError(number)
    asset_state_store[shelf].set("seen", number)
    return number
@task(inlets=[shelf])
def reads(asset_state_store=None): return asset_state_store.get("seen")
counts() >> reads()
"""
    run = lived(tmp_path, body)
    assert (run["tries"]["counts"], run["xcoms"]["reads"]) == (3, {"return_value": 3})


def test_a_command_sleeps_in_the_time_of_the_world(tmp_path: Path) -> None:
    run = lived(tmp_path, 'BashOperator(task_id="slow", bash_command="sleep 2h 30m && sleep 1 && echo done")')
    span = datetime.fromisoformat(run["end_date"]) - datetime.fromisoformat(run["start_date"])
    assert run["xcoms"] == {"slow": {"return_value": "done"}}
    assert 9001 <= span.total_seconds() < 9002


ISOLATED = """
@task.virtualenv(requirements=["numpy==1"])
def apart(n): raise ValueError("nobody runs this")
@task.branch_external_python(python="/opt/python")
def choose(): ...
apart(1)
choose() >> [EmptyOperator(task_id="x"), EmptyOperator(task_id="y")]
"""


def test_functions_of_other_interpreters_return_what_the_plan_says(tmp_path: Path) -> None:
    run = lived(tmp_path, ISOLATED, '{"results": {"d.apart": 5, "d.choose": "y"}}')
    assert run["tasks"] == {"apart": "success", "choose": "success", "x": "skipped", "y": "success"}
    assert run["xcoms"]["apart"] == {"return_value": 5}


def test_an_answer_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"answers": {"d.go": {"chosen": ["Approve"]}}}', "utf-8")
    with pytest.raises(PlanError, match=r"plan.json:1: .*chosen_options"):
        read(tmp_path / "plan.json")


def test_paths_of_object_stores_are_names_and_local_files_are_files(tmp_path: Path) -> None:
    body = """
from airflow.sdk import ObjectStoragePath
import os
base = ObjectStoragePath("s3://aws@bucket/raw")
@task
def names():
    path = base / "2026" / "x.csv"
    return [str(path), path.bucket, path.key, path.conn_id, path.name, path.suffix, str(path.parent)]
@task
def local():
    path = ObjectStoragePath("file://" + os.getcwd()) / "x.txt"
    path.write_text("hello")
    with path.open() as file:
        return [path.exists(), file.read()]
@task
def far(): return (base / "y").read_text()
names() >> local() >> far()
"""
    run = lived(tmp_path, body)
    assert run["xcoms"]["names"]["return_value"] == [
        "s3://aws@bucket/raw/2026/x.csv",
        "bucket",
        "raw/2026/x.csv",
        "aws",
        "x.csv",
        ".csv",
        "s3://aws@bucket/raw/2026",
    ]
    assert run["xcoms"]["local"]["return_value"] == [True, "hello"]
    assert run["errors"]["far"]["error"] == "NotModelled: reading and writing of s3:// is not modelled"


AGAIN = """import pendulum
from airflow.sdk import DAG, task
with DAG("d", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1)):
    @task(retries=1)
    def one(dag_run=None): return dag_run.run_type
    one()
"""
BACKFILL = '{"backfill": {"dag_id": "d", "from_date": "2026-01-04T00:00:00Z", "to_date": "2026-01-06T00:00:00Z"%s}}'
REDO = ', "reprocess_behavior": "completed"'


def again(folder: Path, *steps: str) -> list[dict[str, Any]]:
    """The runs of a daily DAG after these steps of a plan."""
    (folder / "dag.py").write_text(AGAIN, "utf-8")
    (folder / "plan.json").write_text(f'{{"now": "2026-02-01T00:00:00Z", "runs": [{", ".join(steps)}]}}', "utf-8")
    runs: list[dict[str, Any]] = found(folder / "dag.py", plan=read(folder / "plan.json"))["dags"]["d"]["runs"]
    return runs


def test_a_cleared_run_runs_again_and_its_tries_go_on(tmp_path: Path) -> None:
    (run,) = again(tmp_path, '{"dag_id": "d"}', '{"clear": {"dag_id": "d"}}')
    assert (run["state"], run["tries"]) == ("success", {"one": 2})


def test_what_is_not_there_is_not_cleared(tmp_path: Path) -> None:
    assert again(tmp_path, '{"clear": {"dag_id": "d"}}') == [{"error": "there is no run to clear"}]


@pytest.mark.parametrize(("how", "kind", "tries"), [("", "manual", 1), (REDO, "backfill", 2)])
def test_a_backfill_makes_what_is_missing_and_runs_again_what_it_is_told_to(
    tmp_path: Path, how: str, kind: str, tries: int
) -> None:
    runs = again(tmp_path, '{"dag_id": "d"}', BACKFILL % how)
    told = {run["logical_date"][:10]: (run["run_type"], run["state"], run["tries"]["one"]) for run in runs}
    assert told == {
        "2026-01-04": ("backfill", "success", 1),
        "2026-01-05": (kind, "success", tries),
        "2026-01-06": ("backfill", "success", 1),
    }
