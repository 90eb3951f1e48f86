"""Lookups that are no rule's table: sound, sorted, and what they name is there."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from upgradecheck import facts

TABLES = sorted((facts.own_rules() / "tables").glob("*.csv"))
CLASSES = facts.lookup("classes")
BASES = {row["name"]: row["bases"].split() for row in CLASSES}


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
