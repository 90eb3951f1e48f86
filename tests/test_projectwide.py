"""What one setting decides is told once, with the DAGs it is about; and no more once it is decided."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import run as command

from upgradecheck.model import Finding, Fix
from upgradecheck.report import Report

Run = Callable[..., Report]
HEAD = "from datetime import datetime\n\nfrom airflow import DAG\n\nSTART = datetime(2024, 1, 1)\n"
ONE = 'DAG("{name}", start_date=START, schedule="@daily")\n'
CATCHUP = {"select": ("ImplicitCatchupRule",)}


def dags(*names: str) -> str:
    return HEAD + "".join(ONE.format(name=name) for name in names)


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_many_dags_are_one_finding(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags("a", "b"), "utf-8")
    (tmp_path / "b.py").write_text(dags("c"), "utf-8")
    found = only(run(**CATCHUP))
    assert (found.document, found.span, found.dag_id) == ("airflow.cfg", None, None)
    assert found.message.startswith("3 DAGs (a, b, c) ")
    assert isinstance(found.fix, Fix)
    assert (found.fix.safety, found.fix.when) == ("unsafe", "now")


def test_a_long_list_is_cut(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags(*(f"d{number}" for number in range(20))), "utf-8")
    assert "and 8 more" in only(run(**CATCHUP)).message


def test_it_stays_the_same_finding_when_dags_come_and_go(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    before = only(run(**CATCHUP)).fingerprint
    (tmp_path / "a.py").write_text(dags("b", "c"), "utf-8")
    assert only(run(**CATCHUP)).fingerprint == before


def test_it_stands_in_the_configuration_that_the_project_has(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "airflow.cfg").write_text("[scheduler]\n", "utf-8")
    assert only(run(**CATCHUP)).document == "config/airflow.cfg"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("airflow.cfg", "[scheduler]\ncatchup_by_default = False\n"),
        ("docker-compose.yml", "environment:\n  AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT: 'True'\n"),
        (".env-base", "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT=False\n"),
        ("deploy/kube/env.yaml", "env:\n- name: AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT\n  value: 'False'\n"),
        ("chart/airflow.yaml", "config:\n  scheduler:\n    catchup_by_default: 'False'\n"),
        ("infra/mwaa.tf", 'x = {\n  "scheduler.catchup_by_default" = "False"\n}\n'),
        ("upgradecheck.toml", '[decisions]\ncatchup_by_default = "what Airflow 3 does is fine"\n'),
    ],
)
def test_what_is_decided_is_not_told(tmp_path: Path, run: Run, file: str, text: str) -> None:
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, "utf-8")
    assert not run(**CATCHUP).findings


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env-base", "# AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT=False\n"),
        ("chart/airflow.yaml", "config:\n  scheduler:\n    # catchup_by_default: 'False'\n    x: 1\n"),
        ("chart/airflow.yaml", "config:\n  scheduler:\n    my_catchup_by_default: 'False'\n"),
    ],
)
def test_what_is_not_set_decides_nothing(tmp_path: Path, run: Run, file: str, text: str) -> None:
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, "utf-8")
    assert only(run(**CATCHUP))


def test_it_runs_on_request(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    assert not [f for f in run().findings if f.rule_id.startswith("Implicit")]
    asked = {f.rule_id for f in run(run_all=True).findings}
    assert {"ImplicitCatchupRule", "ImplicitDataIntervalRule"} <= asked


def test_the_cache_tells_both_ways_of_asking_apart(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").write_text("", "utf-8")
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    for _ in range(2):
        assert "ImplicitCatchupRule" not in command(tmp_path, "--format", "json").stdout
        assert "ImplicitCatchupRule" in command(tmp_path, "--run-all", "--format", "json").stdout


def test_projects_on_the_new_version_are_left_alone(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(dags("a") + 'DAG("b", start_date=START)\n', "utf-8")
    assert not [f for f in run(run_all=True, from_version="3.0").findings if f.rule_id.startswith("Implicit")]


def test_a_comment_takes_one_dag_out_of_the_list(tmp_path: Path, run: Run) -> None:
    first, second = dags("a").rstrip(), ONE.format(name="b")
    (tmp_path / "a.py").write_text(
        f"{first}  # upgradecheck: ignore[ImplicitCatchupRule] it is new\n{second}", "utf-8"
    )
    report = run(**CATCHUP)
    assert only(report).message.startswith("1 DAG (b) ")
    assert [s.by.reason for s in report.suppressed] == ["it is new"]


def test_an_entry_or_the_baseline_takes_it_away(tmp_path: Path, run: Run) -> None:
    (tmp_path / "upgradecheck.toml").write_text("", "utf-8")
    (tmp_path / "a.py").write_text(dags("a"), "utf-8")
    ignore = tmp_path / ".upgradecheck-ignore.toml"
    ignore.write_text('[[ignore]]\nrule = "ImplicitCatchupRule"\nreason = "next month"\n', "utf-8")
    assert [s.by.reason for s in run(**CATCHUP).suppressed] == ["next month"]
    assert not run(**CATCHUP).findings
    ignore.unlink()
    assert command(tmp_path, "baseline").returncode == 0
    assert not run(**CATCHUP).findings


def test_an_entry_is_not_called_unused_by_a_run_that_did_not_ask(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(HEAD, "utf-8")
    entry = '[[ignore]]\nrule = "ImplicitCatchupRule"\nreason = "next month"\n'
    (tmp_path / ".upgradecheck-ignore.toml").write_text(entry, "utf-8")
    assert not run().findings
    assert [f.rule_id for f in run(run_all=True).findings] == ["UnusedSuppressionRule"]


def test_it_is_fixed_dag_by_dag(tmp_path: Path, run: Run) -> None:
    for name in "ab":
        (tmp_path / f"{name}.py").write_text(dags(name), "utf-8")
    assert run(**CATCHUP, fix=True).findings
    report = run(**CATCHUP, fix=True, unsafe_fixes=True)
    assert not report.findings
    assert [(fixed.document, fixed.findings) for fixed in report.fixed] == [("a.py", 1), ("b.py", 1)]
    assert 'schedule="@daily", catchup=True)' in (tmp_path / "b.py").read_text("utf-8")


def test_a_decision_is_a_text(tmp_path: Path, project: Path) -> None:
    (project / "upgradecheck.toml").write_text("[decisions]\ncatchup_by_default = false\n", "utf-8")
    asked = command(project, ".")
    assert asked.returncode == 2
    assert "what was decided, as a string" in asked.stderr


USING = (
    f"{HEAD}from airflow.operators.bash import BashOperator\n\n"
    'with DAG("a", start_date=START, schedule="@daily", catchup=False):\n'
    '    BashOperator(task_id="b", bash_command="load {{ ds }}")\n'
)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("upgradecheck.toml", "", 1),
        ("upgradecheck.toml", '[decisions]\ncreate_cron_data_intervals = "no DAG needs it"\n', 0),
        ("airflow.cfg", "[scheduler]\ncreate_cron_data_intervals = True\n", 0),
    ],
)
def test_what_stands_alone_is_settled_as_well(tmp_path: Path, run: Run, file: str, text: str, told: int) -> None:
    (tmp_path / "a.py").write_text(USING, "utf-8")
    (tmp_path / file).write_text(text, "utf-8")
    report = run(select=("DataIntervalUseRule",))
    assert [(f.document, f.dag_id) for f in report.findings] == [("a.py", "a")] * told


@pytest.mark.parametrize(("value", "told"), [("False", ["b"]), ("True", [])])
def test_what_2_x_does_not_ask_for_a_timedelta_decides_nothing_about_it(
    tmp_path: Path, run: Run, value: str, told: list[str]
) -> None:
    """2.11.2 gives runs of a timedelta an interval whatever is set; 3.x asks the option."""
    (tmp_path / "airflow.cfg").write_text(f"[scheduler]\ncreate_cron_data_intervals = {value}\n", "utf-8")
    head = HEAD.replace("import datetime", "import datetime, timedelta", 1)
    delta = ONE.format(name="b").replace('"@daily"', "timedelta(hours=6)")
    (tmp_path / "a.py").write_text(f"{head}{ONE.format(name='a')}{delta}", "utf-8")
    found = run(select=("ImplicitDataIntervalRule",)).findings
    assert [f.message.partition(" run ")[0] for f in found] == [f"1 DAG ({name})" for name in told]
    using = USING.replace("import datetime", "import datetime, timedelta", 1)
    (tmp_path / "a.py").write_text(using.replace('"@daily"', "timedelta(hours=6)"), "utf-8")
    assert len(run(select=("DataIntervalUseRule",)).findings) == len(told)


def test_both_kinds_of_schedule_are_one_finding(tmp_path: Path, run: Run) -> None:
    head = HEAD.replace("import datetime", "import datetime, timedelta", 1)
    delta = ONE.format(name="b").replace('"@daily"', "timedelta(hours=6)")
    (tmp_path / "a.py").write_text(f"{head}{ONE.format(name='a')}{delta}", "utf-8")
    assert only(run(select=("ImplicitDataIntervalRule",))).message.startswith("2 DAGs (a, b) ")


def test_each_dag_that_asks_for_its_dates_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.py").write_text(f"{USING}{ONE.format(name='c')}", "utf-8")
    (tmp_path / "b.py").write_text(USING.replace('"a"', '"other"'), "utf-8")
    wait = 'from airflow.sensors.external_task import ExternalTaskSensor\n\nExternalTaskSensor(task_id="w", external_dag_id="c")\n'
    (tmp_path / "w.py").write_text(wait, "utf-8")
    found = run(select=("DataIntervalUseRule",)).findings
    assert {f.dag_id: "`ds` (line" in f.message for f in found} == {"a": True, "c": False, "other": True}
    assert "w.py" in next(f.message for f in found if f.dag_id == "c")
