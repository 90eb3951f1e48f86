"""What people and machines are shown, whole: snapshots (``pytest --snapshot-update`` after a look)."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import OLD, run
from pytest_snapshot.plugin import Snapshot

from upgradecheck.command import FORMATS
from upgradecheck.reports.masking import masked

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
        ("report.html", ["--format", "html"]),
    ],
)
def test_report(project: Path, snapshot: Snapshot, name: str, arguments: list[str]) -> None:
    snapshot.snapshot_dir = Path(__file__).parent / "fixtures" / "reports"
    snapshot.assert_match(run(project, *arguments).stdout, name)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("slack(token='xoxb-12-abc')", "xoxb-12-abc"),
        ('login = {"db_password": "hunter2"}', "hunter2"),
        ("os.environ['API_KEY'] = r\"k'1\"", "k'1"),
        ("conn = 'postgresql://airflow:s3cr3t@host/db'", "s3cr3t"),
        ("call('ghp_abcdefghijklmnopqrstuvwxyz012345')", "ghp_abcdefghijklmnopqrstuvwxyz012345"),
        ("use('Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=')", "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE="),
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str, value: str) -> None:
    assert masked(line) == line.replace(value, "*" * len(value))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Authorization: Basic YWRtaW46YWRtaW4=", "YWRtaW46YWRtaW4="),
        ("curl -u admin:hunter2 http://host/api/v1/dags", "hunter2"),
        ("curl --user 'admin:hunter2' http://host/api/v1/dags", "hunter2"),
    ],
)
def test_what_requests_carry_is_hidden(line: str, value: str) -> None:
    assert masked(line, "run.sh") == line.replace(value, "*" * len(value))


@pytest.mark.parametrize(
    "line",
    [
        "token=Variable.get('slack_token')",
        "from secrets import token_hex",
        "x = 'http://host:80/a@b'",
        "tokens == 'x'",
    ],
)
def test_what_does_not_is_shown(line: str) -> None:
    assert masked(line) == line


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("arguments", [[], ["--diff"]])
@pytest.mark.parametrize(
    "code",
    [
        OLD + "BashOperator(task_id='x', schedule_interval=0, params={'password': 'hunter2'}, task_concurrency=2)",
        "from airflow.providers.mysql.operators.mysql import MySqlOperator\n"
        "MySqlOperator(params={'password': 'hunter2'}, mysql_conn_id='c', sql='x', task_id='t')\n",
    ],
    ids=["beside a fix", "within a fix"],
)
def test_no_format_prints_a_secret(project: Path, form: str, arguments: list[str], code: str) -> None:
    (project / "old.py").write_text(code, "utf-8")
    done = run(project, "--format", form, *arguments)
    assert "old.py" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_a_diff_is_what_git_applies(project: Path) -> None:
    (project / "old.py").write_bytes(OLD.replace("\n", "\r\n").encode() + b"x = '\x0c \xe2\x80\xa8'\r\n# \x1b[31m")
    done = run(project, "--diff", "--color", "always")
    assert "\x1b[31m" not in done.stdout.partition("Airflow")[0]
    assert "+from airflow.providers.standard.operators.bash import BashOperator\r\n" in done.stdout
