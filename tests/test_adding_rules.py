"""Adding a fact, a rule or a verb touches nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Checkout

from upgradecheck.model import Passed
from upgradecheck.report import Report
from upgradecheck.rulebook import facts, symbols

PAGE = '+++\nid = "{id}"\nverb = "{verb}"\nfix = "safe"\ntags = ["dag"]\n+++\n# Something new\n'
VERB = '''"""A verb that nothing else in the checkout knows."""
from upgradecheck.model import How, NoFix, Severity
from upgradecheck.occurrences import SymbolUse


def triggers(rule, target):
    yield from rule.lines


def bind(rule):
    def handler(use, scene):
        if use.hit.rule_id == rule.id and use.how is How.IMPORT:
            yield scene.finding(rule, Severity.ERROR, use.node, use.name, "m", "a", "3.0", NoFix("r"))

    return {SymbolUse: handler}
'''


def row(old: str, new: str) -> str:
    cells = dict.fromkeys(symbols.COLUMNS.split(","), "")
    cells |= {"old": old, "kind": "class", "new": new, "new_from": "3.0", "safety": "safe"}
    cells |= {column["column"]: "broken" for column in facts.lookup("releases")}
    return ",".join(cells.values()) + "\n"


def found(checkout: Checkout, folder: Path) -> list[tuple[str, str]]:
    done = checkout("check", "--format", "json", "--no-cache", cwd=folder)
    assert done.returncode == 1, done.stderr
    return [(finding["rule_id"], finding["subject"]) for finding in json.loads(done.stdout)]


@pytest.fixture
def dag(tmp_path: Path) -> Path:
    path = tmp_path / "dag.py"
    path.write_text("from airflow.made_up import Old\n\nx = Old()\n")
    return path


def test_a_row_is_enough(checkout: Checkout, dag: Path) -> None:
    with (checkout.rules / "moved_import.csv").open("a", encoding="utf-8") as table:
        table.write(row("airflow.made_up.Old", "airflow.sdk.New"))
    assert found(checkout, dag.parent) == [("MovedImportRule", "airflow.made_up.Old")]
    assert checkout("--fix", cwd=dag.parent).returncode == 0
    assert dag.read_text() == "from airflow.sdk import New\n\nx = New()\n"


def test_a_page_and_its_table_are_enough(checkout: Checkout, dag: Path) -> None:
    (checkout.rules / "made_up.md").write_text(PAGE.format(id="MadeUpRule", verb="move_symbol"), "utf-8")
    table = symbols.COLUMNS + "\n" + row("airflow.made_up.Old", "airflow.sdk.New")
    (checkout.rules / "made_up.csv").write_text(table, "utf-8")
    assert found(checkout, dag.parent) == [("MadeUpRule", "airflow.made_up.Old")]
    assert "Something new" in checkout("rules", "MadeUpRule", cwd=dag.parent).stdout
    assert "Something new" in checkout("explain", "MadeUpRule", cwd=dag.parent).stdout
    assert checkout("--fix", cwd=dag.parent).returncode == 0
    assert dag.read_text() == "from airflow.sdk import New\n\nx = New()\n"


def test_a_page_and_a_verb_are_enough(checkout: Checkout, dag: Path) -> None:
    (checkout.rules / "made_up.md").write_text(PAGE.format(id="MadeUpRule", verb="invent"), "utf-8")
    (checkout.rules / "made_up.csv").write_text(
        symbols.COLUMNS + "\n" + row("airflow.made_up.Old", "x.New"), "utf-8"
    )
    (checkout.codemods / "invent.py").write_text(VERB, "utf-8")
    assert found(checkout, dag.parent) == [("MadeUpRule", "airflow.made_up.Old")]


def test_the_scaffold_writes_a_page_that_loads(checkout: Checkout, dag: Path) -> None:
    assert checkout("new-rule", "made_up", cwd=dag.parent).returncode == 0
    assert "MadeUpRule" in checkout("rules", cwd=dag.parent).stdout
    assert checkout("--no-cache", cwd=dag.parent).returncode == 0
    with (checkout.rules / "made_up.csv").open("a", encoding="utf-8") as table:
        table.write(row("airflow.made_up.Old", "airflow.sdk.New"))
    assert found(checkout, dag.parent) == [("MadeUpRule", "airflow.made_up.Old")]


@pytest.mark.parametrize("arguments", [("removed_import",), ("Wrong",), ("fine", "--verb", "no_such_verb")])
def test_the_scaffold_writes_nothing_that_would_stop_a_run(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    before = {path: path.read_bytes() for path in checkout.rules.glob("*.*")}
    assert checkout("new-rule", *arguments, cwd=checkout.folder).returncode == 2
    assert {path: path.read_bytes() for path in checkout.rules.glob("*.*")} == before


def test_a_file_without_any_of_our_words_is_passed(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "mine.py").write_text("from mylib.operators.bash import BashOperator\n")
    assert run().outcomes == (Passed("mine.py"),)
