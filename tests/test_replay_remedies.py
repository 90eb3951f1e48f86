"""Which files of a folder a replay takes, and what it says to do about modules that they import and nobody finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_replay import found

from upgradecheck.reports.replay import text
from upgradecheck.runtime.folders import dag_files


@pytest.mark.parametrize(
    ("module", "remedy"),
    [
        ("utils", "set PYTHONPATH={}: utils lies there"),
        ("lib.deep", "set PYTHONPATH={}/src: lib lies there"),
        ("pandas_of_nobody.frame", "no pandas_of_nobody is installed here"),
    ],
)
def test_what_to_do_about_a_module_that_is_missing_is_told(tmp_path: Path, module: str, remedy: str) -> None:
    for name in ("pyproject.toml", "utils/__init__.py", "src/lib/deep.py", "dags/team/dag.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    (tmp_path / "dags" / "team" / "dag.py").write_text(f"import {module}\nfrom airflow.sdk import DAG\n", "utf-8")
    report = found(tmp_path / "dags")
    assert report["remedies"]["team/dag.py"].startswith(remedy.format(tmp_path))
    assert "PYTHONPATH" not in remedy or remedy.format(tmp_path) in text(report)


IGNORED = """# not these
draft_*
!draft_kept.py
/here.py
sub/deep/
"""


def test_files_that_airflow_ignores_are_not_replayed(tmp_path: Path) -> None:
    """As ``list_py_file_paths`` of 3.3.2 finds them, but for what lies in hidden folders."""
    names = ("a", "draft_a", "draft_kept", "here", "sub/here", "sub/deep/b", "sub/c", ".hidden/d", "sub/low/e")
    for name in names:
        (tmp_path / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").write_text("from airflow.sdk import DAG\n", "utf-8")
    (tmp_path / ".airflowignore").write_text(IGNORED, "utf-8")
    (tmp_path / "sub" / "low" / ".airflowignore").write_text("e.*\n", "utf-8")
    (tmp_path / "sub" / "again").symlink_to(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path, _ in dag_files([tmp_path])]
    assert found == ["a.py", "draft_kept.py", "sub/c.py", "sub/here.py"]


def test_of_dags_with_one_id_the_first_file_s_stays(tmp_path: Path) -> None:
    """In Airflow's words. It takes files as the file system gives them: right in a folder before those below."""
    for name, tag in (("low/a.py", "a"), ("b.py", "b")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = f"from airflow.sdk import DAG\nd = DAG('d', schedule=None, tags=['{tag}'])\n"
        (tmp_path / name).write_text(text, "utf-8")
    report = found(tmp_path)
    said = f"Ignoring DAG d from {tmp_path / 'low' / 'a.py'} - also found in {tmp_path / 'b.py'}"
    assert report["import_errors"] == {"low/a.py": f"AirflowDagDuplicatedIdException: {said}"}
    assert report["dag_props"]["d"]["file"] == "b.py"
