"""A command whose answer is known is answered without a run; and never with an answer that may be another now."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from upgradecheck import unchanged
from upgradecheck.unchanged import may_answer

OLD = "from airflow.operators.bash_operator import BashOperator\n"
NEW = "from airflow.sdk import DAG\n"
JSON = ("--format", "json", ".")


def settle(folder: Path) -> None:
    """Nothing is so young that it may change without a new time."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def run(folder: Path, *arguments: str) -> tuple[str, int, bool]:
    """What the command prints, its exit code, and whether it ran."""
    command = [sys.executable, "-X", "importtime", "-m", "upgradecheck", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout, done.returncode, "click" in done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose answer to `JSON` is known."""
    root = tmp_path / "above" / "project"
    (root / "dags").mkdir(parents=True)
    (root / "upgradecheck.toml").touch()
    (root / "dags" / "old.py").write_text(OLD, "utf-8")
    settle(root)
    run(root, *JSON)
    settle(root)
    run(root, *JSON)
    return root


def test_a_known_answer_is_given_again(project: Path) -> None:
    text, code, ran = run(project, *JSON)
    assert (code, ran) == (1, False)
    assert text == run(project, "--no-cache", *JSON)[0]


def _change(project: Path) -> None:
    (project / "dags" / "old.py").write_text(NEW, "utf-8")


def _add(project: Path) -> None:
    (project / "dags" / "older.py").write_text(OLD, "utf-8")


def _drop(project: Path) -> None:
    (project / "dags" / "old.py").unlink()


def _configure(project: Path) -> None:
    (project / "upgradecheck.toml").write_text('exclude = ["dags"]\n', "utf-8")


def _ignore(project: Path) -> None:
    entry = '[[ignore]]\nrule = "MovedImportRule"\nreason = "later"\n'
    (project / ".upgradecheck-ignore.toml").write_text(entry, "utf-8")


def _hide(project: Path) -> None:
    (project / ".gitignore").write_text("old.py\n", "utf-8")


@pytest.mark.parametrize("change", [_change, _add, _drop, _configure, _ignore, _hide])
def test_whatever_changes_is_seen(project: Path, change: Callable[[Path], None]) -> None:
    change(project)
    text, code, ran = run(project, *JSON)
    assert ran
    assert (text, code) == run(project, "--no-cache", *JSON)[:2]


def test_a_configuration_that_comes_above_is_seen(project: Path) -> None:
    (project / "upgradecheck.toml").unlink()
    settle(project)
    for _ in range(2):
        run(project, *JSON)
        settle(project)
    assert not run(project, *JSON)[2]
    (project.parent / "upgradecheck.toml").write_text('exclude = ["old.py"]\n', "utf-8")
    assert run(project, *JSON)[1:] == (3, True)


def test_other_words_are_another_command(project: Path) -> None:
    assert run(project, "--format", "json", "--target", "3.0", ".")[2]


def test_what_is_young_is_not_kept(project: Path) -> None:
    (project / "dags" / "old.py").write_text(OLD + OLD, "utf-8")
    assert run(project, *JSON)[2]
    assert run(project, *JSON)[2]


@pytest.mark.parametrize("damage", [b"", b"\n\n\n", b"nonsense", b"\xff\n1\n99\n"])
def test_a_damaged_answer_is_none(project: Path, damage: bytes) -> None:
    (kept,) = (project / ".upgradecheck_cache").glob("answer-*")
    kept.write_bytes(damage)
    text, code, ran = run(project, *JSON)
    assert ran
    assert (text, code) == run(project, "--no-cache", *JSON)[:2]


def test_an_answer_that_a_checkout_brings_along_is_not_believed(project: Path) -> None:
    """It can name the command, the folder and the day, and no file that would have to be as it was."""
    (kept,) = (project / ".upgradecheck_cache").glob("answer-*")
    key, *_ = kept.read_bytes().split(b"\n", 1)
    came = str(os.stat(unchanged.__file__).st_ctime_ns).encode()
    assert came in key
    forged = key.replace(came, b"1")
    name = f"answer-{zlib.crc32(forged):08x}"
    for path in (kept, kept.with_name(name)):
        path.write_bytes(forged + b"\n0\n0\n[]")
    text, code, ran = run(project, *JSON)
    assert (code, ran) == (1, True)
    assert text == run(project, "--no-cache", *JSON)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "json", "--fix"),
        ("--format", "json", "-"),
        ("--format=text",),
        ("--format", "json", "--metadata-db=sqlite:///a.db"),
        ("--format", "json", "--output", "a.json"),
        (),
    ],
)
def test_some_commands_always_run(arguments: tuple[str, ...]) -> None:
    assert not may_answer(arguments)


def test_a_database_in_the_environment_is_always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert may_answer(JSON)
    monkeypatch.setenv("UPGRADECHECK_METADATA_DB", "sqlite:///a.db")
    assert not may_answer(JSON)
