"""Lint and runtime never contradict each other: each rule about a silent change names a case (``replay`` in its front
matter), and in that case both tell the same DAGs. In all cases both say the same of what loads, of keys, dates and
catchup."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from examples import examples
from upgradecheck import check
from upgradecheck.config import Options as LintOptions
from upgradecheck.model import Finding, Runs, Severity
from upgradecheck.rulebook import facts
from upgradecheck.runtime.against import compare
from upgradecheck.runtime.plan import Plan
from upgradecheck.runtime.replay import Options, replay
from upgradecheck.runtime.report import document

CASES = Path(__file__).parent / "fixtures" / "against"
TABLES = str(facts.own_rules() / "tables")
BEGIN = datetime(2026, 3, 27, tzinfo=timezone.utc)
NAMED = {rule.id: rule.replay for rule in facts.load() if rule.replay}
SILENT = {"task", "context", "defaults", "xcom"}  # tags of what a file does, or does not do, once it is loaded
ALL = sorted({*NAMED.values(), "not_loading"})
Told = set[str]


@cache
def lint(case: str) -> tuple[Finding, ...]:
    """What the rules say of a case, all of them asked."""
    import os
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(CASES / f"{case}.py", folder)
        here = Path.cwd()
        os.chdir(folder)
        try:
            return check(["."], LintOptions(run_all=True, cache=False)).findings
        finally:
            os.chdir(here)


@cache
def runtime(case: str) -> dict[str, Any]:
    """What the runtime says: executed, and against 2.11."""
    files = [CASES / f"{case}.py"]
    window = Options(tables=TABLES, from_date=BEGIN, to_date=BEGIN + timedelta(days=8), seconds=60)
    plain = replay(files, Options(tables=TABLES, execute=True, plan=Plan(results={"first": "1"}), seconds=60))
    return {**document(plain), "against": compare(files, window, plain)["dags"], "digests": digests(files)}


def digests(files: list[Path]) -> list[dict[str, str]]:
    """What each of two readings makes of the DAGs."""
    plans = (Plan(parse_only=True, now=BEGIN + timedelta(days=day)) for day in (0, 1))
    worlds = (replay(files, Options(tables=TABLES, plan=plan)).world for plan in plans)
    return [{dag_id: dag.digest for dag_id, dag in world.dags.items()} for world in worlds]


def told(case: str, rule_id: str) -> Told:
    """The DAGs that a rule tells; of a finding for the project those that it lists."""
    found = [finding for finding in lint(case) if finding.rule_id == rule_id]
    listed = (re.search(r"\((.*?)\)", finding.message) for finding in found if finding.dag_id is None)
    names = {name for match in listed if match for name in match[1].split(", ")}
    return names | {finding.dag_id for finding in found if finding.dag_id is not None}


def _keys(case: str, *kinds: str, there: bool) -> set[tuple[str, str]]:
    return {
        (dag_id, key["key"])
        for dag_id, dag in runtime(case)["against"].items()
        for key in dag["keys"]
        if key["kind"] in kinds and key["there"] == there
    }


def _dags(test: Callable[[dict[str, Any]], bool]) -> Callable[[str], Told]:
    return lambda case: {dag_id for dag_id, dag in runtime(case)["against"].items() if test(dag)}


def _timed(dag: dict[str, Any]) -> bool:
    return bool(dag["before"]["timed"] and dag["after"]["timed"])


def _other_dates(dag: dict[str, Any]) -> bool:
    pairs = [(run["before"], run["after"]) for run in dag["runs"] if run["before"] and run["after"]]
    return any(old != new for old, new in pairs)


def _because(said: str) -> Callable[[str], Told]:
    """The DAGs in which a task fails with these words."""

    return lambda case: {dag_id for dag_id, error in _errors(case) if said in error}


def _errors(case: str) -> list[tuple[str, str]]:
    """(DAG, what a task of it failed with), where somebody executed it."""
    dags = runtime(case)["dags"].items()
    return [(dag_id, e["error"]) for dag_id, dag in dags for run in dag["runs"] for e in run["errors"].values()]


def _moving(case: str) -> Told:
    one, other = runtime(case)["digests"]
    return {dag_id for dag_id, digest in one.items() if other[dag_id] != digest}


def _by_operator(case: str) -> Told:
    """A task asks for a date by its operator's own code: no template of it changes."""
    templates = {
        (dag_id, each["task"]) for dag_id, dag in runtime(case)["against"].items() for each in dag["templates"]
    }
    return {
        dag_id
        for dag_id, dag in runtime(case)["against"].items()
        for key in dag["keys"]
        if key["key"] == "logical_date" and not templates & {(dag_id, task) for task in key["tasks"]}
    }


SHOWN: dict[str, Callable[[str], Told]] = {
    "ImplicitScheduleRule": _dags(lambda dag: dag["before"]["timed"] and not dag["after"]["timed"]),
    "ImplicitCatchupRule": _dags(lambda dag: _timed(dag) and dag["before"]["catchup"] != dag["after"]["catchup"]),
    "ImplicitDataIntervalRule": _dags(_other_dates),
    "DataIntervalUseRule": lambda case: {d for d, _ in _keys(case, "schedule", there=True)} - _by_operator(case),
    "ChangedArgumentRule": _by_operator,
    "ContextKeyRule": lambda case: {d for d, _ in _keys(case, "schedule", "by hand", there=False)},
    "UndatedKeyRule": lambda case: {d for d, _ in _keys(case, "assets", there=False)},
    "RuntimeMemberRule": _dags(lambda dag: any("has no attribute" in (e["error"] or "") for e in dag["templates"])),
    "XcomCallRule": lambda case: _dags(lambda dag: bool(dag["templates"]))(case) - told(case, "RuntimeMemberRule"),
    "ChangedValueRule": _dags(lambda dag: bool(dag["templates"])),
    "ChangedErrorRule": _because("VARIABLE_NOT_FOUND"),
    "DatabaseAccessRule": _because("Direct database access"),
    "EnvironmentNameRule": _because("non-zero exit code"),
    "ReservedParameterRule": _because("therefore reserved"),
    "ChangingArgumentRule": _moving,
    "VariableTextRule": _because("Input should be a valid string"),
}


def test_every_rule_about_a_silent_change_names_a_case() -> None:
    silent = [rule for rule in facts.load() if SILENT & set(rule.tags) and rule.reads == ""]
    assert [rule.id for rule in silent if not rule.replay and not rule.unshown] == []
    assert set(NAMED) == set(SHOWN)
    assert all((CASES / f"{case}.py").is_file() for case in NAMED.values())


@pytest.mark.parametrize("rule_id", sorted(NAMED))
def test_rule_and_runtime_tell_the_same_dags(rule_id: str) -> None:
    case = NAMED[rule_id]
    assert told(case, rule_id)
    assert told(case, rule_id) == SHOWN[rule_id](case)


@pytest.mark.parametrize("case", ALL)
def test_both_say_whether_a_file_loads(case: str) -> None:
    stops = [f for f in lint(case) if f.severity is Severity.ERROR and f.runs is Runs.IMPORT]
    assert bool(stops) == bool(runtime(case)["import_errors"])


@pytest.mark.parametrize("case", ALL)
def test_both_know_the_same_keys_to_be_missing(case: str) -> None:
    lints = {(f.dag_id, f.subject) for f in lint(case) if f.rule_id in ("ContextKeyRule", "UndatedKeyRule")}
    assert lints == _keys(case, "schedule", "by hand", "assets", there=False)


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("rule_id", ["ImplicitCatchupRule", "ImplicitDataIntervalRule", "ImplicitScheduleRule"])
def test_both_say_the_same_of_schedules(case: str, rule_id: str) -> None:
    assert told(case, rule_id) == SHOWN[rule_id](case)


@pytest.mark.parametrize("case", ALL)
def test_no_task_fails_that_nothing_is_told_of(case: str) -> None:
    strikes = {f.dag_id for f in lint(case) if f.runs is not Runs.IMPORT or f.rule_id == "EnvironmentNameRule"}
    waited = "AirflowSensorTimeout"  # for a run that nobody made
    assert {dag_id for dag_id, error in _errors(case) if not error.startswith(waited)} <= strikes


def test_both_say_whether_the_examples_of_the_rules_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for rule in facts.load():
        for example in (each for each in examples(rule.text) if each.language == "python"):
            for role, text in (("before", example.before), ("after", example.after)):
                if text is not None and not text.text.startswith("# files:"):
                    file = tmp_path / f"{rule.stem}_{example.line}_{role}" / f"{rule.stem}_{example.line}_{role}.py"
                    file.parent.mkdir()
                    file.write_text(text.text, "utf-8")
    readiness = check(["."], LintOptions(cache=False, readiness=True)).readiness
    assert readiness is not None
    loads = {Path(dag_file.document): dag_file.loads for dag_file in readiness.files}
    found = replay([tmp_path / path for path in loads], Options(tables=TABLES, plan=Plan(parse_only=True)))
    kinds = ("", "AirflowDagDuplicatedIdException")  # the examples' ids are the same again and again
    known = {
        each.file: (each.error.kind if each.error else "") in kinds
        for each in found.files
        if not each.not_modelled and not each.package
    }
    assert len(known) > 80
    assert {path.name: loads[path] for path in loads if path.name in known} == known
