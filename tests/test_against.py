"""``replay --against 2.11``, held to what real Airflow 2.11.2 recorded (``scripts/check_schedules.py``,
``scripts/record_against.py``)."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.against import Lived, compare, live
from upgradecheck.runtime.model import Dag
from upgradecheck.runtime.plan import NextRuns, Plan, read
from upgradecheck.runtime.replay import Options, Replayed, replay
from upgradecheck.runtime.report import next_runs

CASES = Path(__file__).parent / "fixtures" / "against"
TABLES = str(own_rules() / "tables")


@cache
def dags() -> dict[str, Dag]:
    """The case of schedules as 2.11 reads it."""
    options = Options(plan=Plan(parse_only=True), tables=TABLES, dialect="2.11", seconds=120)
    return replay([CASES / "schedules.py"], options).world.dags


@cache
def looked_at(dag_id: str, now: str) -> dict[str, Any]:
    asked = read(CASES / "schedules.plan.json").next_runs
    assert isinstance(asked, NextRuns)
    return next_runs(dags()[dag_id], replace(asked, now=datetime.fromisoformat(now)))


def said(dag_id: str, what: str, which: str) -> Any:
    if what == "manual":
        return looked_at(dag_id, "2026-03-27T12:00:00+00:00")["manual"][which]
    runs = looked_at(dag_id, what)["runs"]
    return len(runs) if which == "count" else runs[int(which)]


def test_schedules_are_as_in_airflow() -> None:
    rows = json.loads((CASES / "schedules.2.11.json").read_text("utf-8"))
    assert len(rows) > 700
    for dag_id, *where, value in rows:
        if len(where) == 1:
            dag = dags()[dag_id]
            got: Any = {"timetable": dag.schedule.name, "catchup": dag.catchup}[where[0]]
        else:
            got = said(dag_id, *where)
        assert got == value, (dag_id, *where)


def rendered(replayed: Replayed, dag_id: str, kind: str, starts: str) -> dict[str, Any]:
    """What each task's template became, in a run of a kind."""
    runs = [run for run in replayed.world.runs.values() if run.dag_id == dag_id]
    wanted = {
        "schedule": lambda run: run.run_type == "scheduled" and run.run_after == datetime.fromisoformat(starts),
        "by hand": lambda run: run.run_type == "manual" and run.logical_date is not None,
        "by hand, without a date": lambda run: run.run_type == "manual" and run.logical_date is None,
    }
    run = next(run for run in runs if wanted[kind](run))
    found = {}
    for ti in replayed.world.instances[run.key].values():
        told = (ti.rendered or {})["fields"]["op_args"]
        found[ti.task_id] = told["value"][0] if told.get("value") else told
    return found


# What hangs on who recorded it: a task's own name; real 3.3.2 ran all by ``dag.test()``; nothing had run before.
NOT_COMPARED = {"task_instance_key_str", "ti_names", "probe"}
OF_TEST = {"run_type"}


@cache
def recorded_and_lived() -> tuple[dict[str, Any], Lived]:
    recorded: dict[str, Any] = json.loads((CASES / "context.json").read_text("utf-8"))
    begin, end = datetime.fromisoformat(recorded["begin"]), datetime(2026, 4, 6, 2, tzinfo=timezone.utc)
    plan = Plan(runs=[{"dag_id": name, "logical_date": recorded["at"]} for name in recorded["before"]])
    options = Options(tables=TABLES, plan=plan, from_date=begin, to_date=end, runs=3, seconds=60)
    return recorded, live([CASES / "context.py"], options)


@pytest.mark.parametrize("side", ["before", "after"])
def test_templates_render_as_in_airflow(side: str) -> None:
    recorded, lived = recorded_and_lived()
    for dag_id, kinds in recorded[side].items():
        for kind, expected in kinds.items():
            if kind == "starts":
                continue
            skipped = NOT_COMPARED | (OF_TEST if (side, kind) == ("after", "schedule") else set())
            starts = recorded["before"][dag_id].get("starts", "")
            got = rendered(lived.before if side == "before" else lived.after, dag_id, kind, starts)
            for name, value in expected.items():
                if name not in skipped and not name.endswith("_success"):
                    assert (dag_id, kind, name, got[name]) == (dag_id, kind, name, value)


def compared(folder: Path, text: str, **given: Any) -> dict[str, Any]:
    """A file against 2.11."""
    file = folder / "case.py"
    file.write_text(text, "utf-8")
    days = {"from_date": "2026-03-27T00:00:00+00:00", "to_date": "2026-03-29T00:00:00+00:00"}
    dates = {name: datetime.fromisoformat(date) for name, date in days.items()}
    options = Options(**{"tables": TABLES, **dates, **given})
    return compare([file], options, replay([file], options))


OLD = """from datetime import datetime

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.python import PythonOperator


def used(execution_date=None, **kwargs):
    print(kwargs["next_ds"])


with DAG("left_out", start_date=datetime(2026, 1, 1), concurrency=3, default_view="graph"):
    BashOperator(task_id="b", bash_command="load {{ execution_date }}")
    PythonOperator(task_id="p", python_callable=used, provide_context=True)
with DAG("daily", "text", "@daily", start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="b", bash_command="load {{ ds }}")
with DAG("unused", schedule_interval="@daily", start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="b", bash_command="load")
"""


def test_a_file_of_2x_is_compared_as_it_is_once_it_loads(tmp_path: Path) -> None:
    found = compared(tmp_path, OLD)
    dag = found["dags"]["left_out"]
    assert not dag["loads"]
    assert "No module named 'airflow.operators.bash_operator'" in dag["todo"]
    assert (dag["before"]["timetable"], dag["after"]["timetable"]) == (
        "DeltaDataIntervalTimetable",
        "NullTimetable",
    )
    assert (dag["before"]["catchup"], dag["after"]["catchup"]) == (True, False)
    assert (dag["before"]["made_up"], dag["after"]["made_up"]) == (85, 0)
    assert [run["starts"][:10] for run in dag["runs"]] == ["2026-03-27", "2026-03-28", "2026-03-29"]
    assert all(run["before"] and run["after"] is None for run in dag["runs"])
    assert {key["key"]: key["tasks"] for key in dag["keys"]} == {"execution_date": ["b", "p"], "next_ds": ["p"]}
    assert "write `logical_date` for `execution_date` in tasks `b`, `p`" in dag["todo"]


def test_several_files_of_2x_are_each_read_with_the_names_of_2x(tmp_path: Path) -> None:
    for number in range(3):
        text = OLD.replace('DAG("', f'DAG("of_{number}_')
        (tmp_path / f"dag_{number}.py").write_text(text, "utf-8")
    files = sorted(tmp_path.glob("*.py"))
    options = Options(tables=TABLES, runs=1)
    found = compare(files, options, replay(files, options))
    assert found["not_compared"] == {}
    assert len(found["dags"]) == 9


def test_a_template_renders_one_period_later(tmp_path: Path) -> None:
    dag = compared(tmp_path, OLD)["dags"]["daily"]
    first = dag["runs"][0]
    assert first["starts"] == "2026-03-27T00:00:00+00:00"
    assert first["before"]["logical_date"] == first["before"]["data_interval_start"] == "2026-03-26T00:00:00+00:00"
    assert first["before"]["data_interval_end"] == first["starts"]
    assert set(first["after"].values()) == {first["starts"]}
    template = dag["templates"][0]
    assert (template["task"], template["field"]) == ("b", "bash_command")
    assert (template["before"], template["after"]) == ("load 2026-03-26", "load 2026-03-27")
    assert "look at `ds` in task `b`, or keep the intervals by `CronDataIntervalTimetable`" in dag["todo"]


def test_dates_that_nobody_uses_ask_for_nothing(tmp_path: Path) -> None:
    text = OLD.replace("bash_operator", "bash").replace(", provide_context=True", "")
    text = text.replace('schedule_interval="@daily"', 'schedule="@daily"')
    text = text.split("with DAG")[0] + "with DAG" + text.rpartition("with DAG")[2]
    dag = compared(tmp_path, text)["dags"]["unused"]
    assert dag["loads"]
    assert dag["todo"] == "Nothing: no task uses the dates that differ."


BY_HAND = """from datetime import datetime

from airflow.sdk import DAG, Asset, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("hand", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="b", bash_command="load {{ ds }}")
with DAG("asset", schedule=[Asset("s3://x")], start_date=datetime(2026, 1, 1)):
    @task
    def load(ds=None, **context):
        return context["logical_date"]

    load()
"""


def test_runs_without_a_date_miss_keys(tmp_path: Path) -> None:
    found = compared(tmp_path, BY_HAND)["dags"]
    dated, undated = found["hand"]["manual"]
    assert dated["before"] == dated["after"]
    assert undated["after"] == dict.fromkeys(undated["after"])
    assert [(key["key"], key["kind"], key["there"]) for key in found["hand"]["keys"]] == [
        ("ds", "by hand, without a date", False)
    ]
    assert found["hand"]["templates"][0]["error"] == "UndefinedError: 'ds' is undefined"
    assert [(key["key"], key["kind"]) for key in found["asset"]["keys"]] == [
        ("ds", "assets"),
        ("logical_date", "assets"),
    ]
    assert "See to runs without a logical date, which have no `ds`" in found["hand"]["todo"]


PULLS = """from datetime import datetime

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("pulls", schedule=None, start_date=datetime(2026, 1, 1)):
    a = BashOperator(task_id="a", bash_command="echo 1")
    b = BashOperator(task_id="b", bash_command="{{ ti.xcom_pull() }} {{ ti.xcom_pull(task_ids=['a', 'c']) }}")
    c = BashOperator(task_id="c", bash_command="{{ ti.xcom_pull(key='k', task_ids='a', default='D') }}")
    a >> b >> c
"""


def test_xcoms_are_pulled_otherwise(tmp_path: Path) -> None:
    found = compared(tmp_path, PULLS, plan=Plan(results={"a": 1}))["dags"]["pulls"]["templates"]
    assert [(each["task"], each["before"], each["after"]) for each in found] == [
        ("b", "1 LazySelectSequence([1 item])", "None [1, None]"),
        ("c", "D", "None"),
    ]


def test_a_release_that_is_not_modelled_is_refused(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from upgradecheck.cli import cli
    from upgradecheck.config import ConfigError

    (tmp_path / "dag.py").write_text(BY_HAND, "utf-8")
    done = CliRunner().invoke(cli, ["replay", str(tmp_path), "--against", "2.2"])
    assert isinstance(done.exception, ConfigError)
    assert "replay compares with 2.11" in str(done.exception)


@pytest.mark.parametrize("form", ["text", "json"])
def test_both_formats_have_it(tmp_path: Path, form: str) -> None:
    from click.testing import CliRunner

    from upgradecheck.cli import cli

    (tmp_path / "dag.py").write_text(OLD, "utf-8")
    arguments = ["replay", str(tmp_path), "--against", "2.11", "--format", form, "--from-date", "2026-03-27"]
    done = CliRunner().invoke(cli, [*arguments, "--to-date", "2026-03-29"])
    assert done.exit_code == 1
    if form == "json":
        assert set(json.loads(done.output)["against"]["dags"]) == {"daily", "left_out", "unused"}
    else:
        assert "2026-03-27T00:00: 2026-03-26T00:00, interval 2026-03-26T00:00 to 2026-03-27T00:00" in done.output
        assert 'b.bash_command (schedule): "load 2026-03-26" on 2.11, now "load 2026-03-27"' in done.output
