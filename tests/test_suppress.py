"""Suppressed findings are marked, counted and told; what is wrong with a suppression is a finding itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest
from commands import run as inside

from upgradecheck.checking import check_text
from upgradecheck.config import Options
from upgradecheck.fixes.fixing import fix_project
from upgradecheck.linking.project import Project
from upgradecheck.model import Document, Edit, Finding, Fix, Severity
from upgradecheck.report import Report
from upgradecheck.reports import schema
from upgradecheck.rulebook.facts import minors
from upgradecheck.ruleset import ruleset
from upgradecheck.suppression.means import Rulings, Scope
from upgradecheck.suppression.suppress import kept, settle

BASH = "from airflow.operators.bash_operator import BashOperator"
DUMMY = "from airflow.operators.dummy_operator import DummyOperator"
BOTH = f"{BASH}\n{DUMMY}\n\nBashOperator(task_id='a') >> DummyOperator(task_id='b')\n"
IGNORE = ".upgradecheck-ignore.toml"
ENTRY = '[[ignore]]\nrule = "ProviderImportRule"\nreason = "next quarter"\n'
Run = Callable[..., Report]


def open_rules(report: Report) -> list[tuple[str, int]]:
    return [(f.rule_id, f.span.line if f.span else 0) for f in report.findings]


def reasons(report: Report) -> list[tuple[str, str, str, int | None]]:
    return [(s.by.kind, s.by.reason, s.by.document, s.by.line) for s in report.suppressed]


def test_a_comment_suppresses_its_line_alone(tmp_path: Path, run: Run) -> None:
    text = BOTH.replace(BASH, f"{BASH}  # upgradecheck: ignore[ProviderImportRule] waits")
    (tmp_path / "dag.py").write_text(text, "utf-8")
    report = run()
    assert open_rules(report) == [("ProviderImportRule", 2)]
    assert reasons(report) == [("inline", "waits", "dag.py", 1)]
    assert report.suppressed[0].finding.subject == "airflow.operators.bash_operator.BashOperator"


def test_a_whole_file_by_subject(tmp_path: Path, run: Run) -> None:
    head = "#!/usr/bin/env python\n# upgradecheck: ignore-file[ProviderImportRule[*.DummyOperator]] waits\n'''Doc.'''\n"
    (tmp_path / "dag.py").write_text(head + BOTH, "utf-8")
    report = run()
    assert open_rules(report) == [("ProviderImportRule", 4)]
    assert reasons(report) == [("inline", "waits", "dag.py", 2)]


def test_an_unreadable_file_can_be_left_too(tmp_path: Path, run: Run) -> None:
    (tmp_path / "old.py").write_text(
        "print 'x'  # upgradecheck: ignore[UnreadableFileRule] runs on 2 only\n", "utf-8"
    )
    report = run()
    assert not report.findings
    assert not report.unchecked
    assert report.suppressed[0].finding.rule_id == "UnreadableFileRule"


def test_a_suppression_that_is_unused_on_some_targets_may_say_so(tmp_path: Path, run: Run) -> None:
    code = "# upgradecheck: ignore[MovedImportRule, UnusedSuppressionRule] warns on some targets only"
    (tmp_path / "dag.py").write_text(f"import os  {code}\n", "utf-8")
    report = run()
    assert not report.findings
    assert [s.finding.rule_id for s in report.suppressed] == ["UnusedSuppressionRule"]


def test_unused_is_said_only_where_it_is_known(tmp_path: Path, run: Run) -> None:
    (tmp_path / "dag.py").write_text("import os  # upgradecheck: ignore[MovedImportRule] x\n", "utf-8")
    assert open_rules(run()) == [("UnusedSuppressionRule", 1)]
    assert open_rules(run(select=("UnusedSuppressionRule",))) == [("UnusedSuppressionRule", 1)]
    assert not run(select=("MovedImportRule",)).findings
    assert not run(deselect=("MovedImportRule",)).findings
    assert not run(deselect=("MovedImportRule[airflow.models.*]",)).findings
    assert not run(deselect=("suppression",)).findings


def test_selecting_unused_suppressions_tells_nothing_else(tmp_path: Path, run: Run) -> None:
    used = "# upgradecheck: ignore[ProviderImportRule] x"
    (tmp_path / "dag.py").write_text(f"{BASH}  {used}\n{DUMMY}\nimport os  {used}\n", "utf-8")
    report = run(select=("UnusedSuppressionRule",), fix=True)
    assert open_rules(report) == [("UnusedSuppressionRule", 3)]
    assert not report.suppressed
    assert not report.fixed


def test_an_entry_suppresses_by_rule_path_and_subject(tmp_path: Path, run: Run) -> None:
    for name in ("a/one.py", "a/two.py", "b/one.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(BOTH, "utf-8")
    (tmp_path / IGNORE).write_text(ENTRY + 'path = "a"\nsubject = "*.BashOperator"\nowner = "team"\n', "utf-8")
    report = run()
    assert {s.finding.document for s in report.suppressed} == {"a/one.py", "a/two.py"}
    assert {(s.by.line, s.by.owner) for s in report.suppressed} == {(1, "team")}
    assert len(report.findings) == 4


@pytest.mark.parametrize(
    ("days", "rules"), [(-1, {"ExpiredSuppressionRule", "ProviderImportRule"}), (0, set()), (9, set())]
)
def test_an_entry_holds_until_its_day_is_over(tmp_path: Path, run: Run, days: int, rules: set[str]) -> None:
    until = date.today() + timedelta(days)
    (tmp_path / "dag.py").write_text(BOTH, "utf-8")
    (tmp_path / IGNORE).write_text(f"{ENTRY}until = {until}\n", "utf-8")
    report = run()
    assert {finding.rule_id for finding in report.findings} == rules
    assert {s.by.until for s in report.suppressed} == (set() if rules else {until.isoformat()})


def test_a_comment_goes_before_an_entry_and_both_count_as_used(tmp_path: Path, run: Run) -> None:
    (tmp_path / "dag.py").write_text(f"{BASH}  # upgradecheck: ignore[ProviderImportRule] here\n", "utf-8")
    (tmp_path / IGNORE).write_text(ENTRY, "utf-8")
    report = run()
    assert not report.findings
    assert [s.by.kind for s in report.suppressed] == ["inline"]


def test_an_entry_is_unused_only_where_all_it_is_about_was_checked(project: Path) -> None:
    (project / IGNORE).write_text(ENTRY.replace("Provider", "Contrib"), "utf-8")
    (project / "upgradecheck.toml").write_text('paths = ["fine.py", "old.py"]\n', "utf-8")

    def unused(*arguments: str) -> bool:
        return "UnusedSuppressionRule" in inside(project, "--format", "json", *arguments).stdout

    assert unused()
    assert not unused("fine.py")
    assert not unused("--exclude", "fine.py")
    with (project / IGNORE).open("a", encoding="utf-8") as entries:
        entries.write('path = "fine.py"\n')
    assert unused("fine.py")
    assert not unused("old.py")


def test_a_change_of_the_ignore_file_counts_on_warm_runs(project: Path) -> None:
    def codes(times: int = 2) -> list[int]:
        return [inside(project, "--format", "json").returncode for _ in range(times)]

    assert codes() == [1, 1]
    (project / IGNORE).write_text(ENTRY, "utf-8")
    assert codes() == [0, 0]
    (project / IGNORE).unlink()
    assert codes() == [1, 1]
    (project / "old.py").write_text(f"{BASH}  # upgradecheck: ignore[ProviderImportRule] x\n", "utf-8")
    assert codes() == [0, 0]
    (project / "old.py").write_text(f"{BASH}  # upgradecheck: ignore[MovedImportRule] x\n", "utf-8")
    first, second = (inside(project, "--format", "json").stdout for _ in range(2))
    assert first == second
    assert "UnusedSuppressionRule" in first


def test_a_run_on_some_paths_spoils_nothing_for_the_others(project: Path) -> None:
    assert inside(project).returncode == 1
    (project / "old.py").write_text("import os\n", "utf-8")
    assert inside(project, "fine.py").returncode == 0
    assert inside(project).returncode == 0


@pytest.mark.parametrize("means", ["inline", "entry", "baseline"])
def test_a_fix_leaves_suppressed_findings_alone(project: Path, means: str) -> None:
    kept = f"{BASH}  # upgradecheck: ignore[ProviderImportRule] x" if means == "inline" else BASH
    text = f"{kept}\n\nBashOperator(task_id='t')\n"
    (project / "old.py").write_text(text, "utf-8")
    if means == "entry":
        (project / IGNORE).write_text(ENTRY + 'subject = "*.BashOperator"\n', "utf-8")
    if means == "baseline":
        inside(project, "baseline")
    (project / "old.py").write_text(
        text.replace("\n\n", f"\n{DUMMY}\n\n") + "DummyOperator(task_id='d')\n", "utf-8"
    )
    done = inside(project, "--fix", "--format", "report")
    after = (project / "old.py").read_text("utf-8")
    assert done.returncode == 0, done.stdout
    assert after.startswith(kept + "\n")
    assert "dummy_operator" not in after
    report = json.loads(done.stdout)
    assert report["fixed"] == [{"file": "old.py", "findings": 1}]
    assert len(report["suppressed"]) == 1
    assert inside(project, "--fix").returncode == 0
    assert (project / "old.py").read_text("utf-8") == after


def test_one_name_of_an_import_is_left_and_the_other_fixed(project: Path) -> None:
    names = "    BranchPythonOperator,\n    PythonOperator,  # upgradecheck: ignore[ProviderImportRule] x\n"
    text = f"from airflow.operators.python_operator import (\n{names})\n\nBranchPythonOperator, PythonOperator\n"
    (project / "old.py").write_text(text, "utf-8")
    inside(project, "--fix")
    after = (project / "old.py").read_text("utf-8")
    assert "    PythonOperator,  # upgradecheck: ignore[ProviderImportRule] x\n" in after
    assert "from airflow.providers.standard.operators.python import BranchPythonOperator\n" in after
    assert json.loads(inside(project, "--format", "json").stdout) == []


def test_a_fix_that_spans_a_file_where_it_is_suppressed_is_declined(tmp_path: Path) -> None:
    text = f"{BASH}  # upgradecheck: ignore[ProviderImportRule] x\n"
    rules = ruleset(Options(target=minors()[-1], from_version="2.11"))
    documents = {name: Document(tmp_path / name, name, "python", data=text.encode()) for name in ("a.py", "b.py")}
    outcome, _ = check_text(documents["b.py"], text.encode(), Project({}, frozenset({"airflow"})), rules)
    rulings, scope = Rulings(date.today()), Scope(rules.rules, (), (), "2.11", frozenset(), True)
    left_alone = kept(rulings, scope, settle([outcome], rulings, scope))
    assert "b.py, where ProviderImportRule is suppressed: x" in left_alone.holds("b.py", "ProviderImportRule")
    assert not left_alone.holds("b.py", "MovedImportRule")
    fix = Fix("d", "safe", "now", (Edit("b.py", 0, 0, "#"),))
    finding = Finding(
        "ProviderImportRule", Severity.ERROR, "s", "m", "a", "3.0", "a.py", None, fix, fingerprint="f"
    )
    texts, declined = fix_project(documents, [finding], Project({}, frozenset()), rules, False, left_alone)
    assert not texts
    assert declined == {"f": left_alone.holds("b.py", "ProviderImportRule")}


def test_a_report_with_suppressed_findings_obeys_the_schema(project: Path) -> None:
    (project / "old.py").write_text(f"{BASH}  # upgradecheck: ignore[ProviderImportRule] x\n{DUMMY}\n", "utf-8")
    (project / IGNORE).write_text(f"{ENTRY}until = 2999-01-01\nowner = 'me'\n", "utf-8")
    report = json.loads(inside(project, "--format", "report").stdout)
    jsonschema.validate(report, schema.document())
    assert report["summary"]["suppressed"] == {"ignore-file": 1, "inline": 1}
    assert json.loads(inside(project, "--format", "json").stdout) == report["findings"] == []
