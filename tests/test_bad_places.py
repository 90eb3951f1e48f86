"""Where a report, a fix or a cache cannot be written, or nobody reads it: said, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import COMMAND, OLD, process, run

from upgradecheck.command import FORMATS
from upgradecheck.pool import FEW_BYTES


def test_a_read_only_file_is_left_and_told(project: Path) -> None:
    path = project / "old.py"
    path.chmod(0o444)
    done = run(project, "--fix")
    assert done.returncode in (1, 3)
    assert "read-only" in done.stdout
    assert path.read_text("utf-8") == OLD


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"key": "other"}', b"\xff\xfe", b'{"key": null, "stamps": 3}'])
def test_a_foreign_or_damaged_cache_is_no_cache(project: Path, content: bytes) -> None:
    first = run(project, "--format", "json")
    for path in (project / ".upgradecheck_cache").glob("*.json"):
        path.write_bytes(content)
    again = run(project, "--format", "json")
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    assert "Traceback" not in again.stderr


def test_a_cache_folder_that_cannot_be_made(project: Path) -> None:
    (project / ".upgradecheck_cache").write_text("a file", "utf-8")
    assert run(project, "--format", "json").returncode == 1


def test_two_runs_at_once(project: Path) -> None:
    for number in range(40):
        (project / f"dag_{number}.py").write_text(OLD, "utf-8")
    runs = [subprocess.Popen([*COMMAND, "--fix"], cwd=project, stdout=subprocess.PIPE) for _ in range(2)]
    for command in runs:
        command.communicate()
        assert command.returncode in (0, 1, 3)
    run(project, "--fix")
    assert run(project, "--fail-on", "info").returncode == 0
    assert not list(project.glob(".*.tmp"))


@pytest.mark.skipif(os.name == "nt", reason="a pipe with a name tells when the command is at work")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_with_130(project: Path, jobs: str) -> None:
    pipe = project / "pipe.py"
    os.mkfifo(pipe)
    (project / "big.py").write_text("# filler\n" * (FEW_BYTES // 9 + 1), "utf-8")
    command = subprocess.Popen(
        [*COMMAND, "--no-cache", "--jobs", jobs, "big.py", "pipe.py"],
        cwd=project, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may have it ignored
    )  # fmt: skip
    with pipe.open("wb"):  # waits until the command reads it
        os.killpg(command.pid, signal.SIGINT)
        _, errors = command.communicate(timeout=60)
    assert command.returncode == 130
    assert errors.strip() == b"upgradecheck: interrupted"


def test_a_terminal_without_arrows(project: Path) -> None:
    for name, character in (("ascii", "?"), ("utf-8", "→")):
        done = process(project, PYTHONIOENCODING=name)
        assert (done.returncode, done.stderr) == (1, "")
        assert f"{character} Use `airflow.providers" in done.stdout


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names are Unicode")
@pytest.mark.parametrize("form", FORMATS)
def test_a_file_name_that_is_no_text(project: Path, form: str) -> None:
    (project / os.fsdecode(b"caf\xe9.py")).write_text(OLD, "utf-8")
    done = process(project, "--format", form, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert run(project, "--format", form, "--output", "report").returncode == 1
    if form in ("json", "report", "sarif"):
        assert done.stdout == (project / "report").read_text("utf-8")
        assert "caf" in str(json.loads(done.stdout))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
@pytest.mark.parametrize("form", ["text", "json"])
def test_nowhere_to_write_the_report(project: Path, form: str) -> None:
    with open("/dev/full", "wb") as full:
        done = process(project, "--format", form, stdout=full)
    assert done.returncode == 3
    assert done.stderr == (
        "upgradecheck: the report could not be written to standard output: No space left on device\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_nowhere_to_write_the_output(project: Path) -> None:
    done = run(project, "--output", "/dev/full")
    assert (done.returncode, done.stdout) == (3, "")
    assert "could not be written: No space left on device" in done.stderr
    assert run(project, "--output", "no/such").returncode == 2


def test_an_earlier_report_is_whole_whatever_happens(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (project / "report").write_text("of yesterday", "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        assert run(project, "--output", "report", "--no-cache").returncode == 3
    assert (project / "report").read_text("utf-8") == "of yesterday"
    assert not list(project.glob(".*.tmp"))
    assert run(project, "--output", "report").returncode == 1
    assert "old.py" in (project / "report").read_text("utf-8")


@pytest.mark.parametrize("command", [["baseline"], ["ignore", "ProviderImportRule", "--reason", "r"]])
def test_what_cannot_be_recorded_leaves_no_empty_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        done = run(project, *command)
    assert (done.returncode, "No space left on device" in done.stderr) == (3, True)
    assert not list(project.glob(".upgradecheck-*"))
    assert run(project).returncode == 1


def test_a_reader_that_has_seen_enough(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = process(project, "--format", "json", stdout=closed)
    assert (done.returncode, done.stderr) == (1, "")
