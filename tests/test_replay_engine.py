"""``replay --engine airflow``, as far as it goes without one; the script that records cases runs all of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from commands import run

from upgradecheck.runtime.plan import Plan, PlanError
from upgradecheck.runtime.real import engine, placing, records
from upgradecheck.runtime.real.environment import Interpreter, NoAirflow, interpreter
from upgradecheck.runtime.real.home import Ended, Home

PYTHON = Interpreter(sys.executable, "3.3.2")
DAG = "from airflow.sdk import DAG\n\nDAG('d', schedule=None)\n"


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """An interpreter that says it has some Airflow."""

    def made(version: str) -> Path:
        path = tmp_path / f"python-{version}"
        path.write_text(f"#!/bin/sh\necho '[\"{version}\", [3, 11]]'\n", "utf-8")
        path.chmod(0o755)
        return path

    return made  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("plan", "needs", "why"),
    [
        (Plan(), {}, ""),
        (Plan(runs=[{"dag_id": "d"}]), {}, ""),
        (Plan(mode="stack"), {}, "the plan asks for it"),
        (Plan(mode="test"), {"d": "assets start its runs"}, ""),
        (Plan(scheduled={"d": 2}), {}, "schedules make runs"),
        (Plan(runs=[{"asset": {"name": "a"}}]), {}, "the plan waits, writes assets, clears, backfills or deploys"),
        (Plan(runs=[{"wait_for": {"d": 1}}]), {}, "the plan waits, writes assets, clears, backfills or deploys"),
        (Plan(bundle="versioned"), {}, "its bundle keeps older code"),
        (Plan(), {"d": "its tasks are deferred"}, "d: its tasks are deferred"),
    ],
)
def test_a_scheduler_is_started_where_dag_test_would_lie(plan: Plan, needs: dict[str, str], why: str) -> None:
    assert engine.needed(plan, needs) == why


def test_an_interpreter_that_is_not_there_or_has_no_airflow_is_named(tmp_path: Path, fake: object) -> None:
    with pytest.raises(NoAirflow, match="there is no such interpreter"):
        interpreter(str(tmp_path / "nowhere"), "3.3.2")
    with pytest.raises(NoAirflow, match="it has no Airflow 3"):
        interpreter(sys.executable, "3.3.2")
    with pytest.raises(NoAirflow, match=r"it has Airflow 2\.11\.2: name one with Airflow 3"):
        interpreter(str(fake("2.11.2")), "3.3.2")  # type: ignore[operator]
    assert interpreter(str(fake("3.4.0")), "").version == "3.4.0"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["--airflow-python", "python"], "--airflow-python goes with --engine airflow", 2),
        (["--engine", "airflow", "--runs", "2"], "--runs is for the embedded runtime", 2),
        (["--engine", "airflow", "--allow", "network"], "--allow is for the embedded runtime", 2),
        (["--engine", "airflow", "--airflow-python", "no-such-python"], "no such interpreter", 3),
    ],
)
def test_what_does_not_go_together_is_told(project: Path, options: list[str], said: str, code: int) -> None:
    (project / "dag.py").write_text(DAG, "utf-8")
    done = run(project, "replay", "dag.py", "--execute", *options)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_task_code_of_a_real_airflow_runs_only_when_it_is_said(project: Path, fake: object) -> None:
    (project / "dag.py").write_text(DAG, "utf-8")
    python = str(fake("3.3.2"))  # type: ignore[operator]
    done = run(project, "replay", "dag.py", "--engine", "airflow", "--airflow-python", python)
    assert (done.returncode, "say so with --execute" in done.stderr) == (2, True)


def test_one_file_is_the_only_dag_file_of_its_bundle(tmp_path: Path) -> None:
    source = tmp_path / "project" / "dags"
    source.mkdir(parents=True)
    (tmp_path / "project" / "plugins").mkdir()
    for name in ("one.py", "two.py", "query.sql"):
        (source / name).write_text("", "utf-8")
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", PYTHON, 30)
    home.add([source / "one.py", source])
    alone, whole = map(Path, home.bundles.values())
    assert sorted(path.name for path in alone.iterdir()) == [".airflowignore", "one.py", "query.sql", "two.py"]
    assert (alone / ".airflowignore").read_text("utf-8") == "*\n!one.py\n"
    assert whole == source
    assert home.name(str(alone / "one.py")) == home.name(str(source / "one.py")) == "one.py"
    assert str(tmp_path / "project" / "plugins") in home.environment["PYTHONPATH"]
    assert len(json.loads(home.environment["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])) == 2


@pytest.mark.parametrize("versioned", [False, True])
def test_what_is_deployed_takes_the_place_of_a_bundle_s_files_or_stands_beside_them(
    tmp_path: Path, versioned: bool
) -> None:
    for name in ("dags/one.py", "dags/gone.py", "next/one.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", PYTHON, 30)
    home.add([tmp_path / "dags"], deploys=True, versioned=versioned)
    (bundle,) = home.bundles.values()
    placing.deploy(tmp_path / "next", Path(bundle), "", versioned)
    newest = Path(home.loaded_from["bundle-0"])
    assert {path.name: path.read_text("utf-8") for path in newest.iterdir()} == {"one.py": "next/one.py"}
    assert home.name(str(newest / "one.py")) == "one.py"
    assert (Path(bundle) / "1" / "gone.py").exists() == versioned
    assert (tmp_path / "dags" / "gone.py").exists()
    (listed,) = json.loads(home.environment["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert listed["classpath"].endswith("Versions" if versioned else "LocalDagBundle")


def test_a_deploy_at_a_date_is_refused_where_the_clock_is_real(tmp_path: Path) -> None:
    plan = Plan(runs=[{"deploy": {"path": "x", "at": "2026-01-05T00:00:00Z"}}])
    with pytest.raises(PlanError, match="leave out `at`"):
        engine.replay([tmp_path], plan, execute=True, seconds=1, python=PYTHON)


def test_a_job_that_fails_says_how_it_ended(tmp_path: Path) -> None:
    """This very interpreter has no Airflow."""
    home = Home(tmp_path, PYTHON, 30)
    home.add([])
    with pytest.raises(Ended, match="exit code 1: ModuleNotFoundError: No module named 'airflow'"):
        home.job("test", 60, plan={"variables": {"a": "b"}}, dags=[])


def test_a_job_that_tells_nothing_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\nsleep 60\n", "utf-8")
    path.chmod(0o755)
    home = Home(tmp_path, Interpreter(str(path), "3.3.2"), 30)
    with pytest.raises(Ended, match="nothing new for 1 s"):
        home.job("load", 1, plan={})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Traceback (most recent call last):\n  File 'x', line 1\n    f()\nValueError: a\nb\n", "ValueError: a\nb"),
        ("airflow.sdk.exceptions.AirflowException: no\n", "AirflowException: no"),
        ("airflow.exceptions.AirflowDagCycleException", "AirflowDagCycleException"),
        ("own.Error: x", "own.Error: x"),
    ],
)
def test_a_traceback_is_told_by_what_was_raised(text: str, error: str) -> None:
    assert records.raised(text) == error


def test_what_logs_say_was_raised_is_told_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "dag_id=d" / "run_id=r" / "task_id=t" / "map_index=2"
    folder.mkdir(parents=True)
    frames = [{"filename": "/dags/a.py", "lineno": 3}, {"filename": "/x/site-packages/b.py", "lineno": 9}]
    line = {"error_detail": [{"exc_type": "ValueError", "exc_value": "bad", "frames": frames}]}
    (folder / "attempt=1.log").write_text(f"a line of the task\n{json.dumps(line)}\n[1, 2]\n", "utf-8")
    assert records.logged(tmp_path, "d", "r") == {"t[2]": {"error": "ValueError: bad", "where": "/dags/a.py:3"}}


def test_the_report_has_the_shape_of_the_embedded_one(tmp_path: Path) -> None:
    home = Home(tmp_path, PYTHON, 30)
    loaded = {
        "import_errors": {"/dags/bad.py": "ModuleNotFoundError: No module named 'acme.tools'"},
        "dag_props": {"d": {"timetable": "NullTimetable", "catchup": False, "tasks": [], "file": "d.py"}},
        "unstored": {},
    }
    found = engine._document(home, Plan(), loaded)
    assert found["missing_packages"] == {"bad.py": "acme.tools"}
    assert engine._dags(
        ["d", "e"], [{"dag_id": "d", "state": "success", "tasks": {"t": "success"}, "xcoms": {}}]
    ) == {
        "d": {
            "runs": [{"state": "success", "tasks": {"t": "success"}, "xcoms": {}}],
            "n_runs": 1,
            "state": "success",
            "tasks": {"t": "success"},
            "xcoms": {},
        },
        "e": {"runs": [], "n_runs": 0},
    }
