"""The ignore-file: what the command writes, and what a slip in it is told as."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run as inside

BASH = "from airflow.operators.bash_operator import BashOperator"
IGNORE = ".upgradecheck-ignore.toml"
ENTRY = '[[ignore]]\nrule = "ProviderImportRule"\nreason = "next quarter"\n'


def test_ignore_writes_an_entry_and_keeps_the_rest(project: Path) -> None:
    before = '# ours\r\n[[ignore]]\r\nrule = "ContribImportRule"  # why not\r\nreason = "x"'
    (project / IGNORE).write_bytes(before.encode())
    reason = 'they said "wait"\n\\o/ \x7f \N{GRINNING FACE}'
    done = inside(
        project, "ignore", "ProviderImportRule[*.BashOperator]", "--path", "./old.py",
        "--reason", reason, "--until", "2999-12-31", "--owner", "team-\u00e4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    after = (project / IGNORE).read_bytes()
    assert after.startswith(before.encode())
    assert b"\n" not in after.replace(b"\r\n", b"")
    (told,) = json.loads(inside(project, "--format", "report").stdout)["suppressed"]
    assert told["suppression"] == {
        "kind": "ignore-file", "reason": reason, "file": IGNORE, "line": 6, "until": "2999-12-31", "owner": "team-\u00e4",
    }  # fmt: skip


def test_ignore_starts_a_file_and_takes_the_configured_one(project: Path) -> None:
    (project / "upgradecheck.toml").write_text('ignore-file = "ci/left.toml"\n', "utf-8")
    assert "there is no such ignore-file" in inside(project).stderr
    (project / "ci").mkdir()
    (project / "dags").mkdir()
    assert inside(project / "dags", "ignore", "ProviderImportRule", "--reason", "r").returncode == 0
    assert (project / "ci" / "left.toml").read_text(
        "utf-8"
    ) == '[[ignore]]\nrule = "ProviderImportRule"\nreason = "r"\n'
    assert inside(project).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ProviderImportRule"], "--reason"),
        (["ProviderImportRule", "--reason", " "], "--reason is empty"),
        (["ProviderImportRul", "--reason", "r"], "did you mean ProviderImportRule?"),
        (["names", "--reason", "r"], "there is no rule 'names'"),
        (["ProviderImportRule", "--reason", "r", "--until", "soon"], "like 2026-12-31"),
        (["ProviderImportRule", "--reason", "r", "--until", "2026-02-30"], "no date"),
        (["ProviderImportRule", "--reason", "r", "--until", "2020-01-01"], "has passed"),
        (["ProviderImportRule", "--reason", "r", "--path", "/"], "outside of the project"),
        (["ProviderImportRule", "--reason", "r", "--path", "/nowhere/dag.py"], "outside of the project"),
        (["ProviderImportRule[airflow", "--reason", "r"], "the bracket is not closed"),
        (["ContribImportRule", "--reason", "r"], ":1: there is such an entry already"),
    ],
)
def test_what_ignore_does_not_write(project: Path, arguments: list[str], says: str) -> None:
    before = '[[ignore]]\nrule = "ContribImportRule"\nreason = "x"\n'
    (project / IGNORE).write_text(before, "utf-8")
    done = inside(project, "ignore", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert (project / IGNORE).read_text("utf-8") == before


@pytest.mark.parametrize(
    ("rule", "code", "says"),
    [
        ("ProviderImportRule", 0, ""),
        ("ProviderImportRule[airflow.operators.*]", 0, ""),
        ("ContribImportRule", 2, "upgradecheck ignore 'ContribImportRule' --reason TEXT"),
        ("ProviderImport", 2, "did you mean ProviderImportRule?"),
    ],
)
def test_check_ignore_wants_an_entry(project: Path, rule: str, code: int, says: str) -> None:
    (project / IGNORE).write_text(ENTRY, "utf-8")
    done = inside(project, "check", "--ignore", rule)
    assert done.returncode == code
    assert says in done.stderr
    assert inside(project, "-", "--ignore", rule, text=BASH).returncode in (code, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[ignore]]\nrule = "MovedImportRule"\n', ":1: 'reason' is missing"),
        ('[[ignore]]\nreason = "x"\n', ":1: 'rule' is missing"),
        ('[[ignore]]\nrule = "MovedImportRule"\nreason = " "\n', ":3: 'reason' is empty"),
        (
            f'{ENTRY}\n[[ignore]]\nrule = "MovedImportsRule"\nreason = "x"\n',
            ":6: there is no rule 'MovedImportsRule': did you mean",
        ),
        (f"{ENTRY}untill = 2026-01-01\n", ":4: unknown key 'untill': did you mean 'until'?"),
        (f'{ENTRY}"reazon" = "x"\n', ":4: unknown key 'reazon': did you mean 'reason'?"),
        (f'{ENTRY}until = "2026-02-30"\n', ":4: 'until' is no date"),
        (f'{ENTRY}until = "tomorrow"\n', ":4: 'until' is no date: write 'tomorrow' like 2026-12-31"),
        (f"{ENTRY}until = 2026-01-01T00:00:00\n", ":4: 'until' is no date"),
        (f'{ENTRY}path = ["a"]\n', ":4: 'path' has to be a string"),
        (
            '[[ignore]]\nrule = "MovedImportRule[airflow.x]"\nreason = "x"\n',
            ":2: there is no rule 'MovedImportRule[airflow.x]': write rule = 'MovedImportRule'",
        ),
        ('[[ignored]]\nrule = "MovedImportRule"\n', ":1: unknown key 'ignored': entries start with [[ignore]]"),
        ('ignore = [{rule = "MovedImportRule", reason = "x"}]\n', ":1: write each entry as a table"),
        (f'{ENTRY}owner = """\n[[ignore]]\n"""\npaths = "x"\n', ":7: unknown key 'paths': did you mean 'path'?"),
        ("[[ignore]\n", "not valid TOML"),
        ("rule = \n", "line 1"),
    ],
)
def test_a_slip_in_the_ignore_file_is_told_with_its_line(project: Path, text: str, says: str) -> None:
    (project / IGNORE).write_text(text, "utf-8")
    done = inside(project)
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    assert says in done.stderr
    assert IGNORE in done.stderr
    again = inside(project, "ignore", "MovedImportRule", "--reason", "r")
    assert again.returncode == 2
    assert (project / IGNORE).read_text("utf-8") == text


def test_an_ignore_file_that_is_no_text(project: Path) -> None:
    (project / IGNORE).write_bytes(b"\xff\xfe")
    assert "not UTF-8" in inside(project).stderr
