"""Whatever is fed to the tool ends in a clear message, the right exit code, and nothing lost."""

from __future__ import annotations

import ast
import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import FIXED, OLD, run

from upgradecheck import checker, checking, stages


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("python2", b"print 'hello'\n", "Python 2"),
        ("python2_except", b"try:\n    pass\nexcept E, e:\n    pass\n", "Python 2"),
        ("template", b"from x import {{ name }}\n", "template"),
        ("nul", b"x = 1\0\n", "NUL bytes"),
        ("latin", b"x = '\xe9'\n", "not utf-8"),
        ("lying", b"# -*- coding: ascii -*-\nx = '\xe9'\n", "not ascii"),
        ("cookie", b"# -*- coding: klingon -*-\n", "encoding"),
        ("python2_octal", b"import os\nos.chmod('f', 0644)\n", "Python 2"),
        ("two_minds", b"\xef\xbb\xbf# -*- coding: latin-1 -*-\nx = 1\n", "byte order mark"),
        ("utf16", "x = 1\n".encode("utf-16"), "NUL bytes"),
        ("unfinished", b"def f(\n", "line 1"),
    ],
)
def test_what_cannot_be_read_is_a_finding(project: Path, name: str, content: bytes, says: str) -> None:
    (project / "old.py").unlink()
    path = project / f"{name}.py"
    path.write_bytes(content)
    done = run(project, "--format", "json", "--fix")
    assert done.returncode == 3, done.stdout + done.stderr
    (finding,) = json.loads(done.stdout)
    assert finding["rule_id"] == "UnreadableFileRule"
    assert finding["file"] == path.name
    assert says in finding["message"] + finding["advice"]
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xef\xbb\xbf",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"\tx\n".strip(),
        b'import airflow\n\n\ndef f():\n    """Nothing but words."""\n',
        ("x = [" + "1, " * 50_000 + "]\n").encode(),
        ("x = " + "-" * 3_000 + "1\n").encode(),
        b"x = " + b" + ".join([b"'a'"] * 20_000) + b"\n",
        b"x = f(" + b"{1: " * 190 + b"2" + b"}" * 190 + b")\n",
        b"x = f()" + b".g()" * 1_500 + b"\n",
    ],
    ids=["empty", "newline", "bom", "latin-1", "short", "words", "long", "nested", "sum", "deep", "chain"],
)
def test_odd_files_go_through_or_say_why(project: Path, content: bytes) -> None:
    (project / "old.py").unlink()
    (project / "odd.py").write_bytes(content)
    done = run(project, "--fix", "--format", "report")
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert '"crashed"' not in done.stdout
    assert (project / "odd.py").read_bytes() == content


@pytest.mark.parametrize(("part", "stage"), [("summarise", "summary"), ("scan", "checker")])
def test_a_crash_names_the_file_and_the_rest_goes_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, part: str, stage: str
) -> None:
    (project / "crash.py").write_text(f"{OLD}crash()\n", "utf-8")
    module = checker if hasattr(checker, part) else checking
    real = getattr(module, part)

    def fail(tree: ast.Module) -> object:
        if len(tree.body) == 3:
            raise KeyError("boom")
        return real(tree)

    monkeypatch.setattr(module, part, fail)
    report = json.loads(run(project, "--format", "report", "--no-cache").stdout)
    assert [finding["file"] for finding in report["findings"]] == ["old.py"]
    (outcome,) = (outcome for outcome in report["outcomes"] if outcome["file"] == "crash.py")
    assert (outcome["outcome"], outcome["rule_id"]) == ("crashed", stage)
    assert "boom" in outcome["traceback"]
    assert run(project, "crash.py", "--no-cache").returncode == 3
    told = run(project, "--format", "json", "--no-cache").stderr
    assert told == f"upgradecheck: crash.py: {stage} crashed; --format report has the traceback\n"


def test_five_megabytes(project: Path) -> None:
    line = "rows.append({'id': 1, 'name': 'a', 'text': '" + "x" * 2_000 + "'})\n"
    filler = "rows = []\n" + line * (5_000_000 // len(line))
    (project / "old.py").write_text(OLD + filler, "utf-8")
    (finding,) = json.loads(run(project, "--format", "json").stdout)
    assert (finding["file"], finding["line"]) == ("old.py", 1)
    assert run(project, "--fix").returncode == 0
    assert (project / "old.py").read_text("utf-8") == FIXED + filler


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf" + OLD.encode(), OLD.replace("\n", "\r\n").encode()])
def test_bom_and_line_endings_survive_a_fix(project: Path, before: bytes) -> None:
    path = project / "old.py"
    path.write_bytes(before)
    assert run(project, "--fix").returncode == 0
    assert path.read_bytes() == before.replace(b"operators.bash_operator", b"providers.standard.operators.bash")


def test_a_gitignore_that_is_none(project: Path) -> None:
    (project / ".gitignore").mkdir()
    assert run(project).returncode == 1
    (project / ".gitignore").rmdir()
    (project / ".gitignore").write_text("!\nold.py\n", "utf-8")
    done = run(project, "--verbose")
    assert (done.returncode, "skipped: old.py: ignored by .gitignore" in done.stdout) == (0, True)


def test_what_git_tracks_is_not_ignored(project: Path) -> None:
    (project / ".gitignore").write_text("dags/\nold.py\nbuild/\n", "utf-8")
    for name in ("dags/one.py", "dags/two.py", "build/three.py"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(OLD, "utf-8")
    for words in (["init", "-q"], ["add", "-f", "old.py", "dags/one.py"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    done = run(project, "--verbose", "--format", "json")
    assert {f["file"] for f in json.loads(done.stdout)} == {"old.py", "dags/one.py"}
    said = run(project, "--verbose").stdout
    assert all(f"skipped: {name}: ignored by .gitignore" in said for name in ("build", "dags/two.py"))


def test_symlink_loops_and_dangling_links(project: Path) -> None:
    (project / "loop").symlink_to(project, target_is_directory=True)
    (project / "self.py").symlink_to(project / "self.py")
    (project / "dangling.py").symlink_to(project / "nowhere")
    done = run(project, "--format", "json")
    files = {f["file"]: f["rule_id"] for f in json.loads(done.stdout)}
    assert done.returncode == 1
    assert files["old.py"] == "ProviderImportRule"
    assert files["dangling.py"] == files["self.py"] == "UnreadableFileRule"


@pytest.mark.skipif(os.name == "nt", reason="links to devices and pipes")
def test_links_to_what_is_no_file(project: Path) -> None:
    os.mkfifo(project / "pipe")
    (project / "waits.py").symlink_to(project / "pipe")
    (project / "endless.py").symlink_to("/dev/zero")
    (project / "folder.py").symlink_to("/")
    done = run(project, "--verbose", "fine.py", ".")
    for name in ("endless.py", "folder.py"):
        assert f"skipped: {name}: a link to something that is no file" in done.stdout
    assert "skipped: waits.py" in done.stdout


def test_a_folder_that_cannot_be_listed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "old.py").unlink()
    (project / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    done = run(project)
    assert done.returncode == 3
    assert "closed: cannot be listed: Permission denied" in done.stdout


def test_a_fix_follows_a_link_to_its_target(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "shared.py"
    target.write_text(OLD, "utf-8")
    (project / "old.py").unlink()
    (project / "linked.py").symlink_to(target)
    assert run(project, "--fix").returncode == 0
    assert (project / "linked.py").is_symlink()
    assert "providers.standard" in target.read_text("utf-8")


def test_no_files_at_all(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 3
    assert "No Python file" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["--fix"]])
@pytest.mark.parametrize("stage", ["summarise_all", "link", "read"])
def test_a_file_that_vanishes_mid_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, stage: str, arguments: list[str]
) -> None:
    real = getattr(stages, stage)

    def vanish(*given: Any) -> Any:
        (project / "old.py").unlink(missing_ok=True)
        return real(*given)

    monkeypatch.setattr(stages, stage, vanish)
    done = run(project, "--format", "json", *arguments)
    (finding,) = json.loads(done.stdout)
    assert (done.returncode, finding["file"], finding["rule_id"]) == (3, "old.py", "UnreadableFileRule")
    assert "Run again" in finding["advice"]
    assert not (project / "old.py").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(project: Path) -> None:
    (project / "fine.py").chmod(0)
    assert run(project, "fine.py").returncode == 3
