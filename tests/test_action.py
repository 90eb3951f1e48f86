"""The GitHub Action: its steps run as a runner runs them, on projects that try to take over the job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from formats import NASTY, folder
from jsonschema import Draft4Validator
from test_annotations import commands, git
from test_cli import OLD
from test_markdown import rendered
from test_sarif import SCHEMA

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EVIL = ("dags/$(touch pwned).py", "dags/`touch pwned`.py", "dags/; touch pwned;.py", "dags/a'b\"c.py")


@dataclass(frozen=True)
class Done:
    code: int
    log: str
    summary: str
    output: str


@dataclass(frozen=True)
class Runner:
    """As much of GitHub's runner as the steps ask for."""

    temp: Path
    action: Path  # the action's own checkout

    def step(self, name: str, workspace: Path, inputs: dict[str, str], base: str = "") -> Done:
        step = next(step for step in STEPS if step["name"] == name)
        given = {key: str(spec["default"]) for key, spec in ACTION["inputs"].items()} | inputs
        known = {f"inputs.{key}": value for key, value in given.items()}
        known["github.action_path"] = str(self.action)
        known["github.event.pull_request.base.sha || github.event.before"] = base

        def value(text: str) -> str:
            return re.sub(r"\$\{\{ (.*?) \}\}", lambda match: known[match[1]], text)

        files = {key: self.temp / key.lower() for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", "utf-8")
        script = self.temp / "step.sh"
        script.write_text(step["run"], "utf-8")
        env = {
            **os.environ,
            **{key: value(text) for key, text in step["env"].items()},
            **{key: str(path) for key, path in files.items()},
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=workspace / value(step.get("working-directory", ".")),
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        summary, output = (files[key].read_text("utf-8") for key in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"))
        return Done(done.returncode, done.stdout, summary, output)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner on which the action has installed itself."""
    temp = tmp_path_factory.mktemp("runner")
    action = temp / "action"  # building leaves files in a checkout
    for name in ("upgradecheck", "codemods", "rules", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        action.mkdir(exist_ok=True)
        copy(ROOT / name, action / name)
    runner = Runner(temp, action)
    done = runner.step("Install upgradecheck", temp, {})
    assert done.code == 0, done.log
    return runner


def heard(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands in a log that the runner obeys."""
    obeyed = re.sub(r"::stop-commands::(\w+)\n(?s:.*?)\n::\1::", "", log)
    return commands(obeyed)


def pull_request(tmp_path: Path, names: tuple[str, ...]) -> tuple[Path, str]:
    """A checkout of a pull request's merge commit, as deep as actions/checkout makes it, and the base."""
    origin = tmp_path / "origin"
    origin.mkdir()
    folder(origin, ("dags/old.py",))
    git(origin, "init", "-q", "-b", "main")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "base")
    base = git(origin, "rev-parse", "HEAD")
    git(origin, "checkout", "-q", "-b", "topic")
    folder(origin, names)
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "topic")
    git(origin, "checkout", "-q", "main")
    git(origin, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "workspace")
    return tmp_path / "workspace", base


def test_a_pull_request_that_tries_to_take_over(runner: Runner, tmp_path: Path) -> None:
    workspace, base = pull_request(tmp_path, (*NASTY, *EVIL))
    done = runner.step("Check", workspace, {"sarif-file": "out.sarif"}, base)
    assert done.code == 1
    assert done.output == "exit-code=1\n"
    told = heard(done.log)
    assert {properties["file"] for _, properties, _ in told} == {*NASTY, *EVIL}
    assert {kind for kind, _, _ in told} == {"error"}
    assert "upgradecheck: 1 finding on lines that did not change: not annotated" in done.log
    page = rendered(done.summary)
    assert "11 errors, 0 warnings, 0 infos in 11 of 11 files" in page.text
    assert not {"img", "em", "b"}.intersection(page.tags)
    log = json.loads((workspace / "out.sarif").read_text("utf-8"))
    Draft4Validator(SCHEMA).validate(log)
    assert len(log["runs"][0]["results"]) == 11
    assert not list(tmp_path.rglob("pwned*"))


def test_all_or_no_annotations(runner: Runner, tmp_path: Path) -> None:
    workspace, base = pull_request(tmp_path, ("dags/new.py",))
    every = runner.step("Check", workspace, {"annotate": "all", "fail-on": "never"}, base)
    assert [properties["file"] for _, properties, _ in heard(every.log)] == ["dags/new.py", "dags/old.py"]
    assert (every.code, every.output) == (0, "exit-code=0\n")
    none = runner.step("Check", workspace, {"annotate": "none", "paths": "dags/new.py\n"}, base)
    assert heard(none.log) == []
    assert "1 error, 0 warnings, 0 infos in 1 of 1 file" in none.log
    assert none.code == 1
    wrong = runner.step("Check", workspace, {"annotate": "some"}, base)
    assert (wrong.code, wrong.output) == (2, "exit-code=2\n")


@pytest.mark.parametrize("base", ["", "0" * 40, "1" * 40, "$(touch pwned)"])
def test_without_a_base_all_is_annotated_and_that_is_said(runner: Runner, tmp_path: Path, base: str) -> None:
    workspace, _ = pull_request(tmp_path, ("dags/new.py",))
    done = runner.step("Check", workspace, {}, base)
    assert [kind for kind, _, _ in heard(done.log)] == ["notice", "error", "error"]
    assert done.code == 1
    assert not list(tmp_path.rglob("pwned*"))


def test_readiness_and_suppressions_are_in_the_summary(runner: Runner, tmp_path: Path) -> None:
    folder(tmp_path, ())
    dags = tmp_path / "dags"
    dags.mkdir()
    make = "from airflow.sdk import DAG\n\nDAG('d')\n"
    mark = "  # upgradecheck: ignore[ProviderImportRule] our image has it\n"
    (dags / "kept.py").write_text(OLD.split("\n")[0] + mark + make, "utf-8")
    (dags / "old.py").write_text(OLD + make, "utf-8")
    (dags / "broken.py").write_text("def (:\n", "utf-8")
    done = runner.step("Check", tmp_path, {"working-directory": "dags", "options": "--target=3.1\n"})
    text = rendered(done.summary).text
    assert "→ 3.1" in text
    assert "Of 2 DAG files 1 loads and runs as it is, 1 more after safe fixes, 0 wait for a person" in text
    assert "dags/old.py:1 holds back 1 DAG file" in text
    assert "1 suppressed: 1 by comments" in text
    assert "dags/broken.py" in text.partition("Not checked")[2]
    assert done.code == 1
    (dags / "old.py").unlink()
    assert runner.step("Check", tmp_path, {}).code == 3


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"target": "3.3; touch pwned"}, "target"),
        ({"target": "$(touch pwned)"}, "target"),
        ({"from": "2`touch pwned`"}, "from"),
        ({"paths": "$(touch pwned)\n; touch pwned"}, "there is no such file"),
        ({"paths": "--output=pwned"}, "there is no such file"),
        ({"fail-on": "error --output pwned"}, "fail-on"),
        ({"options": "--no-such-option"}, "No such option"),
        ({"sarif-file": "nowhere/pwned.sarif"}, "--output"),
    ],
)
def test_inputs_are_words_not_code(runner: Runner, tmp_path: Path, inputs: dict[str, str], said: str) -> None:
    folder(tmp_path, ("dags/old.py",))
    done = runner.step("Check", tmp_path, inputs)
    assert (done.code, done.output) == (2, "exit-code=2\n")
    assert said in done.log
    assert not list(tmp_path.rglob("pwned*"))


def test_what_github_fills_in_reaches_the_shell_as_environment_only() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
        assert "uses" not in step
        assert set(step) <= {"name", "id", "shell", "working-directory", "env", "run"}
    given = json.dumps([step.get("env", {}) for step in STEPS]) + json.dumps(
        [step.get("working-directory", "") for step in STEPS]
    )
    assert {f"inputs.{name}" for name in ACTION["inputs"]} == set(re.findall(r"inputs\.[\w-]+", given))
