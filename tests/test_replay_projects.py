"""Replays of projects: what DAG files import from beside them, and operators that only their provider knows."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from test_replay import found

STAND_INS = """from datetime import datetime

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG

with DAG("d", start_date=datetime(2024, 1, 1), schedule=None, default_args={"retries": 3}) as dag:
    wait = S3KeySensor(task_id="wait", bucket_key="s3://b/{{ ds }}", poke_interval=30)
    load = SQLExecuteQueryOperator(task_id="load", conn_id="w", sql="select {{ ds_nodash }}")
    wait >> load
"""
PLUGIN = """from airflow.sdk import BaseOperator


class Shop(BaseOperator):
    template_fields = ("name",)

    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
        self.name = name

    def execute(self, context):
        return self.name
"""
USER = """from shop_operators import Shop
from airflow.sdk import DAG
from airflow.task.trigger_rule import TriggerRule

with DAG("d", schedule=None):
    Shop(task_id="a", name="{{ ds }}", trigger_rule=TriggerRule.ALL_DONE)
"""


MAPPED_GROUP = """from airflow.sdk import DAG, task, task_group

with DAG("d", schedule=None):

    @task
    def texts():
        return ["a", "b"]

    @task_group
    def each(text):
        @task
        def shout(text):
            return text.upper()

        shout(text)

    each.expand(text=texts())
"""


@pytest.mark.parametrize("execute", [True, False])
def test_a_group_is_mapped_over_what_a_task_returns(tmp_path: Path, execute: bool) -> None:
    (tmp_path / "dag.py").write_text(MAPPED_GROUP, "utf-8")
    tasks = found(tmp_path, execute=execute)["dags"]["d"]["tasks"]
    assert set(tasks.values()) == {"success"}
    assert len(tasks) == (3 if execute else 2)


def test_operators_of_other_providers_stand_in(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(STAND_INS, "utf-8")
    report = found(tmp_path)
    assert report["import_errors"] == {}
    assert report["dags"]["d"]["tasks"] == {"wait": "success", "load": "success"}
    assert report["stand_ins"] == {"d": ["S3KeySensor", "SQLExecuteQueryOperator"]}
    assert report["dags"]["d"]["runs"][0]["rendered"]["load"]["sql"] == "select 20260105"


NAMED = """from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator, KubernetesPodOperatorCallback
from airflow.providers.cncf.kubernetes.secret import Secret
from airflow.providers.google.cloud.hooks.bigquery import CLIENT_INFO
from airflow.sdk import DAG, task


class Told(KubernetesPodOperatorCallback):
    pass


with DAG("d", schedule=None):
    KubernetesPodOperator(task_id="pod", secrets=[Secret("env", None, "keys")], callbacks=[Told])

    @task
    def asks():
        return Secret("env", None, "keys")

    @task
    def is_given(link=CLIENT_INFO):
        return link.format(1)

    asks()
    is_given()
"""


def test_other_names_of_providers_can_be_named_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(NAMED, "utf-8")
    report = found(tmp_path, execute=True)
    assert not report["import_errors"]
    assert not report["not_modelled"]
    run = report["dags"]["d"]["runs"][0]
    assert run["tasks"] == {"asks": "failed", "is_given": "failed", "pod": "success"}
    assert all("is not modelled" in str(error) for error in run["errors"].values())


def test_a_name_that_a_provider_does_not_have_is_not_made_up(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from airflow.providers.cncf.kubernetes.secret import Secrets\n", "utf-8")
    assert not found(tmp_path)["dags"]


def test_an_argument_that_a_stand_in_does_not_have_fails_as_there(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(STAND_INS.replace("poke_interval=30", "pokes=30"), "utf-8")
    assert "pokes" in found(tmp_path)["import_errors"]["dag.py"]


def test_plugins_beside_the_dags_can_be_imported(tmp_path: Path) -> None:
    for name, text in (("plugins/shop_operators.py", PLUGIN), ("dags/dag.py", USER)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    report = found(tmp_path / "dags")
    assert report["import_errors"] == {}
    assert report["dags"]["d"]["xcoms"] == {"a": {"return_value": "2026-01-05"}}


@pytest.mark.parametrize(
    ("module", "outcome"),
    [
        ("airflow.providers.postgres.operators.postgres", "import_errors"),
        ("airflow.providers.google.knows.this", "not_modelled"),
        ("airflow.providers.nobody.knows.this", "missing_packages"),
    ],
)
def test_a_provider_that_the_tables_do_not_know_is_not_called_gone(
    tmp_path: Path, module: str, outcome: str
) -> None:
    (tmp_path / "dag.py").write_text(f"import {module}\nfrom airflow.sdk import DAG\n", "utf-8")
    report = found(tmp_path)
    assert "dag.py" in report[outcome]
    assert ("dag.py" in report["not_modelled"]) == (outcome == "not_modelled")


def test_a_provider_of_the_project_is_loaded(tmp_path: Path) -> None:
    home = tmp_path / "plugins" / "airflow" / "providers" / "shop"
    home.mkdir(parents=True)
    (home / "operators.py").write_text(PLUGIN, "utf-8")
    (tmp_path / "dags").mkdir()
    own = USER.replace("from shop_operators", "from airflow.providers.shop.operators")
    (tmp_path / "dags" / "dag.py").write_text(own, "utf-8")
    report = found(tmp_path / "dags")
    assert report["import_errors"] == {}
    assert report["dags"]["d"]["xcoms"] == {"a": {"return_value": "2026-01-05"}}


TIMETABLES = """from datetime import timedelta
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable


class Workdays(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after - timedelta(days=7), run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        start = restriction.earliest if last_automated_data_interval is None else last_automated_data_interval.end
        while start.weekday() > 4:
            start += timedelta(days=1)
        if restriction.latest and start > restriction.latest:
            return None
        return DagRunInfo.interval(start, start + timedelta(days=1))


class Plugin(AirflowPlugin):
    name = "workdays"
    timetables = [REGISTERED]
"""
SCHEDULED = """import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from workdays import Workdays

with DAG("d", schedule=Workdays(), start_date=pendulum.datetime(2026, 3, 26), catchup=True):
    BashOperator(task_id="a", bash_command="echo {{ data_interval_start | ds }}")
"""


def timetable_project(folder: Path, registered: str) -> Path:
    """A DAG with a schedule that a plugin brings."""
    for name, text in (
        ("plugins/workdays.py", TIMETABLES.replace("REGISTERED", registered)),
        ("dags/d.py", SCHEDULED),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder / "dags"


def test_a_timetable_that_a_plugin_registers_makes_the_runs(tmp_path: Path) -> None:
    window = {
        "from_date": datetime(2026, 3, 26, tzinfo=timezone.utc),
        "to_date": datetime(2026, 4, 1, tzinfo=timezone.utc),
    }
    runs = found(timetable_project(tmp_path, "Workdays"), **window)["dags"]["d"]["runs"]
    assert [run["logical_date"][:10] for run in runs] == ["2026-03-26", "2026-03-27", "2026-03-30", "2026-03-31"]
    assert {run["state"] for run in runs} == {"success"}
    manual = found(timetable_project(tmp_path, "Workdays"))["dags"]["d"]["runs"][0]
    assert (manual["data_interval_start"], manual["data_interval_end"]) == (
        "2025-12-29T00:00:00+00:00",
        "2026-01-05T00:00:00+00:00",
    )


def test_a_timetable_that_no_plugin_registers_does_not_load(tmp_path: Path) -> None:
    error = found(timetable_project(tmp_path, ""))["import_errors"]["d.py"]
    assert "Timetable class 'workdays.Workdays' is not registered" in error


def test_a_setup_inside_of_a_scope_is_no_work_of_it(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(
        "from airflow.sdk import DAG, setup, task, teardown\n"
        "with DAG('d', schedule=None):\n"
        "    def named(kind, name):\n"
        "        def run(): return 1\n"
        "        run.__name__ = name\n"
        "        return kind(run)()\n"
        "    first, last = named(setup, 'first'), named(teardown, 'last')\n"
        "    first >> last\n"
        "    with last:\n"
        "        inner, work, after = named(setup, 'inner'), named(task, 'work'), named(teardown, 'after')\n"
        "        inner >> work >> after\n"
        "        inner >> after\n",
        "utf-8",
    )
    edges = found(tmp_path)["dag_props"]["d"]["edges"]
    assert edges == [
        ["first", "last"],
        ["first", "work"],
        ["inner", "after"],
        ["inner", "work"],
        ["work", "after"],
        ["work", "last"],
    ]


@pytest.mark.parametrize(
    ("home", "given", "loads"),
    [
        ("airflow.sdk", "expression", True),
        ("airflow.sdk", "cron", False),
        ("airflow.timetables.trigger", "cron", True),
        ("airflow.timetables.trigger", "expression", False),
    ],
)
def test_the_sdk_and_the_scheduler_name_a_cron_expression_otherwise(
    tmp_path: Path, home: str, given: str, loads: bool
) -> None:
    text = f"""from airflow.sdk import DAG
from {home} import CronTriggerTimetable

dag = DAG("d", schedule=CronTriggerTimetable({given}="0 6 * * *", timezone="UTC"))
"""
    (tmp_path / "dag.py").write_text(text, "utf-8")
    told = found(tmp_path / "dag.py")
    assert bool(told["import_errors"]) != loads
    assert not loads or told["dag_props"]["d"]["timetable"] == "CronTriggerTimetable"


def test_a_dag_without_tasks_runs_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text("from airflow.sdk import DAG\n\ndag = DAG('d', schedule=None)\n", "utf-8")
    (run,) = found(tmp_path / "dag.py")["dags"]["d"]["runs"]
    assert (run["tasks"], run["state"]) == ({}, "success")
