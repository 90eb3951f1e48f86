"""The baseline: only new findings fail, what is gone is told, and nothing recorded is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run as inside

BASH = "from airflow.operators.bash_operator import BashOperator"
DUMMY = "from airflow.operators.dummy_operator import DummyOperator"
BOTH = f"{BASH}\n{DUMMY}\n\nBashOperator(task_id='a') >> DummyOperator(task_id='b')\n"
IGNORE = ".upgradecheck-ignore.toml"
BASELINE = ".upgradecheck-baseline.json"
ENTRY = '[[ignore]]\nrule = "ProviderImportRule"\nreason = "next quarter"\n'


def test_with_a_baseline_only_new_findings_fail(project: Path) -> None:
    assert inside(project, "baseline").returncode == 0
    first = (project / BASELINE).read_bytes()
    assert inside(project).returncode == 0
    (project / "old.py").write_text(f"import os\n\n{BASH}\n", "utf-8")
    assert inside(project).returncode == 0  # moved code is known by its line
    (project / "new.py").write_text(f"{DUMMY}\n", "utf-8")
    report = json.loads(inside(project, "--format", "report").stdout)
    assert [f["file"] for f in report["findings"]] == ["new.py"]
    assert report["summary"]["suppressed"] == {"baseline": 1}
    assert report["suppressed"][0]["suppression"] == {
        "kind": "baseline", "reason": "recorded in the baseline", "file": BASELINE, "line": 4,
    }  # fmt: skip
    assert "1 suppressed: 1 in the baseline" in inside(project).stdout
    assert inside(project, "baseline").returncode == 0
    assert len(json.loads((project / BASELINE).read_bytes())["findings"]) == 2
    assert first != (project / BASELINE).read_bytes()


def test_what_is_gone_from_a_baseline_is_told(project: Path) -> None:
    inside(project, "baseline")
    (project / "old.py").write_text("import os\n", "utf-8")
    (told,) = json.loads(inside(project, "--format", "json").stdout)
    assert (told["rule_id"], told["severity"], told["file"], told["line"]) == (
        "UnusedSuppressionRule",
        "INFO",
        BASELINE,
        None,
    )
    assert json.loads(inside(project, "--format", "json", "fine.py").stdout) == []
    (project / "old.py").unlink()
    assert "1 finding of the baseline are there no more" in inside(project).stdout
    done = inside(project, "baseline")
    assert "0 findings recorded (0 new, 1 gone)" in done.stderr
    assert json.loads(inside(project, "--format", "json").stdout) == []


def test_a_baseline_of_some_paths_keeps_what_is_known_of_the_others(project: Path) -> None:
    (project / "new.py").write_text(f"{DUMMY}\n", "utf-8")
    inside(project, "baseline")
    (project / "new.py").write_text("import os\n", "utf-8")
    before = json.loads((project / BASELINE).read_bytes())["findings"]
    inside(project, "baseline", "old.py")
    assert json.loads((project / BASELINE).read_bytes())["findings"] == before
    inside(project, "baseline", "new.py")
    assert [r["file"] for r in json.loads((project / BASELINE).read_bytes())["findings"]] == ["old.py"]


def test_what_has_a_reason_is_not_recorded(project: Path) -> None:
    (project / IGNORE).write_text(ENTRY, "utf-8")
    assert "nothing to record" in inside(project, "baseline").stderr
    assert not (project / BASELINE).exists()


def test_a_baseline_is_stable(project: Path) -> None:
    (project / "d\u00e4g.py").write_text(BOTH, "utf-8")
    inside(project, "baseline")
    first = (project / BASELINE).read_text("utf-8")
    assert "d\u00e4g.py" in first
    assert "0 new, 0 gone" in inside(project, "baseline").stderr
    assert (project / BASELINE).read_text("utf-8") == first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{\n  oops", ":2: not valid JSON"),
        ("[]", "not a baseline"),
        ('{"version": 2, "findings": []}', "its version is 2"),
        ('{"version": 1, "findings": [], "more": 1}', "not a baseline"),
        ('{"version": 1, "findings": [3]}', "a finding has the keys"),
        (
            '{"version": 1,\n"findings": [\n{"fingerprint": "a", "rule": "MovedImportRule", "file": "f"}]}',
            ":3: a finding has the keys",
        ),
        (
            '{"version": 1,\n"findings": [\n{"fingerprint": "a", "rule": "MovedRule", "file": "f", "subject": "s"}]}',
            ":3: there is no rule 'MovedRule'",
        ),
        (
            '{"version": 1,\n"findings": [\n{"fingerprint": "a", "rule": 1, "file": "f", "subject": "s"}]}',
            ":3: each key holds a text",
        ),
    ],
)
def test_a_slip_in_the_baseline_is_told(project: Path, text: str, says: str) -> None:
    (project / BASELINE).write_text(text, "utf-8")
    for command in ("check", "baseline"):
        done = inside(project, command)
        assert done.returncode == 2, done.stdout
        assert says in done.stderr
        assert BASELINE in done.stderr
    assert (project / BASELINE).read_text("utf-8") == text


def test_a_baseline_that_cannot_be_written(project: Path) -> None:
    (project / "upgradecheck.toml").write_text('baseline = "no/folder.json"\n', "utf-8")
    done = inside(project, "baseline")
    assert done.returncode == 3
    assert "not written" in done.stderr
