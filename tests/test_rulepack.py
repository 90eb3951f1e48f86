"""Rules of one's own: a folder with the same Markdown and CSV as ours, and what is said where it is not that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run

_HEAD = "old,kind,s30,s31,s32,s33,new,new_from,new_2x,provider,provider_min,safety,reason,advice,evidence"
_ROW = "acme.ops.OldOperator,class,broken,broken,broken,broken,acme.operators.NewOperator,3.0,2.0,,,safe,,,"


@pytest.fixture
def pack(project: Path) -> Path:
    """A project's rule pack, begun with the command and filled in."""
    (project / "old.py").write_text("from acme.ops import OldOperator\n\nOldOperator(task_id='t')\n", "utf-8")
    done = run(project, "new-rule", "acme_move", "--rules", "tools/rules")
    assert (done.returncode, "upgradecheck --rules tools/rules" in done.stdout) == (0, True)
    (project / "upgradecheck.toml").write_text('rule-packs = ["tools/rules"]\n', "utf-8")
    folder = project / "tools" / "rules"
    assert (folder / "acme_move.csv").read_text("utf-8") == f"{_HEAD}\n"
    (folder / "acme_move.csv").write_text(f"{_HEAD}\n{_ROW}\n", "utf-8")
    return folder


def test_a_rule_of_one_s_own_finds_and_fixes(project: Path, pack: Path) -> None:
    (finding,) = json.loads(run(project, "--format", "json").stdout)
    assert (finding["rule_id"], finding["subject"], finding["line"]) == ("AcmeMoveRule", "acme.ops.OldOperator", 1)
    assert run(project, "--fix").returncode == 0
    expected = "from acme.operators import NewOperator\n\nNewOperator(task_id='t')\n"
    assert (project / "old.py").read_text("utf-8") == expected


def test_it_is_listed_and_explained(project: Path, pack: Path) -> None:
    assert "AcmeMoveRule" in run(project, "rules").stdout
    assert run(project, "explain", "AcmeMoveRule").stdout.startswith("AcmeMoveRule\nfix: safe")
    (project / "upgradecheck.toml").write_text("", "utf-8")
    assert run(project, "explain", "AcmeMoveRule").returncode == 2
    assert run(project, "explain", "AcmeMoveRule", "--rules", "tools/rules").returncode == 0


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("old,new\na,b\n", "acme_move.csv:1: these are not the columns of its verb: write old,kind,"),
        (f"{_HEAD}\n{_ROW},\n", "acme_move.csv:2: 16 cells, where the first line has 15"),
        (f"{_HEAD}\n{_ROW}\n\n", "acme_move.csv:3: 0 cells"),
        (f"{_HEAD}\n{_ROW.replace('broken', 'brokn', 1)}\n", "acme_move.csv:2: 'brokn' is no status"),
        (f"{_HEAD}\n{_ROW.replace('broken', '', 1)}\n", "acme_move.csv:2: '' is no status"),
        (f"{_HEAD}\n{_ROW.replace('3.0', '3')}\n", "acme_move.csv:2: '3' is no version"),
        ("old,kind\n\xff\n", "no table of comma-separated UTF-8"),
    ],
)
@pytest.mark.parametrize("command", [[], ["rules"], ["baseline"]])
def test_a_slip_in_a_table_is_told_with_its_line(
    project: Path, pack: Path, table: str, says: str, command: list[str]
) -> None:
    (pack / "acme_move.csv").write_bytes(table.encode("latin-1"))
    done = run(project, *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_page_that_is_none(project: Path, pack: Path) -> None:
    (pack / "acme_move.md").write_bytes(b"\xff")
    done = run(project)
    assert (done.returncode, "the front matter is not as it should be" in done.stderr) == (2, True)
    (pack / "acme_move.md").unlink()
    (pack / "moved_import.md").write_text('+++\nid = "MovedImportRule"\nfix = "none"\n+++\n# X\n', "utf-8")
    assert "the rule id MovedImportRule is taken: rename the file" in run(project).stderr
