"""What people and machines are shown, whole: snapshots (``pytest --snapshot-update`` after a look)."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run
from pytest_snapshot.plugin import Snapshot

FILES = {
    "dags/daily.py": "from airflow import DAG\n"
    "from airflow.operators.bash_operator import BashOperator\n"
    "from airflow.operators.dummy import DummyOperator  # the start\n"
    "from airflow.operators.subdag import SubDagOperator\n"
    "from airflow.utils.dates import days_ago\n\n"
    "with DAG('daily', start_date=days_ago(1)):\n"
    "    DummyOperator(task_id='start') >> BashOperator(task_id='go', bash_command='echo') >> SubDagOperator()\n",
    "dags/broken.py": "print 'Python 2'\n",
    "plugins/helper.py": "def later():\n    from airflow.hooks.base_hook import BaseHook\n\n    return BaseHook\n",
    "requirements.txt": "apache-airflow==2.9.3\n",
    "upgradecheck.toml": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("text.txt", []),
        ("verbose.txt", ["--verbose", "--select", "names"]),
        ("quiet.txt", ["--quiet", "--target", "3.0", "plugins"]),
        ("statistics.txt", ["--statistics"]),
        ("diff.txt", ["--diff"]),
        ("fix.txt", ["--fix"]),
        ("findings.json", ["--format", "json"]),
        ("report.json", ["--format", "report"]),
        ("sarif.json", ["--format", "sarif"]),
        ("github.txt", ["--format", "github"]),
        ("markdown.md", ["--format", "markdown"]),
    ],
)
def test_report(project: Path, snapshot: Snapshot, name: str, arguments: list[str]) -> None:
    snapshot.snapshot_dir = Path(__file__).parent / "fixtures" / "reports"
    snapshot.assert_match(run(project, *arguments).stdout, name)
