"""YAML files of which dag-factory and gusty make DAGs: classes and arguments go through the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradecheck import check
from upgradecheck.config import Options
from upgradecheck.report import Report

FACTORY = """\
default:
  schedule_interval: "@daily"  # every day
  default_args: {owner: airflow}
first:
  schedule_interval: None
  concurrency: 3
  tasks:
    one:
      operator: airflow.operators.bash_operator.BashOperator
      bash_command: |
        echo "ü"
        echo {{ execution_date }}
      task_concurrency: 2
    two:
      operator: 'airflow.operators.python_operator.PythonOperator'  # quoted
      provide_context: true  # goes
      python_callable_name: f
      execution_timeout_secs: 5
    three: {operator: "airflow.operators.dummy.DummyOperator", trigger_rule: none_failed_or_skipped}
    four:
      operator: ours.BashOperator
      provide_context: true
"""
FIXED = """\
default:
  schedule: "@daily"  # every day
  default_args: {owner: airflow}
first:
  schedule: None
  concurrency: 3
  tasks:
    one:
      operator: airflow.providers.standard.operators.bash.BashOperator
      bash_command: |
        echo "ü"
        echo {{ logical_date }}
      max_active_tis_per_dag: 2
    two:
      operator: 'airflow.providers.standard.operators.python.PythonOperator'  # quoted
      python_callable_name: f
      execution_timeout_secs: 5
    three: {operator: "airflow.providers.standard.operators.empty.EmptyOperator", trigger_rule: none_failed_min_one_success}
    four:
      operator: ours.BashOperator
      provide_context: true
"""


def checked(folder: Path, name: str, text: str, fix: bool = False) -> tuple[Report, str]:
    (folder / name).write_bytes(text.encode())
    report = check([str(folder)], Options(cache=False, jobs=1, fix=fix, unsafe_fixes=fix))
    return report, (folder / name).read_bytes().decode()


def test_findings_stand_where_they_are_written(tmp_path: Path) -> None:
    report, _ = checked(tmp_path, "dags.yaml", FACTORY)
    lines = FACTORY.splitlines()
    found = {
        (f.span.line, lines[f.span.line - 1][f.span.column - 1 : f.span.end_column - 1], f.rule_id)
        for f in report.findings
        if f.span
    }
    assert found == {
        (2, "schedule_interval", "RenamedArgumentRule"),
        (5, "schedule_interval", "RenamedArgumentRule"),
        (9, "airflow.operators.bash_operator.BashOperator", "ProviderImportRule"),
        (12, "execution_date", "ContextKeyRule"),
        (13, "task_concurrency", "RenamedArgumentRule"),
        (15, "airflow.operators.python_operator.PythonOperator", "ProviderImportRule"),
        (16, "provide_context", "RemovedArgumentRule"),
        (19, "airflow.operators.dummy.DummyOperator", "ProviderImportRule"),
        (19, "none_failed_or_skipped", "ArgumentValueRule"),
    }
    assert {f.severity.value for f in report.findings} == {"ERROR"}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_fixes_change_what_they_are_about(tmp_path: Path, ending: str) -> None:
    report, after = checked(tmp_path, "dags.yml", FACTORY.replace("\n", ending), fix=True)
    assert after == FIXED.replace("\n", ending)
    assert not report.findings
    assert checked(tmp_path, "dags.yml", after, fix=True)[1] == after


def test_gusty(tmp_path: Path) -> None:
    _, after = checked(tmp_path, "METADATA.yml", "description: airflow\nschedule_interval: '@daily'\n", fix=True)
    assert after == "description: airflow\nschedule: '@daily'\n"
    report, _ = checked(tmp_path, "METADATA.yml", "description: airflow\nschedule_interval: '@daily'\n")
    assert [(f.severity.value, "passed over" in f.message) for f in report.findings] == [("WARNING", True)]
    task = "operator: airflow.operators.bash.BashOperator\nbash_command: echo {{ next_ds }}\ntask_concurrency: 1\n"
    report, after = checked(tmp_path, "task.yml", task, fix=True)
    assert after.startswith("operator: airflow.providers.standard.operators.bash.BashOperator\n")
    assert "next_ds" not in after
    assert not report.findings


def test_what_gusty_passes_over_is_told_in_files_that_never_name_airflow(tmp_path: Path) -> None:
    text = "schedule_interval: '@daily'\nconcurrency: 3\ndefault_args:\n  task_concurrency: 2\n  retries: 1\n"
    report, _ = checked(tmp_path, "METADATA.yml", text)
    assert [(f.span.line, f.severity.value) for f in report.findings if f.span] == [
        (1, "WARNING"),
        (2, "WARNING"),
        (4, "WARNING"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "tolerations: [{key: airflow, operator: Exists}]\nschedule_interval: x\n",
        "airflow: {operator: BashOperator, provide_context: true}\n",
        "tasks:\n- operator: [airflow.operators.bash.BashOperator]\n",
        "airflow: airflow.operators.bash.BashOperator\n",
        "operator: airflow\n",
        "? [operator]\n: airflow.operators.bash.BashOperator\n",
    ],
)
def test_other_files_hold_nothing(tmp_path: Path, text: str) -> None:
    assert not checked(tmp_path, "values.yaml", text)[0].findings


def test_an_anchor_is_told_once(tmp_path: Path) -> None:
    text = """\
one: &one
  operator: airflow.operators.bash.BashOperator
  task_concurrency: 2
two: *one
three:
  <<: *one
  provide_context: true
"""
    report, after = checked(tmp_path, "dags.yml", text, fix=True)
    assert after == text.replace("airflow.operators.bash", "airflow.providers.standard.operators.bash").replace(
        "task_concurrency", "max_active_tis_per_dag"
    )
    assert not report.findings


def test_an_entry_that_shares_its_line_is_left(tmp_path: Path) -> None:
    text = "a: {operator: airflow.operators.python.PythonOperator, provide_context: true}\n"
    report, after = checked(tmp_path, "dags.yml", text, fix=True)
    assert "provide_context: true" in after
    assert [f.rule_id for f in report.findings] == ["RemovedArgumentRule"]


@pytest.mark.parametrize("date", ["{__type__: datetime.datetime, year: 2025}", "2025-01-01", "!date x"])
def test_what_becomes_of_a_value_is_not_guessed(tmp_path: Path, date: str) -> None:
    text = f"t:\n  operator: airflow.providers.standard.operators.bash.BashOperator\n  start_date: {date}\n"
    assert not checked(tmp_path, "dags.yml", f"tasks:\n{text}")[0].findings


def test_deep_files_do_not_matter(tmp_path: Path) -> None:
    text = "airflow:\n" + "".join(" " * n + "a:\n" for n in range(1, 150)) + " " * 150 + "b: 1\n"
    assert not checked(tmp_path, "deep.yml", text)[0].findings
