"""Annotations on GitHub: nobody can forge one, and only changed lines are told when asked."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from formats import NASTY, finding, folder, report
from test_cli import OLD, run

from upgradecheck.model import Severity
from upgradecheck.reports import github


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of a log: a command is a line that begins with two colons."""
    found = []
    for line in re.split(r"\r\n|\n|\r", log):
        if match := re.match(r"\s*::([a-z-]+)(?: ([^:]*))?::(.*)", line, re.DOTALL):
            pairs = (pair.partition("=") for pair in (match[2] or "").split(","))
            properties = {key: _decoded(value, True) for key, _, value in pairs}
            found.append((match[1], properties, _decoded(match[3], False)))
        else:
            assert not line or line.startswith("upgradecheck: "), line
            assert "##[" not in line
    return found


def _decoded(text: str, is_property: bool) -> str:
    codes = {"%0D": "\r", "%0A": "\n", **({"%3A": ":", "%2C": ","} if is_property else {}), "%25": "%"}
    for code, character in codes.items():
        text = text.replace(code, character)
    return text


def test_annotations_cannot_be_forged() -> None:
    told = commands(github.render(report(*(finding(name) for name in NASTY))))
    assert [kind for kind, _, _ in told] == ["error"] * len(NASTY)
    assert [properties["file"] for _, properties, _ in told] == list(NASTY)
    assert all(properties["title"] == "SomeRule" and properties["line"] == "1" for _, properties, _ in told)
    assert [message.partition("` is gone")[0] for _, _, message in told] == [f"`{name}" for name in NASTY]


def test_annotations_tell_the_worst_first_and_all_of_it() -> None:
    findings = [finding(f"{n}.py", Severity.INFO) for n in range(11)] + [finding("worst.py")]
    text = github.render(report(*findings))
    assert [kind for kind, _, _ in commands(text)] == ["error", *["notice"] * 11]
    assert "upgradecheck: 1 error, 0 warnings, 11 infos" in text
    assert "GitHub shows 10 annotations of each kind" in text


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_only_changed_lines_are_annotated(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    root = top / "project"
    root.mkdir(parents=True)
    folder(root, ("old.py", "changed.py", *NASTY))
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "before")
    more = "from airflow.operators.subdag import SubDagOperator\n"
    for name in ("changed.py", NASTY[1]):
        (root / name).write_text(OLD + more, "utf-8")
    git(top, "commit", "-qam", "after")
    (root / "fresh.py").write_text(OLD, "utf-8")
    done = run(root, "--format", "github", "--annotate-since", "HEAD~1")
    assert done.returncode == 1
    assert {(p["file"], p["line"]) for _, p, _ in commands(done.stdout)} == {
        ("project/changed.py", "4"),
        (f"project/{NASTY[1]}", "4"),
        ("project/fresh.py", "1"),
    }
    assert "8 findings on lines that did not change: not annotated" in done.stdout
    assert {f["file"] for f in json.loads(run(root, "--format", "json").stdout)} >= {"old.py", NASTY[1]}
    uris = run(root, "--format", "sarif").stdout
    assert '"uri": "project/old.py"' in uris


def test_a_shallow_clone_still_tells_changed_lines(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    folder(origin, ("old.py",))
    git(origin, "init", "-q", "-b", "main")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "one")
    base = git(origin, "rev-parse", "HEAD")
    (origin / "new.py").write_text(OLD, "utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    without = run(clone, "--format", "github", "--annotate-since", base)
    assert without.returncode == 3
    assert "shallow clone" in without.stderr
    git(clone, "fetch", "-q", "--depth", "1", "origin", base)
    done = run(clone, "--format", "github", "--annotate-since", base)
    assert [p["file"] for _, p, _ in commands(done.stdout)] == ["new.py"], done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--annotate-since", "main"], "goes with --format github"),
        (["--annotate-since", "main", "--format", "github"], "not in a git repository"),
        (["--statistics", "--format", "sarif"], "--statistics comes as"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: list[str], said: str) -> None:
    folder(tmp_path, ("old.py",))
    done = run(tmp_path, *arguments, GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
