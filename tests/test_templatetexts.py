"""Texts that are templates because another file says so."""

from __future__ import annotations

from pathlib import Path

from upgradecheck import check
from upgradecheck.config import Options

QUERIES = """\
DAILY = "select '{{ next_ds }}'"
ALL = {"a": "select '{{ prev_ds }}'"}
UNUSED = "{{ tomorrow_ds }}"


class Queries:
    LOAD = "insert '{{ yesterday_ds }}'"
    NOTE = "{{ yesterday_ds }}"


def build(table):
    return f"select * from {table} where d = '{{{{ execution_date }}}}'"


def shown(table):
    return "{{ execution_date }}"
"""
MAKING = """\
from airflow.providers.standard.operators.bash import BashOperator


def make(name, command, note=""):
    return run(name, f"set -e; {command}", note)


def run(name, command, note):
    print(note)
    return BashOperator(task_id=name, bash_command=command)
"""
DAG = """\
from airflow.providers.standard.operators.bash import BashOperator

from common import queries
from common.making import make
from common.queries import DAILY, Queries, build, shown

print(queries.UNUSED, shown)
BashOperator(task_id="a", bash_command=DAILY)
BashOperator(task_id="b", bash_command=["x", f"{queries.ALL['a']}"][0])
load = Queries.LOAD
BashOperator(task_id="c", bash_command=load)
BashOperator(task_id="d", bash_command=build("t"), doc_md=Queries.NOTE)
make("e", "echo {{ tomorrow_ds_nodash }}", "{{ execution_date }}")
make("f", note="{{ execution_date }}", command="echo {{ prev_ds_nodash }}")
"""


def test_constants_and_arguments_of_other_files_are_templates_where_an_operator_gets_them(tmp_path: Path) -> None:
    texts = {"common/queries.py": QUERIES, "common/making.py": MAKING, "common/__init__.py": "", "dag.py": DAG}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    report = check([str(tmp_path)], Options(cache=False, jobs=1))
    assert [(f.document, f.span.line, f.subject, f.severity.value) for f in report.findings if f.span] == [
        ("common/queries.py", 1, "next_ds", "ERROR"),
        ("common/queries.py", 2, "prev_ds", "ERROR"),
        ("common/queries.py", 7, "yesterday_ds", "ERROR"),
        ("common/queries.py", 12, "execution_date", "ERROR"),
        ("dag.py", 13, "tomorrow_ds_nodash", "ERROR"),
        ("dag.py", 14, "prev_ds_nodash", "ERROR"),
    ]
