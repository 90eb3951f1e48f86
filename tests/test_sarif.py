"""SARIF: valid against the official schema, whole, and with fixes that do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from formats import NASTY, finding, folder, report
from jsonschema import Draft4Validator
from msgspec.structs import replace
from test_annotations import commands
from test_cli import OLD, run

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.fixes.patches import replacements
from upgradecheck.model import Severity
from upgradecheck.reports import github, sarif

SCHEMA = json.loads((Path(__file__).parent / "fixtures" / "sarif-2.1.0.schema.json").read_text("utf-8"))


def valid(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    Draft4Validator(SCHEMA).validate(log)
    (found,) = log["runs"]
    assert isinstance(found, dict)
    return found


def test_sarif_is_valid_and_names_files_as_uris(tmp_path: Path) -> None:
    folder(tmp_path, NASTY)
    (tmp_path / "dags/broken.py").write_text("def (:\n", "utf-8")
    (tmp_path / "dags/known.py").write_text(
        OLD.replace("Operator\n\n", "Operator  # upgradecheck: ignore[ProviderImportRule] we keep it\n\n"), "utf-8"
    )
    found = valid(run(tmp_path, "--format", "sarif").stdout)
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in found["results"]]
    assert {unquote(place["uri"]) for place in places} == {*NASTY, "dags/broken.py", "dags/known.py"}
    assert all(re.fullmatch(r"[\w./%~-]+", place["uri"], re.ASCII) for place in places)
    (known,) = (r for r in found["results"] if "suppressions" in r)
    assert known["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "we keep it (dags/known.py:1)"}
    ]
    rules = found["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in found["results"]] == [r["ruleId"] for r in found["results"]]
    assert found["invocations"][0]["executionSuccessful"] is False
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("dags/broken.py: ")


@pytest.mark.usefixtures("known_rule")
def test_sarif_messages_hold_no_links_and_no_placeholders() -> None:
    (result,) = valid(sarif.render(report(finding("rules.py", message="[a](b) {0}"))))["results"]
    assert result["message"]["text"] == "\\[a](b) {{0}}. Use `{{x}}` \\[y](z)."


@pytest.fixture
def known_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of a rule that exists."""
    monkeypatch.setattr(sarif, "_rule", lambda rule, page, level: {"id": "SomeRule"})
    monkeypatch.setattr(sarif.facts, "load_all", lambda packs: [type("Rule", (), {"id": "SomeRule"})])


@pytest.mark.usefixtures("known_rule")
def test_what_is_in_no_file_is_told_without_a_place() -> None:
    table = replace(finding("db:connection"), span=None)
    file = finding("db:odd.py")
    first, second = commands(github.render(report(table, file)))
    assert "file" not in first[1]
    assert second[1]["file"] == "db:odd.py"
    one, two = valid(sarif.render(report(table, file)))["results"]
    assert one["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "db:connection"}}}]
    assert two["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "db%3Aodd.py"


@pytest.mark.usefixtures("known_rule")
def test_sarif_says_what_it_leaves_out() -> None:
    many = [finding(f"{n}.py", Severity.WARNING) for n in range(4)]
    found = valid(sarif.render(report(*many, finding("worst.py")), most=3))
    files = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in found["results"]]
    assert files == ["0.py", "1.py", "worst.py"]
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert "2 findings left out of the SARIF file" in notice["message"]["text"]
    assert sarif.limits(25_000).startswith("GitHub shows the worst 5000 of the 25000")
    assert sarif.limits(5_000) == ""


def patched(text: str, replaced: list[dict[str, Any]]) -> str:
    """Replacements made, as a consumer of SARIF would: by line and column."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for one in reversed(replaced):
        region = one["deletedRegion"]
        first = starts[region["startLine"] - 1] + region["startColumn"] - 1
        last = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:first] + one["insertedContent"]["text"] + text[last:]
    return text


MIXED = (
    "# ünï 🛫\nfrom airflow.operators.bash_operator import BashOperator\n"
    "from airflow.operators.dummy import DummyOperator as Nop\nfrom airflow.operators import python_operator\n\n"
    "BashOperator(task_id='é🛫') >> Nop(task_id='x')\npython_operator.PythonOperator(task_id='y')\n"
)


def test_a_sarif_fix_is_whole(tmp_path: Path) -> None:
    """Applied alone, each resolves its finding, and makes no new one."""
    (tmp_path / "upgradecheck.toml").touch()
    path = tmp_path / "dag.py"
    path.write_text(MIXED, "utf-8")
    results = valid(run(tmp_path, "--format", "sarif").stdout)["results"]
    subjects = [r["properties"]["subject"] for r in results]
    assert len(subjects) == 4
    for result in results:
        (fix,) = result["fixes"]
        (change,) = fix["artifactChanges"]
        assert change["artifactLocation"] == result["locations"][0]["physicalLocation"]["artifactLocation"]
        path.write_text(patched(MIXED, change["replacements"]), "utf-8")
        compile(path.read_text("utf-8"), "dag.py", "exec")
        left = [f.subject for f in upgradecheck.check([tmp_path], Options(cache=False)).findings]
        assert set(left) < set(subjects)
        assert result["properties"]["subject"] not in left
    assert run(tmp_path, "--format", "sarif", "--fix").returncode == 0


FACTORY = (
    "from airflow import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n\n\n"
    "def section(parent, child, args):\n    dag = DAG(f'{parent}.{child}', default_args=args, schedule=None)\n"
    "    EmptyOperator(task_id='one', dag=dag)\n    return dag\n"
)
MAIN = (
    "from airflow import DAG\nfrom airflow.operators.subdag import SubDagOperator\nfrom factory import section\n\n"
    "with DAG('main', schedule=None) as dag:\n"
    "    SubDagOperator(task_id='part', subdag=section('main', 'part', dag.default_args))\n"
)


def test_a_fix_over_two_files_is_told_whole_at_both_ends(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    texts = {"factory.py": FACTORY, "main.py": MAIN}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    first, second = valid(run(tmp_path, "--format", "sarif").stdout)["results"]
    assert first["fixes"][0]["artifactChanges"] == second["fixes"][0]["artifactChanges"]
    for change in first["fixes"][0]["artifactChanges"]:
        name = change["artifactLocation"]["uri"]
        (tmp_path / name).write_text(patched(texts.pop(name), change["replacements"]), "utf-8")
    assert texts == {}
    assert upgradecheck.check([tmp_path], Options(cache=False)).findings == ()


def test_sarif_says_which_fixes_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "dag.py").write_text(MIXED, "utf-8")
    monkeypatch.setattr("upgradecheck.fixes.patches.MOST_FIXES", 1)
    found = valid(sarif.render(upgradecheck.check([tmp_path], Options(cache=False, patches=True))))
    assert sum("fixes" in result for result in found["results"]) == 1
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("3 safe fixes not in this file")


def test_the_same_fixes_from_the_cache(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "dag.py").write_text(MIXED, "utf-8")
    cold = run(tmp_path, "--format", "sarif").stdout
    assert run(tmp_path, "--format", "sarif").stdout == cold


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a\n", ""),
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb\nc\nd\ne\n", "x\nb\nc\nd\nx\ny\n"),
        ("one\r\ntwo\r\n", "one\r\n🛫two\r\n"),
        ("same\n", "same\n"),
        ("no end", "no end\n"),
        ("abab\nabab\n", "abab\nab\nabab\n"),
    ],
)
def test_replacements_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    made = [
        {
            "deletedRegion": {
                "startLine": p.span.line, "startColumn": p.span.column,
                "endLine": p.span.end_line, "endColumn": p.span.end_column,
            },
            "insertedContent": {"text": p.new},
        }
        for p in replacements("x.py", before, after)
    ]  # fmt: skip
    assert patched(before, made) == after
