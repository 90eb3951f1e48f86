"""``--fix --verify``: the same DAGs before and after, or the file as it was; and what that is told from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import process, run
from msgspec import Struct

from examples import examples
from upgradecheck.config import Options
from upgradecheck.rulebook.facts import own_rules
from upgradecheck.run import run as check

OLD = (Path(__file__).parent / "fixtures" / "old_dag.py").read_text("utf-8")
FACTORY = """from airflow.operators.empty import EmptyOperator


def old():
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")


def new():
    EmptyOperator(task_id="a")
"""
LOST = """from airflow import DAG
from factory import old

with DAG("lost", schedule=None):
    old()
"""
PACK = "\n".join(
    (
        "old,kind,s30,s31,s32,s33,new,new_from,new_2x,provider,provider_min,safety,reason,advice,evidence",
        "factory.old,function,broken,broken,broken,broken,factory.new,3.0,2.0,,,safe,,,\n",
    )
)


def verified(project: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run(project, "--fix", "--verify", "--no-cache", "--format", "report", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_what_a_fix_announces_is_the_same_dag(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    code, report = verified(project)
    assert (code, report["verified"]) == (0, [{"file": "dag.py", "state": "same"}])
    assert "schedule=" in (project / "dag.py").read_text("utf-8")


def test_the_summary_says_how_many_are_the_same(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    assert "1 DAG file verified: the same DAGs as before" in run(project, "--fix", "--verify").stdout
    assert "verified" not in run(project, "--fix", "--verify").stdout, "nothing was fixed, nothing looked at"


@pytest.fixture
def lossy(project: Path) -> Path:
    """A project whose own rule pack exchanges a function that makes two tasks for one that makes one."""
    folder = project / "pack"
    assert run(project, "new-rule", "lossy_move", "--rules", str(folder)).returncode == 0
    (folder / "lossy_move.csv").write_text(PACK, "utf-8")
    (project / "upgradecheck.toml").write_text('rule-packs = ["pack"]\nexclude = ["plugins"]\n', "utf-8")
    (project / "plugins").mkdir()
    (project / "plugins" / "factory.py").write_text(FACTORY, "utf-8")
    (project / "lost.py").write_text(LOST, "utf-8")
    (project / "kept.py").write_text(OLD, "utf-8")
    return project


def test_a_dag_that_changed_is_rolled_back_alone(lossy: Path) -> None:
    before = (lossy / "lost.py").read_bytes()
    code, report = verified(lossy)
    states = {verdict["file"]: verdict["state"] for verdict in report["verified"]}
    assert (code, states) == (1, {"kept.py": "same", "lost.py": "changed"})
    assert (lossy / "lost.py").read_bytes() == before
    assert "schedule=" in (lossy / "kept.py").read_text("utf-8")
    (refused,) = report["not_written"]
    assert refused["file"] == "lost.py"
    assert "task b of DAG lost: the task is gone" in refused["reason"]
    (finding,) = (finding for finding in report["findings"] if finding["file"] == "lost.py")
    assert finding["fix"] == {"safety": "none", "reason": refused["reason"]}


@pytest.mark.parametrize("form", ["text", "json", "report", "sarif", "github", "markdown", "html"])
def test_every_format_tells_what_was_rolled_back(lossy: Path, form: str) -> None:
    done = run(lossy, "--fix", "--verify", "--no-cache", "--format", form)
    assert (done.returncode, "task b of DAG lost" in done.stdout) == (1, True)


def test_what_cannot_be_compared_is_told_and_stays(project: Path) -> None:
    (project / "dag.py").write_text(f"open('missing.sql')\n{OLD}", "utf-8")
    code, report = verified(project)
    (verdict,) = report["verified"]
    assert (code, verdict["state"]) == (3, "not_compared")
    assert verdict["reason"].startswith("FileNotFoundError") and "(dag.py:1)" in verdict["reason"]
    assert "schedule=" in (project / "dag.py").read_text("utf-8")


def test_a_file_without_a_dag_is_not_called_the_same(project: Path) -> None:
    """Its DAG comes out of a package that is not there: nothing was compared."""
    inside = "".join(f"    {line}" for line in OLD.splitlines(keepends=True))
    text = f"import no_such_package\n\nif no_such_package.on() is True:\n{inside}"
    (project / "dag.py").write_text(text, "utf-8")
    code, report = verified(project)
    (verdict,) = report["verified"]
    assert (code, verdict["state"], verdict["reason"]) == (
        3,
        "not_compared",
        "it makes no DAG when it is loaded here",
    )


def test_packages_that_were_missing_are_named(project: Path) -> None:
    (project / "dag.py").write_text(f"import no_such_package\n\n{OLD}", "utf-8")
    _, report = verified(project)
    assert report["verified"] == [{"file": "dag.py", "state": "same", "reason": "read without no_such_package"}]


class Seen(Struct):
    """What the proof below reads."""

    error: str = ""
    absent: tuple[str, ...] = ()


class Interrupted:
    """A proof that is interrupted when it looks at what was written."""

    looks = 0

    def read(self, root: Path, files: Sequence[str]) -> Mapping[str, Any]:
        self.looks += 1
        if self.looks > 1:
            assert "schedule=" in (root / "dag.py").read_text("utf-8")
            raise KeyboardInterrupt
        return {file: Seen() for file in files}

    def changes(self, before: Any, after: Any, again: Any, announced: frozenset[str]) -> tuple[str, ...]:
        return ()


def test_an_interrupt_leaves_nothing_unverified(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    with pytest.raises(KeyboardInterrupt):
        check(Options(paths=(str(project),), fix=True, cache=False), proof=Interrupted())
    assert (project / "dag.py").read_text("utf-8") == OLD


@pytest.mark.parametrize("wrong", [["--verify"], ["--verify", "--diff"], ["--fix", "--verify", "-"]])
def test_verify_is_about_what_was_written(project: Path, wrong: list[str]) -> None:
    done = run(project, *wrong)
    assert (done.returncode, "--verify goes with" in done.stderr) == (2, True)


def test_the_linter_alone_loads_no_dag(project: Path) -> None:
    (project / "dag.py").write_text(f"open('touched', 'w').close()\n{OLD}", "utf-8")
    process(project, "--fix", "--no-cache")
    assert not (project / "touched").exists()


def test_no_example_of_a_rule_changes_its_dags(project: Path) -> None:
    """What the rules' own pages promise, verified: all fixes, the unsafe ones too."""
    for page in sorted(own_rules().glob("*.md")):
        for number, example in enumerate(examples(page.read_text("utf-8")) if page.stem != "README" else ()):
            if example.language == "python" and example.after:
                (project / f"{page.stem}_{number}.py").write_text(example.before.text, "utf-8")
    _, report = verified(project, "--run-all", "--unsafe-fixes")
    assert sum(verdict["state"] == "same" for verdict in report["verified"]) > 20
    assert [verdict for verdict in report["verified"] if verdict["state"] == "changed"] == []
