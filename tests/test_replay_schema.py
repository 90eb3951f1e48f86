"""The published schemas of a replay's plan and report, and what is said of a plan that is not like that."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import run

from upgradecheck.proof import schemas
from upgradecheck.runtime.plan import Plan, PlanError, read
from upgradecheck.runtime.planschema import line
from upgradecheck.runtime.real import engine
from upgradecheck.runtime.real.environment import Interpreter
from upgradecheck.runtime.real.home import Home

CASES = Path(__file__).parent / "fixtures" / "replay"
REPORTS = Path(schemas.__file__).parent.parent / "reports"
DATES = jsonschema.FormatChecker(())
DATES.checks("date-time", ValueError)(lambda value: not value or bool(datetime.fromisoformat(value)))
DAGS = """from airflow.sdk import DAG, Asset
from airflow.providers.standard.operators.bash import BashOperator

with DAG("daily", schedule="@daily", start_date=__import__("datetime").datetime(2026, 1, 1)):
    BashOperator(task_id="say", bash_command="echo {{ ds }} {{ no_such_key }}")
with DAG("asset", schedule=[Asset("s3://orders")]):
    BashOperator(task_id="see", bash_command="true")
"""


def valid(found: dict[str, Any]) -> None:
    """Raises for what is not as the published file says."""
    published = json.loads((REPORTS / "replay_report.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published, format_checker=DATES).validate(found)


@pytest.mark.parametrize("case", sorted(CASES.glob("*.py")), ids=lambda case: case.stem)
def test_reports_of_cases_are_as_published(case: Path, tmp_path: Path) -> None:
    plan = case.with_suffix(".plan.json")
    options = ["--plan", str(plan)] if plan.exists() else []
    done = run(
        tmp_path, "replay", str(case), "--execute", "--format", "json", *options, REPLAY_EVENTS=str(tmp_path / "e")
    )
    valid(json.loads(done.stdout))


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--execute"],
        ["--runs", "2", "--from-date", "2026-03-27"],
        ["--against", "2.11", "--from-date", "2026-03-27", "--to-date", "2026-03-29"],
    ],
    ids=["plain", "execute", "window", "against"],
)
def test_reports_of_a_project_are_as_published(project: Path, options: list[str]) -> None:
    for name, text in {
        "good.py": DAGS,
        "bad.py": "from airflow.sdk import DAG\n\n1 / 0\n",
        "needs.py": "import no_such_package  # airflow dag\n",
        "odd.py": "from airflow.sdk import DAG\nfrom airflow.serialization.serde import serialize\n",
        "old.py": DAGS.replace("schedule=", "schedule_interval=").replace('DAG("', 'DAG("old_'),
    }.items():
        (project / name).write_text(text, "utf-8")
    found = json.loads(run(project, "replay", ".", "--format", "json", *options).stdout)
    assert found["import_errors"] and found["missing_packages"] and found["not_modelled"]
    valid(found)


def test_a_real_airflow_s_report_is_as_published(tmp_path: Path) -> None:
    home = Home(tmp_path, Interpreter("python", "3.3.2"), 30)
    props = {"timetable": "NullTimetable", "catchup": False, "tasks": ["t"], "file": "d.py"}
    loaded = {"import_errors": {"/d/x.py": "ValueError: no"}, "dag_props": {"d": props}, "unstored": {}}
    found = engine._document(home, Plan(), loaded)
    run = {"error": "Refused: 400 no"}
    found["dags"] = engine._dags(["d"], [{"dag_id": "d", **run}])
    found["engine"].update(through="a deployment", because="the plan asks for it")
    valid(found)


@pytest.mark.parametrize("plan", sorted(CASES.glob("*.plan.json")), ids=lambda plan: plan.stem)
def test_plans_of_cases_are_as_published(plan: Path) -> None:
    published = json.loads((REPORTS / "replay_plan.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(published).validate(json.loads(plan.read_text("utf-8")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"runs": [\n{"dag_id": "a"},\n{"dag": "x"}]}', ":3: runs[1]: it has no dag_id. Add dag_id."),
        ('{\n"runz": []}', ":2: runz: there is no such key. Did you mean runs?"),
        ('{"zzz": 1}', ":1: zzz: there is no such key. It may hold: runs, scheduled,"),
        ('{"variables": {\n"a": 1}}', ':2: variables.a: 1 is no string. Write a text: "…".'),
        (
            '{"runs": [{"dag_id": "a",\n\n"run_after": "soon"}]}',
            ':3: runs[0].run_after: "soon" is no date. Write it as 2026-',
        ),
        ('{"now": "2026-13-01"}', ':1: now: "2026-13-01" is no date.'),
        ('{"runs": [{"wait_for": 3}]}', ":1: runs[0].wait_for: 3 is no object. Write an object: {…}."),
        ('{"runs": [{"asset": {"nam": "a"}}]}', ":1: runs[0].asset.nam: there is no such key. Did you mean name?"),
        ('{"runs": [5]}', ":1: runs[0]: 5 is no object."),
        ('{"mode": "real"}', ':1: mode: "real" is not known here. Write one of "stack", "test".'),
        ("[]", ":1: [] is no object. Write an object: {…}."),
        ('{"runs":\n [', ":2: the plan is no JSON: Expecting value: mend it there"),
        ("[" * 5000, ""),
    ],
)
def test_a_broken_plan_is_told_with_file_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, "utf-8")
    with pytest.raises(PlanError) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))
    assert said in str(raised.value)


def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="name a file of JSON"):
        read(tmp_path)
    (tmp_path / "plan.json").write_bytes(b'{"mode": "\xff"}')
    with pytest.raises(PlanError, match="save it as such"):
        read(tmp_path / "plan.json")
    (tmp_path / "dag.py").write_text(DAGS, "utf-8")
    done = run(tmp_path, "replay", "dag.py", "--plan", "plan.json")
    assert (done.returncode, "plan.json" in done.stderr) == (2, True)


def test_a_date_without_a_zone_is_utc(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"now": "2026-01-05", "next_runs": {"now": "2026-01-06T01:00:00", "n": 1}}', "utf-8")
    plan = read(path)
    assert plan.now is not None and plan.next_runs is not None
    assert (plan.now.isoformat(), plan.next_runs.now.isoformat()) == (
        "2026-01-05T00:00:00+00:00",
        "2026-01-06T01:00:00+00:00",
    )


def test_a_place_in_json_is_found_by_its_path() -> None:
    text = '{ "a" : [1,\n {"b\\n": "}]",\n "c": [[],\n null]}]}'
    assert [line(text, path) for path in ([], ["a"], ["a", 1], ["a", 1, "c"], ["a", 1, "c", 1], ["x"])] == [
        1,
        1,
        2,
        3,
        4,
        1,
    ]
