"""Files that keep others from being loaded: read as Airflow reads them, and told where a new syntax changes that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import OLD, run

from upgradecheck.texts.loadlist import GLOB, REGEXP, as_globs, ignore_files, left_out, syntax

FILES = (
    "daily.py", "weekly_test.py", "helpers/a.py", "helpers/deep/b.py", "drafts/daily.py", "drafts/keep.py", "x/drafts/c.py",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "how", "out"),
    [
        ("helpers/.*", REGEXP, "helpers/a.py helpers/deep/b.py"),
        ("helpers/.*", GLOB, ""),
        ("helpers", REGEXP, "helpers/a.py helpers/deep/b.py"),
        ("helpers", GLOB, "helpers/a.py helpers/deep/b.py"),
        ("help", REGEXP, "helpers/a.py helpers/deep/b.py"),
        ("help", GLOB, ""),
        ("^daily.py$", REGEXP, "daily.py"),
        ("^daily.py$", GLOB, ""),
        ("/daily.py", GLOB, "daily.py"),
        ("daily.py", GLOB, "daily.py drafts/daily.py"),
        ("drafts/", GLOB, "drafts/daily.py drafts/keep.py x/drafts/c.py"),
        ("drafts/*\n!keep.py", GLOB, "drafts/daily.py"),
        ("drafts\n!drafts/keep.py", GLOB, "drafts/daily.py drafts/keep.py x/drafts/c.py"),
        ("helpers/*.py", GLOB, "helpers/a.py"),
        ("helpers/**/b.py", GLOB, "helpers/deep/b.py"),
        ("*_test.py", REGEXP, ""),
        ("*_test.py", GLOB, "weekly_test.py"),
        ("# all of it\ndaily.py  # this one\n\n/\n!\n[", GLOB, "daily.py drafts/daily.py"),
        ("(?!daily)", REGEXP, ""),
    ],
)
def test_what_a_file_leaves_out(text: str, how: str, out: str) -> None:
    """Each as Airflow's own `find_path_from_directory` (2.11.2 and 3.3.2) has it."""
    assert sorted(left_out(FILES, ignore_files({".airflowignore": text}), how)) == sorted(out.split())


def test_files_further_down_add_to_those_above() -> None:
    files = ignore_files(
        {"dags/.airflowignore": "^x", "dags/x/.airflowignore": "", "dags/y/.airflowignore": "^y/a\n^b"}
    )
    names = ("dags/x/a.py", "dags/y/a.py", "dags/y/b.py", "x.py")
    assert left_out(names, files, REGEXP) == {"dags/x/a.py", "dags/y/a.py"}  # paths count from the uppermost


@pytest.mark.parametrize(
    ("pattern", "glob"), [("helpers/.*", "helpers/*"), ("^daily\\.py$", "/daily.py"), ("a|b", ""), (".*", "")]
)
def test_a_glob_in_place_of_a_regular_expression(pattern: str, glob: str) -> None:
    assert (as_globs(pattern) or [""])[0] == glob


def test_the_syntax_of_a_version_and_a_setting() -> None:
    assert (syntax("2.9", ()), syntax("2.11", ()), syntax("3.0", ())) == (REGEXP, REGEXP, GLOB)
    assert syntax("3.2", [("dag_ignore_file_syntax", "regexp")]) == REGEXP


@pytest.fixture
def dags(project: Path) -> Path:
    """A project with a DAG file that is left out, and one that is not."""
    (project / "old.py").unlink()
    (project / "drafts").mkdir()
    (project / "drafts" / "old.py").write_text(f"from airflow import DAG\n{OLD}DAG('d')\n", "utf-8")
    (project / ".airflowignore").write_text("drafts/.*\n", "utf-8")
    return project


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    """What the report says."""
    report: dict[str, Any] = json.loads(run(folder, "--format", "report", *arguments).stdout)
    return report


def test_what_is_left_out_is_no_dag_file(dags: Path) -> None:
    assert [file["file"] for file in told(dags)["readiness"]["files"]] == ["fine.py"]
    (dags / ".airflowignore").write_text("nothing\n", "utf-8")
    assert [file["file"] for file in told(dags)["readiness"]["files"]] == ["drafts/old.py", "fine.py"]


def test_a_pattern_that_changes_its_meaning(dags: Path) -> None:
    (finding,) = (f for f in told(dags)["findings"] if f["rule_id"] == "RereadPatternRule")
    assert (finding["file"], finding["line"], finding["column"], finding["end_column"]) == (
        ".airflowignore",
        1,
        1,
        10,
    )
    assert (finding["severity"], finding["subject"], finding["since"]) == ("WARNING", "drafts/.*", "3.0")
    assert "a file (drafts/old.py) it leaves out now will be looked at" in finding["message"]
    assert finding["advice"].startswith("Write `drafts/*`, which leaves out the same files")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("airflow.cfg", "[core]\ndag_ignore_file_syntax = regexp\n"),
        ("deploy/airflow.cfg", "[core]\ndags_folder = %(x)s\ndag_ignore_file_syntax: regexp\n"),
        ("Dockerfile", "FROM x\nENV A=1 AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX=regexp\n"),
        ("docker-compose.yaml", "x:\n  environment:\n    AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX: 'regexp'\n"),
        (".env", 'AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX="regexp"\n'),
    ],
)
def test_a_project_that_keeps_its_syntax(dags: Path, name: str, text: str) -> None:
    assert "RereadPatternRule" in {f["rule_id"] for f in told(dags)["findings"]}  # and is in the cache now
    (dags / name).parent.mkdir(exist_ok=True)
    (dags / name).write_text(text, "utf-8")
    assert "RereadPatternRule" not in {f["rule_id"] for f in told(dags)["findings"]}


def test_the_cache_knows_which_files_there_are(dags: Path) -> None:
    assert "old.py) it" in run(dags).stdout
    (dags / "drafts" / "more.py").write_text("", "utf-8")
    assert "2 files (drafts/more.py, drafts/old.py) it" in run(dags).stdout


def test_comments_suppress_there_too(dags: Path) -> None:
    mark = "# upgradecheck: ignore[RereadPatternRule] set in Helm"
    for text in (f"drafts/.*  {mark}\n", f"{mark}\ndrafts/.*\n"):
        (dags / ".airflowignore").write_text(text, "utf-8")
        report = told(dags, "--select", "RereadPatternRule")
        assert (report["findings"], len(report["suppressed"])) == ([], 1)


def test_an_upgrade_from_3_changes_nothing(dags: Path) -> None:
    assert told(dags, "--from", "3.0", "--select", "RereadPatternRule")["findings"] == []


@pytest.mark.parametrize("content", [b"\xff\n", b"a\0b\n"])
def test_one_that_is_no_text(dags: Path, content: bytes) -> None:
    (dags / ".airflowignore").write_bytes(content)
    done = run(dags, "--format", "json", "fine.py", ".airflowignore", "--fix")
    (finding,) = json.loads(done.stdout)
    assert (done.returncode, finding["rule_id"], finding["file"]) == (3, "UnreadableFileRule", ".airflowignore")
    assert (dags / ".airflowignore").read_bytes() == content
