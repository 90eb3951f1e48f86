"""Dictionaries that functions of other files return: their entries are told where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_linking import check, places

COMMON = """ARGS = {"retries": 1}


def plain():
    return {"schedule_interval": "@daily", "catchup": False}


def named(team):
    args = {"schedule_interval": "@daily", "tags": [team]}
    return args


def changed():
    args = {"schedule_interval": "@daily"}
    args.update(ARGS)
    return args


def unused():
    return {"schedule_interval": "@daily"}
"""
HEAD = "from airflow.sdk import DAG\nfrom common import changed, named, plain, unused\nimport common\n\n"


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ('DAG("a", **plain())', 5),
        ('DAG("a", **named("x"))', 9),
        ('DAG("a", **common.plain())', 5),
        ('MADE = plain()\nDAG("a", **MADE)', 5),
    ],
)
def test_they_are_told_where_they_are_written(tmp_path: Path, call: str, line: int) -> None:
    found = check(tmp_path, {"common.py": COMMON, "dag.py": f"{HEAD}{call}\n"})
    assert ("common.py", line, "DAG.schedule_interval") in places(found)
    (told,) = (f for f in found if f.subject == "DAG.schedule_interval")
    assert "a function returns it" in told.fix.reason  # type: ignore[union-attr]


@pytest.mark.parametrize("call", ['DAG("a", **changed())', "print(**plain())", 'DAG("a")\nplain()', ""])
def test_what_is_not_plain_to_see_is_not_guessed_at(tmp_path: Path, call: str) -> None:
    found = check(tmp_path, {"common.py": COMMON, "dag.py": f"{HEAD}{call}\n"})
    assert "DAG.schedule_interval" not in [f.subject for f in found]


def test_what_their_callers_do_is_part_of_what_a_cached_outcome_hangs_on(tmp_path: Path) -> None:
    from upgradecheck.config import Options

    files = {"common.py": COMMON, "dag.py": f'{HEAD}DAG("a", **plain())\n'}
    cached = Options()
    assert len([f for f in check(tmp_path, files, cached) if f.subject == "DAG.schedule_interval"]) == 1
    files["dag.py"] = f'{HEAD}DAG("a")\n'
    assert not [f for f in check(tmp_path, files, cached) if f.subject == "DAG.schedule_interval"]
