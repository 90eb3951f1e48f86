"""Jupyter notebooks: findings on the line of the file, fixes in the cell's source and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from upgradecheck import check
from upgradecheck.config import Options
from upgradecheck.model import Fixed
from upgradecheck.report import Report
from upgradecheck.texts.notebook import read
from upgradecheck.texts.source import Unreadable, Unwritable

IMPORT = "from airflow.operators.bash_operator import BashOperator"
FIXED = "from airflow.providers.standard.operators.bash import BashOperator"


def cell(*lines: str, kind: str = "code", **more: object) -> dict[str, object]:
    return {"cell_type": kind, "metadata": {}, "source": list(lines), **more}


def notebook(*cells: dict[str, object], language: str = "python", indent: int | None = 1) -> str:
    whole = {"cells": list(cells), "metadata": {"language_info": {"name": language}}, "nbformat": 4}
    return json.dumps(whole, indent=indent)


def checked(tmp_path: Path, text: str | bytes, **options: Any) -> tuple[Report, bytes]:
    file = tmp_path / "a.ipynb"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = check([str(tmp_path)], Options(cache=False, jobs=1, **options))
    return report, file.read_bytes()


def test_a_finding_names_cell_and_line_of_the_file(tmp_path: Path) -> None:
    text = notebook(cell("# Title", kind="markdown"), cell("%time\n", f"{IMPORT}\n", 'BashOperator(task_id="x")'))
    report, _ = checked(tmp_path, text)
    finding = report.findings[0]
    line = text.splitlines()[finding.span.line - 1] if finding.span else ""
    assert line.strip() == json.dumps(f"{IMPORT}\n") + ","
    assert finding.span
    assert line[finding.span.column - 1 : finding.span.end_column - 1] == "BashOperator"
    assert finding.cell == 2
    assert finding.excerpt == line


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_fix_changes_the_line_and_no_other_byte(
    tmp_path: Path, indent: int | None, ending: str, bom: bytes
) -> None:
    text = notebook(
        cell("!pip install 'x'\n", "%matplotlib inline\n", f"{IMPORT}\n", 'x = BashOperator(task_id="ü\\u00fc")'),
        cell("files = !ls\n", "print?\n", "%%time", outputs=[{"text": [IMPORT]}]),
        cell(IMPORT, kind="markdown"),
        indent=indent,
    )
    data = bom + text.replace("\n", ending).encode()
    report, after = checked(tmp_path, data, fix=True)
    assert after == data.replace(IMPORT.encode(), FIXED.encode(), 1)
    assert not report.findings
    assert checked(tmp_path, after, fix=True)[1] == after


def test_source_as_one_string(tmp_path: Path) -> None:
    text = notebook({"cell_type": "code", "source": f"%cd /tmp\n{IMPORT}\nBashOperator"})
    assert checked(tmp_path, text, fix=True)[1].decode() == text.replace(IMPORT, FIXED)


def test_lines_that_come_and_go(tmp_path: Path) -> None:
    """Imports that a fix makes or takes away are strings of their own."""
    text = notebook(
        cell("import os\n", "from airflow.models import DAG, Variable, TaskFail\n", "!ls\n", "DAG\n", "Variable")
    )
    report, after = checked(tmp_path, text, fix=True)
    source = json.loads(after)["cells"][0]["source"]
    assert not report.findings
    assert source[-3:] == ["!ls\n", "DAG\n", "Variable"]
    assert "TaskFail" not in "".join(source)
    assert all(line.count("\n") <= 1 for line in source)
    assert after.decode().count("\n") == text.count("\n") + len(source) - 5


def test_names_go_from_cell_to_cell(tmp_path: Path) -> None:
    text = notebook(cell(f"{IMPORT} as B"), cell('B(task_id="x", bash_command="x", task_concurrency=1)'))
    found = [(f.rule_id, f.cell) for f in checked(tmp_path, text)[0].findings]
    assert found == [("ProviderImportRule", 1), ("RenamedArgumentRule", 2)]


@pytest.mark.parametrize(
    "lines",
    [
        ["%%bash\n", "airflow db init\n", "from airflow import x y"],
        ["%%html\n", "<b>"],
        ["value = (10\n", "  % 3)\n", "text = '''\n", "!ls\n", "'''"],
        ["if True:\n", "    !ls {x}\n", "    %cd y\n", "else:\n", "    ?print"],
        ["a, b = %timeit -o f()"],
        ["await later()"],
    ],
)
def test_what_only_jupyter_understands_is_passed_over(tmp_path: Path, lines: list[str]) -> None:
    report, _ = checked(tmp_path, notebook(cell(*lines), cell(IMPORT)))
    assert [f.rule_id for f in report.findings] == ["ProviderImportRule"]


def test_other_languages_hold_nothing(tmp_path: Path) -> None:
    assert not checked(tmp_path, notebook(cell(IMPORT), language="R"))[0].findings


def test_a_comment_suppresses(tmp_path: Path) -> None:
    text = notebook(
        cell("x = 1\n"), cell(f"{IMPORT}  # upgradecheck: ignore[ProviderImportRule] we know\n", "BashOperator")
    )
    report, _ = checked(tmp_path, text)
    assert not report.findings
    assert [s.by.line for s in report.suppressed] == [
        s.finding.span.line for s in report.suppressed if s.finding.span
    ]


def test_a_line_that_is_no_python_is_not_changed() -> None:
    source = read(notebook(cell("x = !ls\n", "y = 1")).encode())
    with pytest.raises(Unwritable, match="no Python"):
        source.shown(source.text.replace("x = ", "z = "))


@pytest.mark.parametrize("change", ["# cell 9\n", "x\n"])
def test_cells_stay_apart(change: str) -> None:
    source = read(notebook(cell("x")).encode())
    with pytest.raises(Unwritable):
        source.shown(change + source.text)


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("{airflow", "is no notebook", 1),
        ("['airflow']", "is no notebook", 1),
        ('{"cells": [{"cell_type": "code", "source": [1]}], "airflow": 1}', "is no notebook", 1),
        ('{"worksheets": ["airflow"], "nbformat": 3}', "older than 4", 1),
        (notebook(cell("x = 1"), cell("airflow\n", "not = 1")), "in cell 2, line 15 is no valid Python", 15),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str, why: str, line: int) -> None:
    finding = checked(tmp_path, text)[0].findings[0]
    assert finding.rule_id == "UnreadableFileRule"
    assert why in finding.message
    assert finding.span
    assert finding.span.line == line


def test_a_notebook_about_other_things_is_passed_over(tmp_path: Path) -> None:
    assert not checked(tmp_path, notebook(cell("not = 1")))[0].findings
    assert [f.rule_id for f in checked(tmp_path, notebook(cell("not = 1  # airflow")))[0].findings]


def test_not_utf_8() -> None:
    with pytest.raises(Unreadable):
        read(notebook(cell("x")).encode("utf-16"))


def _strings(value: object) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []


@pytest.mark.parametrize("escape", ["\\u00fc", "\\ud83d\\ude00", "\\\\", "\\/", "\\t", '\\"'])
def test_places_behind_escapes(tmp_path: Path, escape: str) -> None:
    text = notebook(cell("HERE")).replace(
        "HERE", f"x = '{escape}'; {IMPORT}; BashOperator" if escape != "\\\\" else f"{IMPORT}; BashOperator"
    )
    finding = checked(tmp_path, text)[0].findings[0]
    assert finding.span
    line = text.splitlines()[finding.span.line - 1]
    assert line[finding.span.column - 1 : finding.span.end_column - 1] == "BashOperator"


def test_what_is_shown_is_json(tmp_path: Path) -> None:
    text = notebook(cell(f"{IMPORT}\n", "BashOperator"))
    report, after = checked(tmp_path, text, diff=True)
    assert after.decode() == text
    assert report.fixed == (Fixed("a.ipynb", 1, text, text.replace(IMPORT, FIXED)),)
    assert _strings(json.loads(report.fixed[0].after)["cells"][0]["source"])[0] == f"{FIXED}\n"
