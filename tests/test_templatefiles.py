"""Templates in files of their own: who names them, what is told of them, what a fix writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.model import Finding, Severity

OPTIONS = Options(cache=False, jobs=1, select=("ContextKeyRule", "RuntimeMemberRule"))
HEAD = """\
import os
from airflow import DAG
from airflow.models import BaseOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator as Query
from airflow.providers.standard.operators.bash import BashOperator

HERE = os.path.dirname(__file__)
"""
GONE = "select '{{ execution_date }}'\n"
SURE, NAMED, NOBODY = Severity.ERROR, Severity.WARNING, Severity.INFO


def check(root: Path, files: dict[str, str], *paths: str) -> list[Finding]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode("utf-8"))
    (root / "upgradecheck.toml").touch()
    return list(upgradecheck.check([root / path for path in paths or ("",)], OPTIONS).findings)


@pytest.mark.parametrize(
    ("call", "file"),
    [
        ("Query(task_id='t', sql='sql/a.sql')", "dags/sql/a.sql"),
        ("Query(task_id='t', sql='./sql/a.sql')", "dags/sql/a.sql"),
        ("Query(task_id='t', sql=['select 1', 'sql/a.sql'])", "dags/sql/a.sql"),
        ("Query(task_id='t', sql='a.sql')", "include/sql/a.sql"),
        ("NAME = 'sql/a.sql'\nQuery(task_id='t', sql=NAME)", "dags/sql/a.sql"),
        ("Query(task_id='t', sql=os.path.join('sql', 'a.sql'))", "dags/sql/a.sql"),
        ("Query(task_id='t', sql=f'sql/{HERE}.sql')", "dags/sql/a.sql"),
        ("Query(task_id='t', sql='sql/' + HERE + '.sql')", "dags/sql/a.sql"),
        ("Query(task_id='t', sql='sql/%s.sql' % HERE)", "dags/sql/a.sql"),
        ("Query(task_id='t', sql='sql/{}.sql'.format(HERE))", "dags/sql/a.sql"),
        ("BashOperator(task_id='t', bash_command='run.sh')", "dags/run.sh"),
        ("BashOperator(task_id='t', bash_command='echo', env={'A': 'run.sh'})", "dags/run.sh"),
        ("def make(sql):\n    return Query(task_id='t', sql=sql)\n\nmake('sql/a.sql')", "dags/sql/a.sql"),
        ("def make(**rest):\n    return Query(task_id='t', **rest)\n\nmake(sql='sql/a.sql')", "dags/sql/a.sql"),
        (
            "class Load(BaseOperator):\n    template_fields = ('path',)\n    template_ext = ('.sql',)\n\n"
            "Load(task_id='t', path='sql/a.sql')",
            "dags/sql/a.sql",
        ),
    ],
)
def test_a_file_that_an_operator_names_is_a_template(tmp_path: Path, call: str, file: str) -> None:
    found = check(tmp_path, {"dags/d.py": f"{HEAD}{call}\n", file: GONE})
    assert [(f.document, f.severity, f.span and f.span.column) for f in found] == [(file, SURE, 12)]


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("for name in ['a.sql']:\n    Query(task_id='t', sql='sql/' + name)", NAMED),
        ("def go():\n    return open('sql/a.sql').read()", NAMED),
        ("", NOBODY),
        ("Query(task_id='t', sql='sql/b.sql')", NOBODY),
        ("BashOperator(task_id='t', bash_command='sql/a.sql ')", NOBODY),
    ],
)
def test_what_is_not_sure_is_told_as_a_doubt(tmp_path: Path, code: str, level: Severity) -> None:
    found = check(tmp_path, {"dags/d.py": f"{HEAD}{code}\n", "dags/sql/a.sql": GONE})
    assert [(f.severity, getattr(f.fix, "safety", "")) for f in found] == [(level, "unsafe")]
    assert "a task renders this file" in found[0].message


@pytest.mark.parametrize(
    "files",
    [
        {"d.py": "import jinja2\n\njinja2.Template(open('sql/a.sql').read())\n", "sql/a.sql": GONE},
        {"dbt/dbt_project.yml": "name: x\n", "dbt/models/a.sql": GONE},
        {"page.html": GONE},
        {"sql/a.sql": "select '{{ logical_date }}', '{{ ds }}' -- execution_date\n"},
        {"sql/a.sql": "{% set execution_date = ds %}{{ execution_date }}\n"},
        {"sql/a.sql": "{% raw %}{{ execution_date }}{% endraw %}\n"},
        {"sql/a.sql": "{{ execution_date "},
        {"sql/a.sql": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") + " {{ ds }}\n"},
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    assert check(tmp_path, files) == []


def test_what_a_template_takes_in_stands_as_it_does(tmp_path: Path) -> None:
    files = {
        "dags/d.py": f"{HEAD}Query(task_id='t', sql='a.sql')\n",
        "dags/a.sql": "{% include 'b.sql' %} {%- from \"m.j2\" import x -%}\n",
        "dags/b.sql": "{% include ['none.sql', 'c.sql'] %}\n",
        "dags/c.sql": GONE,
        "dags/m.j2": "{{ dag_run.execution_date }}\n",
    }
    assert {(f.document, f.severity) for f in check(tmp_path, files)} == {("dags/c.sql", SURE), ("dags/m.j2", SURE)}


def test_single_files_and_the_whole_tree_agree(tmp_path: Path) -> None:
    files = {
        "dags/d.py": f"{HEAD}Query(task_id='t', sql='sql/a.sql')\nBashOperator(task_id='u', bash_command='run.sh')\n",
        "dags/sql/a.sql": f"{GONE}{{% include 'part.sql' %}}\n",
        "dags/sql/part.sql": GONE,
        "dags/sql/other.sql": GONE,
        "dags/run.sh": "echo {{ next_ds }} {{ ti.pool }}\n",
    }
    whole = check(tmp_path, files)
    single = [finding for name in sorted(files) for finding in check(tmp_path, {}, name)]
    assert len(whole) == 5
    assert sorted(whole, key=repr) == sorted(single, key=repr)


def test_a_fix_edits_the_expression_alone(tmp_path: Path) -> None:
    text = "-- é\r\nselect '{{ execution_date }}',\r\n '{{ dag_run.execution_date }}'  \r\n"
    check(tmp_path, {"dags/d.py": f"{HEAD}Query(task_id='t', sql='a.sql')\n", "dags/a.sql": text})
    assert run(tmp_path, "--fix", "--select", "task").returncode == 0
    assert (tmp_path / "dags/a.sql").read_bytes().decode() == text.replace("execution_date", "logical_date")
    assert run(tmp_path, "--select", "task").returncode == 0


@pytest.mark.parametrize(
    "comment",
    [
        "-- upgradecheck: ignore[ContextKeyRule] for 2.x\n{{ execution_date }}\n",
        "{{ execution_date }} {# upgradecheck: ignore[ContextKeyRule] for 2.x #}\n",
        "/* upgradecheck: ignore-file[ContextKeyRule] for 2.x */\n\n\n{{ execution_date }}\n",
        "{{ execution_date }} # upgradecheck: ignore[ContextKeyRule] for 2.x\n",
    ],
)
def test_comments_suppress(tmp_path: Path, comment: str) -> None:
    files = {"d.py": f"{HEAD}Query(task_id='t', sql='a.sql')\n", "a.sql": comment}
    assert check(tmp_path, files) == []
    report = upgradecheck.check([tmp_path], OPTIONS)
    assert [found.by.reason for found in report.suppressed] == ["for 2.x"]


def test_a_template_holds_the_dag_back_that_renders_it(tmp_path: Path) -> None:
    code = f"{HEAD}with DAG('d', schedule=None):\n    Query(task_id='t', sql='a.sql')\n"
    check(tmp_path, {"d.py": code, "a.sql": "{{ prev_ds }}\n"})
    done = run(tmp_path, "--select", "task")
    assert "a.sql:1 holds back 1 DAG file: prev_ds fails when its task runs" in done.stdout


def test_dates_in_the_templates_of_a_dag_that_assets_start(tmp_path: Path) -> None:
    code = (
        f"{HEAD}from airflow.datasets import Dataset\n\nwith DAG('d', schedule=[Dataset('s3://x')]):\n"
        "    Query(task_id='t', sql='a.sql')\n"
    )
    check(tmp_path, {"d.py": code, "a.sql": "select '{{ ds }}'\n"})
    found = upgradecheck.check([tmp_path], Options(cache=False, jobs=1, select=("UndatedKeyRule",))).findings
    assert [(f.document, f.subject, f.severity) for f in found] == [("d.py", "ds", Severity.WARNING)]
    assert "a.sql asks" in found[0].message


def test_a_change_of_who_names_it_is_seen_through_the_cache(tmp_path: Path) -> None:
    check(tmp_path, {"d.py": HEAD, "a.sql": GONE})
    assert "INFO" in run(tmp_path, "--select", "task").stdout
    (tmp_path / "d.py").write_text(f"{HEAD}Query(task_id='t', sql='a.sql')\n", "utf-8")
    assert "ERROR" in run(tmp_path, "--select", "task").stdout


def test_sql_that_code_names_is_held_against_the_metadata_database(tmp_path: Path) -> None:
    sql = "-- dag_run.external_trigger;\nselect execution_date\nfrom dag_run;\nselect execution_date from trades;\n"
    (tmp_path / "dag.py").write_text(f"{HEAD}Query(task_id='t', sql='own.sql')\n", "utf-8")
    for name in ("own.sql", "nobodys.sql"):
        (tmp_path / name).write_text(f"{sql}delete from sla_miss where a = 'b;c'\n", "utf-8")
    findings = upgradecheck.check([tmp_path], Options(cache=False, jobs=1, select=("MetadataTableRule",))).findings
    assert [(f.document, f.span.line, f.subject) for f in findings if f.span] == [
        ("own.sql", 2, "dag_run.execution_date"), ("own.sql", 5, "sla_miss"),
    ]  # fmt: skip
