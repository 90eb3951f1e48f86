"""What ``replay`` says to people, and that it reads what the project sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run

FAR = """from datetime import datetime

from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("late", schedule="@daily", start_date=datetime(2040, 1, 1)):
    EmptyOperator(task_id="t")
with DAG("bare", schedule=None):
    pass
"""
OLD = """from datetime import datetime

from airflow import DAG
from airflow.operators.subdag import SubDagOperator
from airflow.operators.empty import EmptyOperator
from airflow.utils.decorators import apply_defaults


class Own(EmptyOperator):
    @apply_defaults
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


def part(name):
    return DAG(name, schedule=None, start_date=datetime(2026, 1, 1))


with DAG("d", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    SubDagOperator(task_id="part", subdag=part("d.part")) >> Own(task_id="own")
"""
WEEK = ("--against", "2.11", "--from-date", "2026-03-27", "--to-date", "2026-03-29")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "upgradecheck.toml").write_text("", "utf-8")
    return tmp_path


def test_a_run_without_tasks_says_why(project: Path) -> None:
    (project / "d.py").write_text(FAR, "utf-8")
    lines = run(project, "replay", "d.py").stdout.splitlines()
    assert lines[lines.index("bare") + 2] == "    tasks: none"
    assert lines[lines.index("late") + 2].startswith("    tasks: none: the date lies before their start_date")
    assert lines[-1].startswith("2 DAGs, 0 files that do not load, 2 runs: 2 success; no task code ran")


def test_executed_runs_do_not_say_that_nothing_ran(project: Path) -> None:
    (project / "d.py").write_text(FAR.rpartition("with DAG")[0], "utf-8")
    last = run(project, "replay", "d.py", "--execute").stdout.splitlines()[-1]
    assert last == "1 DAG, 0 files that do not load, 1 run: 1 success"


def test_names_of_2_that_did_nothing_or_stand_in_are_compared(project: Path) -> None:
    (project / "d.py").write_text(OLD, "utf-8")
    found = json.loads(run(project, "replay", "d.py", *WEEK, "--format", "json").stdout)
    assert found["against"]["not_compared"] == {}
    assert found["against"]["dags"]["d"]["todo"].startswith("Make its file load (ModuleNotFoundError")


def test_nothing_to_do_speaks_of_dates_alone(project: Path) -> None:
    (project / "d.py").write_text(FAR, "utf-8")
    text = run(project, "replay", "d.py", *WEEK).stdout
    assert "`upgradecheck check` tells of code that breaks" in text
    assert "to do: Nothing: what its tasks use of dates, keys and templates stays the same." in text


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("airflow.cfg", "[scheduler]\ncatchup_by_default = True\ncreate_cron_data_intervals = True\n"),
        (".env", "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT=True\nAIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS=1\n"),
    ],
)
def test_options_are_as_the_project_sets_them(project: Path, file: str, text: str) -> None:
    (project / "dags").mkdir()
    (project / "dags" / "d.py").write_text(FAR.replace("2040", "2026"), "utf-8")
    (project / file).write_text(text.replace("=1\n", "=true\n"), "utf-8")
    found = json.loads(run(project, "replay", "dags", *WEEK, "--format", "json").stdout)
    assert found["settings"]["AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT"].lower() == "true"
    assert found["dag_props"]["late"] | {"tasks": 0} == found["dag_props"]["late"] | {
        "timetable": "CronDataIntervalTimetable", "catchup": True, "tasks": 0,
    }  # fmt: skip
    dag = found["against"]["dags"]["late"]
    assert dag["before"] == dag["after"]
    assert all(each["before"] == each["after"] for each in dag["runs"])


def test_a_timedelta_has_intervals_on_2_11_whatever_is_set(project: Path) -> None:
    """As in ``create_timetable`` of 2.11.2; 3.x asks the one option for both."""
    text = FAR.replace("2040", "2026").replace('"@daily"', "timedelta(hours=6)")
    (project / "d.py").write_text(text.replace("import datetime", "import datetime, timedelta", 1), "utf-8")
    (project / "airflow.cfg").write_text("[scheduler]\ncreate_cron_data_intervals = False\n", "utf-8")
    found = json.loads(run(project, "replay", "d.py", *WEEK, "--format", "json").stdout)["against"]["dags"]["late"]
    assert found["before"]["timetable"] == "DeltaDataIntervalTimetable"
    assert found["after"]["timetable"] == "DeltaTriggerTimetable"


def test_the_environment_and_what_lies_in_no_project_decide_otherwise(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "d.py").write_text(FAR, "utf-8")
    (project / "airflow.cfg").write_text("[scheduler]\ncatchup_by_default = True\n", "utf-8")
    monkeypatch.setenv("AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT", "False")
    found = json.loads(run(project, "replay", "d.py", "--format", "json").stdout)
    assert (found.get("settings"), found["dag_props"]["late"]["catchup"]) == (None, False)
    monkeypatch.delenv("AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT")
    (project / "upgradecheck.toml").unlink()
    found = json.loads(run(project, "replay", "d.py", "--format", "json").stdout)
    assert (found.get("settings"), found["dag_props"]["late"]["catchup"]) == (None, False)


def test_long_lists_of_runs_are_cut_and_what_failed_is_shown(project: Path) -> None:
    bash = "BashOperator(bash_command='true', "
    text = FAR.replace("@daily", "@hourly").replace("2040", "2026").replace("EmptyOperator(", bash)
    text = text.replace("operators.empty import EmptyOperator", "operators.bash import BashOperator")
    (project / "d.py").write_text(text, "utf-8")
    window = ("--from-date", "2026-03-27", "--to-date", "2026-03-28")
    lines = run(project, "replay", "d.py", *window).stdout.splitlines()
    assert [line for line in lines if "more runs" in line] == ["  and 13 more runs: 13 success"]
    plan = project / "plan.json"
    plan.write_text('{"failures": {"late.t": "no"}}', "utf-8")
    lines = run(project, "replay", "d.py", *window, "--plan", "plan.json").stdout.splitlines()
    assert [line for line in lines if "more run" in line] == ["  and 1 more run: 1 failed"]


def test_files_that_cannot_be_loaded_are_told_once(project: Path) -> None:
    (project / "d.py").write_text("import not_here\n" + FAR, "utf-8")
    text = run(project, "replay", "d.py", *WEEK).stdout
    assert text.count("No module named 'not_here'") == 1
    assert "1 file that cannot be loaded (above): not compared" in text
