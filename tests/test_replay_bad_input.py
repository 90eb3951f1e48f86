"""Files that are bad for a replay, and what a DAG may not do: each has its own outcome, the others go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import run
from test_replay import found, replayed

HEAD = "from datetime import datetime\nfrom airflow.sdk import DAG, task\n"
GOOD = HEAD + "with DAG('good', schedule=None):\n    @task\n    def one(): return 1\n    one()\n"
BAD = {
    "loops": "while True: pass\n",
    "ends": "import os\nos._exit(3)\n",
    "leaves": "import sys\nsys.exit(4)\n",
    "misses": "import no_such_package_of_mine\n",
    "talks": "import socket\nsocket.create_connection(('example.org', 80))\n",
    "starts": "import subprocess\nsubprocess.run(['true'])\n",
    "writes": "open('/tmp/replayed-outside', 'w')\n",
    "wrong": "this is no python\n",
    "turns": "from airflow.providers.standard.operators.empty import EmptyOperator\n"
    "with DAG('turns'):\n    a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n    a >> b >> a\n",
}
SAID = {
    "loops": "DagBag import timeout",
    "ends": "exit code 3",
    "leaves": "4",
    "misses": "no_such_package_of_mine",
    "talks": "--allow network",
    "starts": "--allow subprocess",
    "writes": "writes nothing outside",
    "wrong": "SyntaxError",
    "turns": "Cycle",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One replay of all of them, and of a good one and one that prints."""
    folder = tmp_path_factory.mktemp("dags")
    for name, text in BAD.items():
        (folder / f"{name}.py").write_text(HEAD + text, "utf-8")
    (folder / "good.py").write_text(GOOD, "utf-8")
    loud = GOOD.replace("'good'", "'loud'") + "print('x' * 5_000_000)\n"
    (folder / "loud.py").write_text(loud, "utf-8")
    return found(folder, seconds=2)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_an_error_that_says_why(report: Any, name: str) -> None:
    assert SAID[name] in json.dumps(report["import_errors"][f"{name}.py"])


@pytest.mark.parametrize("name", ["good", "loud"])
def test_the_others_go_on(report: Any, name: str) -> None:
    assert report["dags"][name]["runs"][0]["tasks"] == {"one": "success"}


TASKS = """
with DAG('acts', schedule=None, on_failure_callback=lambda context: None):
    @task
    def loops():
        while True: pass
    @task
    def dies():
        import os; os._exit(7)
    @task
    def leaves():
        import os; os._exit(0)
    @task
    def crashes():
        import os, signal; os.kill(os.getpid(), signal.SIGKILL)
    @task
    def talks():
        import socket; socket.create_connection(('example.org', 80))
    @task
    def keeps():
        import tempfile
        with tempfile.TemporaryFile('w') as file: file.write('x')
    loops(), dies(), leaves(), crashes(), talks(), keeps()
"""


def test_a_task_that_misbehaves_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "acts.py").write_text(HEAD + TASKS, "utf-8")
    run = found(tmp_path / "acts.py", seconds=2)["dags"]["acts"]["runs"][0]
    ended = {"loops": "failed", "dies": "failed", "crashes": "failed", "talks": "failed"}
    assert run["tasks"] == {**ended, "leaves": "failed", "keeps": "success"}


def test_without_execute_no_code_of_tasks_runs(tmp_path: Path) -> None:
    (tmp_path / "acts.py").write_text(HEAD + TASKS, "utf-8")
    run = found(tmp_path / "acts.py", seconds=5, execute=False)["dags"]["acts"]["runs"][0]
    assert set(run["tasks"].values()) == {"success"}


def test_a_template_is_rendered_anew_in_each_run(tmp_path: Path) -> None:
    text = "from airflow.providers.standard.operators.bash import BashOperator\n"
    text += "with DAG('twice', schedule='@daily', start_date=datetime(2026, 1, 1), catchup=True):\n"
    text += "    BashOperator(task_id='day', bash_command='echo {{ ds }}')\n"
    (tmp_path / "twice.py").write_text(HEAD + text, "utf-8")
    result = replayed(tmp_path, execute=False, runs=2, from_date=_date("2026-01-04"), to_date=_date("2026-01-08"))
    rendered = [ti.rendered["bash_command"] for table in result.world.instances.values() for ti in table.values()]
    assert sorted(rendered) == ["echo 2026-01-01", "echo 2026-01-02"]


def _date(text: str) -> Any:
    from datetime import datetime, timezone

    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["no json", "[]", '{"runs": 3}', '{"unknown": 1}'])
def test_a_broken_plan_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    (tmp_path / "plan.json").write_text(text, "utf-8")
    ended = run(tmp_path, "replay", "good.py", "--plan", "plan.json")
    assert ended.returncode == 2
    assert "plan" in ended.stderr


def test_the_text_names_dags_runs_and_what_raised(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD.replace("return 1", "raise ValueError('so it is')"), "utf-8")
    ended = run(tmp_path, "replay", "good.py", "--execute")
    assert ended.returncode == 1
    assert "one: ValueError: so it is" in ended.stdout


def test_operators_of_other_providers_stand_in(tmp_path: Path) -> None:
    """Their constructors and templates; ``execute`` does nothing, and the report says so."""
    text = "from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator\n"
    text += "with DAG('stands'):\n    SQLExecuteQueryOperator(task_id='asks', conn_id='x', sql='on {{ ds }}')\n"
    (tmp_path / "stands.py").write_text(HEAD + text, "utf-8")
    report = found(tmp_path)
    rendered = report["dags"]["stands"]["runs"][0]["rendered"]["asks"]
    assert (rendered["sql"], rendered["conn_id"]) == ("on 2026-01-05", "x")
    assert report["stand_ins"] == {"stands": ["SQLExecuteQueryOperator"]}


def test_what_others_map_over_has_one_value_where_nothing_is_executed(tmp_path: Path) -> None:
    text = "with DAG('maps'):\n    @task\n    def many(): return [1, 2]\n"
    text += "    @task\n    def one(x, y=0): return x\n    one.expand(x=many())\n"
    text += "    @task\n    def pairs(): return [{'y': 1}]\n    one.override(task_id='two').partial(x=1).expand_kwargs(pairs())\n"
    (tmp_path / "maps.py").write_text(HEAD + text, "utf-8")
    run = found(tmp_path, execute=False)["dags"]["maps"]["runs"][0]
    tasks = {"many": "success", "pairs": "success", "one[0]": "success", "two[0]": "success"}
    assert run["tasks"] == tasks


def test_a_name_of_an_index_that_only_the_tasks_code_gives_is_no_failure_without_execution(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(
        "from airflow.sdk import DAG, task\n"
        "with DAG('named', schedule=None):\n"
        "    @task(map_index_template='{{ region }}')\n"
        "    def load(region): return region\n"
        "    load.expand(region=['north'])\n",
        "utf-8",
    )
    for execute in (False, True):
        made = found(tmp_path / "named.py", execute=execute)
        assert made["dags"]["named"]["runs"][0]["tasks"] == {"load[0]": "success"}


WAITS = """from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
with DAG('waits', schedule=None):
    TriggerDagRunOperator(task_id='t', trigger_dag_id='good', wait_for_completion=True, poke_interval=5)
"""


def test_what_comes_to_no_end_is_given_up_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upgradecheck.runtime.simulation.TURNS", 400)
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    (tmp_path / "waits.py").write_text(HEAD + WAITS, "utf-8")
    (tmp_path / "zoo.py").write_text(GOOD.replace("'good'", "'zoo'"), "utf-8")
    report = found(tmp_path)
    assert report["dags"]["zoo"]["runs"][0]["state"] == "success"
    assert report["dags"]["waits"]["runs"][0]["reason"] == "given_up"
    assert "waits (manual__2026-01-05T00:00:00+00:00) came to no end, waiting: t" in report["stuck"]


def test_more_values_than_the_deployment_maps_over_fail_the_task_that_pushed_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "with DAG('wide', schedule=None):\n"
        "    @task\n    def many(): return list(range(1025))\n"
        "    @task\n    def one(n): return n\n    one.expand(n=many())\n"
    )
    (tmp_path / "wide.py").write_text(HEAD + text, "utf-8")
    made = found(tmp_path)["dags"]["wide"]["runs"][0]
    assert made["tasks"] == {"many": "failed", "one": "upstream_failed"}
    assert "unmappable_return_value_length" in made["errors"]["many"]["error"]
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "2000")
    assert found(tmp_path, execute=False)["dags"]["wide"]["runs"][0]["state"] == "success"


def test_a_file_does_not_end_the_replay(tmp_path: Path) -> None:
    kills = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    task = f"with DAG('d', schedule=None):\n    @task\n    def kill():\n        {kills.strip().replace(chr(10), '; ')}\n    kill()\n"
    (tmp_path / "kills.py").write_text(HEAD + kills, "utf-8")
    (tmp_path / "later.py").write_text(HEAD + task, "utf-8")
    report = found(tmp_path)
    assert "lets nothing end its own processes" in report["import_errors"]["kills.py"]
    assert "lets nothing end its own processes" in report["dags"]["d"]["runs"][0]["errors"]["kill"]["error"]
