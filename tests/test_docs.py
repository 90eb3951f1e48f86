"""What README and CONTRIBUTING show is what happens: their examples, options, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import run
from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def blocks(text: str, fence: str) -> list[str]:
    """What stands between ``~~~fence`` and its end."""
    return re.findall(rf"^```{fence}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_first_example_is_what_is_printed() -> None:
    command, *shown = blocks(README, "console")[0].splitlines()
    printed = run(ROOT / "examples" / "airflow2-project", *command.split()[2:], "--no-cache").stdout.splitlines()
    for part in "\n".join(shown).split("\n…"):
        lines = part.strip("\n").splitlines()
        assert any(printed[start : start + len(lines)] == lines for start in range(len(printed))), part


def test_the_configuration_shown_is_obeyed(tmp_path: Path) -> None:
    shown = next(block for block in blocks(README, "toml") if "[tool.upgradecheck]" in block)
    (tmp_path / "pyproject.toml").write_text(shown, "utf-8")
    for folder in ("dags", "plugins", "tools/our-rules", "ci"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dags" / "a.py").write_text("x = 1\n", "utf-8")
    for name, text in (("left.toml", ""), ("baseline.json", '{"version": 1, "findings": []}')):
        (tmp_path / "ci" / name).write_text(text, "utf-8")
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", README))))
def test_every_option_named_exists(option: str) -> None:
    commands = ("check", "ignore", "baseline", "replay")
    helps = "".join(run(ROOT, command, "--help").stdout for command in commands)
    assert re.search(rf"{option}\b", helps), option


@pytest.mark.parametrize(
    "path", re.findall(r"(?:python|`)\s*((?:scripts|benchmarks|upgradecheck)/\w+\.py)", CONTRIBUTING)
)
def test_every_file_named_is_there(path: str) -> None:
    assert (ROOT / path).is_file()
