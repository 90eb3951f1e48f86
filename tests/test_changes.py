"""Only what git says changed: ``--changed-since`` and ``--staged``, and what they say where git cannot."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from commands import FINE, OLD, run

ENV = {
    **{f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **ENV})


def files(folder: Path, *arguments: str) -> list[str]:
    done = run(folder, "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return sorted({finding["file"] for finding in json.loads(done.stdout)})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits on ``main``; each file holds a finding."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text(".upgradecheck_cache/\nignored.py\n", "utf-8")
    for name in ("one.py", "two.py", "a b\u00e4.py"):
        (folder / name).write_text(OLD, "utf-8")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", name)
    return folder


def test_changed_since_a_commit_a_branch_and_itself(repository: Path) -> None:
    assert files(repository, "--changed-since", "HEAD") == []
    assert files(repository, "--changed-since", "HEAD~1") == ["a b\u00e4.py"]
    assert files(repository, "--changed-since", "HEAD~2") == ["a b\u00e4.py", "two.py"]
    git(repository, "checkout", "-q", "-b", "topic", "HEAD~1")
    (repository / "one.py").write_text(OLD + "x = 1\n", "utf-8")
    git(repository, "commit", "-q", "-a", "-m", "topic")
    assert files(repository, "--changed-since", "main") == ["one.py"]  # not what main did meanwhile


def test_work_in_progress_counts_and_ignored_files_do_not(repository: Path) -> None:
    (repository / "one.py").write_text(OLD + "x = 1\n", "utf-8")
    (repository / "new.py").write_text(OLD, "utf-8")
    (repository / "ignored.py").write_text(OLD, "utf-8")
    (repository / "two.py").unlink()
    assert files(repository, "--changed-since", "HEAD") == ["new.py", "one.py"]
    assert files(repository, "--changed-since", "HEAD", "new.py") == ["new.py"]


def test_nothing_changed_is_fine(repository: Path) -> None:
    for option in (["--staged"], ["--changed-since", "HEAD"]):
        done = run(repository, *option)
        assert done.returncode == 0
        assert "0 of 0 files" in done.stdout
        assert "No Python file" not in done.stdout
    assert json.loads(run(repository, "--staged", "--format", "report").stdout)["selection"] == "staged"


def test_staged_files_are_checked_as_they_are_staged(repository: Path) -> None:
    (repository / "one.py").write_text(FINE, "utf-8")
    git(repository, "add", "one.py")
    (repository / "one.py").write_text(OLD, "utf-8")
    (repository / "two.py").write_text(OLD + "x = 1\n", "utf-8")
    assert files(repository, "--staged") == []
    git(repository, "add", "one.py", "two.py")
    (repository / "two.py").write_text(FINE, "utf-8")
    assert files(repository, "--staged") == ["two.py"]
    (repository / "two.py").unlink()
    assert files(repository, "--staged") == ["two.py"]
    assert files(repository, "--staged", "one.py") == []


def test_a_fix_of_staged_files_leaves_what_is_not_staged(repository: Path) -> None:
    for name in ("one.py", "two.py"):
        (repository / name).write_text(OLD + "x = 1\n", "utf-8")
    git(repository, "add", "-A")
    (repository / "two.py").write_text(OLD + "x = 2\n", "utf-8")
    done = run(repository, "--staged", "--fix")
    assert done.returncode == 1
    assert "it has changes that are not staged" in done.stdout
    assert "providers.standard" in (repository / "one.py").read_text("utf-8")
    assert (repository / "two.py").read_text("utf-8") == OLD + "x = 2\n"


def test_names_are_followed_into_files_that_did_not_change(repository: Path) -> None:
    (repository / "common.py").write_text("from airflow.utils import dates\n", "utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "common")
    (repository / "dag.py").write_text("from common import dates\n\nx = dates.days_ago(1)\n", "utf-8")
    git(repository, "add", "dag.py")
    assert files(repository, "--staged") == ["dag.py"]


def test_nested_projects_and_a_hook_s_environment(repository: Path) -> None:
    team = repository / "team"
    team.mkdir()
    (team / "upgradecheck.toml").write_text("", "utf-8")
    (team / "dag.py").write_text(OLD, "utf-8")
    git(repository, "add", "-A")
    done = run(repository, "--staged", "--format", "json", GIT_INDEX_FILE=".git/index")
    assert [finding["file"] for finding in json.loads(done.stdout)] == ["dag.py"]


def test_suppressions_elsewhere_are_not_told(repository: Path) -> None:
    entry = '[[ignore]]\nrule = "ContribImportRule"\nreason = "x"\nuntil = 2020-01-01\n'
    (repository / ".upgradecheck-ignore.toml").write_text(entry, "utf-8")
    git(repository, "add", "-A")
    assert files(repository, "--staged") == [".upgradecheck-ignore.toml"]
    git(repository, "commit", "-q", "-m", "entry")
    assert files(repository, "--staged") == []
    assert files(repository, "--changed-since", "HEAD") == []


@pytest.mark.parametrize("reference", ["nowhere", "-x", "HEAD:one.py", "a..b", "$(touch x)"])
def test_a_reference_that_does_not_exist(repository: Path, reference: str) -> None:
    done = run(repository, f"--changed-since={reference}")
    assert done.returncode == 2
    assert f"--changed-since {reference}: git knows no such reference" in done.stderr
    assert not (repository / "x").exists()


def test_a_shallow_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    git(repository, "branch", "base", "HEAD~1")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "clone")
    done = run(clone, "--changed-since", "base")
    assert done.returncode == 3
    assert "fetch-depth: 0" in done.stderr
    git(clone, "fetch", "-q", "--depth", "1", "origin", "base:base")
    done = run(clone, "--changed-since", "base")
    assert done.returncode == 3
    assert "no commit in common" in done.stderr
    git(clone, "fetch", "-q", "--unshallow")
    assert files(clone, "--changed-since", "base") == ["a b\u00e4.py"]


def test_histories_without_a_common_commit(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "other")
    git(repository, "commit", "-q", "-m", "other")
    done = run(repository, "--changed-since", "main")
    assert done.returncode == 2
    assert "no commit in common" in done.stderr


def test_no_repository_and_no_git(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(OLD, "utf-8")
    for option in (["--staged"], ["--changed-since", "main"]):
        done = run(tmp_path, *option)
        assert done.returncode == 2
        assert "not in a git repository" in done.stderr
        done = run(tmp_path, *option, PATH="")
        assert done.returncode == 3
        assert "git cannot be run" in done.stderr


def test_a_damaged_repository(tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(OLD, "utf-8")
    (tmp_path / ".git").write_text("gitdir: nowhere\n", "utf-8")
    done = run(tmp_path, "--staged")
    assert done.returncode == 3
    assert "git cannot read" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--staged", "--changed-since", "main"], ["-", "--staged"], ["-", "--changed-since", "main"]]
)
def test_what_does_not_go_together(repository: Path, arguments: list[str]) -> None:
    assert run(repository, *arguments, text="").returncode == 2
