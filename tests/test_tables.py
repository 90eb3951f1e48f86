"""Lookups that are no rule's table: sound, sorted, and what they name is there."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from upgradecheck.rulebook import facts
from upgradecheck.rulebook.lines import key

TABLES = sorted((facts.own_rules() / "tables").glob("*.csv"))
CLASSES = facts.lookup("classes")
BASES = {row["name"]: row["bases"].split() for row in CLASSES}
PARAMETERS = {row["name"]: row["parameters"].split() for row in CLASSES}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_lookup_has_whole_rows_one_a_line(path: Path) -> None:
    """The loader takes lines apart without the csv module: no cell may hold a line break of any kind."""
    data = path.read_bytes()
    rows = list(csv.reader(data.decode().splitlines()))
    assert data.endswith(b"\n")
    assert b"\r" not in data
    assert len(data.decode().splitlines()) == data.count(b"\n")
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(cell == cell.strip() for row in rows for cell in row)


def test_classes_are_sorted_and_unique() -> None:
    names = [row["name"] for row in CLASSES]
    assert names == sorted(names)
    for table in ("classes", "template_fields"):
        lines = (facts.own_rules() / "tables" / f"{table}.csv").read_bytes().splitlines()[1:]
        assert list(map(key, lines)) == sorted(map(key, lines)), "out of order they are sorted at each start"
    assert not [name for name, count in Counter(names).items() if count > 1]
    assert {row["kind"] for row in CLASSES} == {"class", "decorator"}


def test_classes_can_be_split_at_commas() -> None:
    assert not [row for row in CLASSES if any(mark in cell for cell in row.values() for mark in '",')]


def test_every_base_has_a_row() -> None:
    assert not [(name, base) for name, bases in BASES.items() for base in bases if base not in BASES]


def test_no_class_is_its_own_base() -> None:
    def above(name: str, below: tuple[str, ...]) -> None:
        assert name not in below, name
        for base in BASES[name]:
            above(base, (*below, name))

    for name in BASES:
        above(name, ())


@pytest.mark.parametrize(
    ("name", "stands_on"),
    [
        ("airflow.DAG", "airflow.sdk.DAG"),
        ("airflow.decorators.dag", "airflow.sdk.DAG"),
        ("airflow.models.baseoperator.BaseOperator", "airflow.sdk.BaseOperator"),
        ("airflow.operators.bash_operator.BashOperator", "airflow.sdk.BaseOperator"),
        ("airflow.decorators.task.virtualenv", "airflow.providers.standard.operators.python.PythonOperator"),
        ("airflow.datasets.Dataset", "airflow.sdk.Asset"),
        ("airflow.operators.subdag.SubDagOperator", "airflow.sdk.BaseSensorOperator"),
        ("airflow.providers.amazon.aws.hooks.s3.S3Hook", "airflow.sdk.BaseHook"),
    ],
)
def test_a_class_stands_on_what_it_is(name: str, stands_on: str) -> None:
    found = {name}
    for _ in range(10):
        found |= {base for each in found for base in BASES[each]}
    assert stands_on in found


# -- rows about arguments and members ------------------------------------------------------------------

ARGUMENTS = [rule for rule in facts.load() if rule.header[:1] in (("callable",), ("class",))]


HELD = {row["holds"] for row in facts.lookup("context_keys")}  # what tasks get: nobody makes one


def rows_of(rule: facts.Rule) -> list[dict[str, str]]:
    with (rule.folder / f"{rule.stem}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("rule", ARGUMENTS, ids=lambda rule: rule.stem)
def test_rows_are_about_what_the_table_of_classes_knows_by_its_own_name(rule: facts.Rule) -> None:
    """A row on an alias would never be met: calls are looked up by the canonical name and what it stands on."""
    for row in rows_of(rule):
        owner = row.get("callable") or row["class"]
        cls = owner.rpartition(".")[0]
        if owner in HELD:
            continue
        if owner not in BASES and cls not in BASES:
            assert owner.islower() or cls.rpartition(".")[2] == "Client", owner
            continue
        known = owner if owner in BASES else cls
        alias = [base for base in BASES[known] if base.rpartition(".")[2] == known.rpartition(".")[2]]
        assert not alias, f"{known} is {alias}"


def takes(name: str, argument: str) -> bool:
    own = PARAMETERS[name]
    return argument in own or ("**" in own and any(takes(base, argument) for base in BASES[name]))


def test_a_class_takes_the_new_argument_and_not_the_old_one() -> None:
    (rule,) = (rule for rule in ARGUMENTS if rule.stem == "renamed_argument")
    for row in rows_of(rule):
        hidden = (
            "silent" in row["evidence"] or row["s33"] == "warns"
        )  # an argument of BaseOperator, or within **kwargs
        if row["callable"] in PARAMETERS and not hidden:
            assert takes(row["callable"], row["new"]), row
            assert not takes(row["callable"], row["old"]), row


# -- classes that give way to others -------------------------------------------------------------------


def test_successors_are_sorted_unique_and_take_what_they_are_given() -> None:
    homes = {
        row["old"]: row["new"]
        for rule in facts.load()
        if rule.header[:2] == ("old", "kind")
        for row in rows_of(rule)
        if row["new"]
    }
    rows = facts.lookup("successor_arguments")
    keys = [(row["old"], row["argument"]) for row in rows]
    assert keys == sorted(set(keys))
    for row in rows:
        new = homes[row["old"]]
        given = row["argument"][1:] if row["argument"].startswith("+") else row["new"].partition("[")[0]
        assert not given or takes(new, given), row
        assert row["safety"] in ("safe", "none"), row
        assert bool(row["reason"]) == (row["safety"] == "none"), row
        assert row["argument"].startswith("+") or not takes(new, row["argument"]) or "[" in row["new"], row
