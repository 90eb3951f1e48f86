"""Import errors of DAG files, word for word as real Airflow 3.3.2 tells them, and files that it takes all the same."""

from __future__ import annotations

from typing import Any

import pytest
from test_replay import found

HEAD = """from datetime import datetime
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, TaskGroup, asset
"""
DAG = "with DAG('d', schedule=None, start_date=datetime(2026, 1, 1){}):\n    {}\n"
WRONG = {
    "spaces": (
        DAG.format("", "TaskGroup('g h')"),
        "ValueError: The key 'g h' has to be made of alphanumeric characters, dashes, and underscores exclusively",
    ),
    "mapped_rule": (
        DAG.format("", "BashOperator.partial(task_id='t', bash_command='x').expand(trigger_rule=['all_done'])"),
        "TypeError: unmappable or already specified argument: trigger_rule",
    ),
    "listed_params": (
        DAG.format(", params=['x']", "pass"),
        "AttributeError: 'list' object has no attribute 'items'",
    ),
    "no_zone": (
        "CronDataIntervalTimetable('@daily')\n",
        "TypeError: CronMixin.__init__() missing 1 required positional argument: 'timezone'",
    ),
    "bare": (
        "@asset\ndef f(): pass\n",
        "TypeError: asset.__init__() takes 1 positional argument but 2 were given",
    ),
    "starred": (
        "@asset(schedule=None)\ndef f(*a): pass\n",
        "TypeError: wildcard '*a' is not supported in @asset",
    ),
    "no_outlets": (
        "@asset.multi(schedule=None)\ndef f(): pass\n",
        "TypeError: asset.multi.__init__() missing 1 required keyword-only argument: 'outlets'",
    ),
    "unknown": (
        "@asset(schedule=None, nope=1)\ndef f(): pass\n",
        "TypeError: asset.__init__() got an unexpected keyword argument 'nope'",
    ),
}
TAKEN = {
    "fast": DAG.format(", fail_fast='x'", "pass").replace("'d'", "'fast'"),
    "paused": DAG.format(", is_paused_upon_creation='x'", "pass").replace("'d'", "'paused'"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One replay of all of them."""
    folder = tmp_path_factory.mktemp("dags")
    for name, text in {**{name: text for name, (text, _) in WRONG.items()}, **TAKEN}.items():
        (folder / f"{name}.py").write_text(HEAD + text, "utf-8")
    return found(folder)


@pytest.mark.parametrize("name", WRONG)
def test_an_error_is_told_in_airflows_words(report: Any, name: str) -> None:
    assert report["import_errors"].get(f"{name}.py") == WRONG[name][1]


@pytest.mark.parametrize("name", TAKEN)
def test_a_flag_of_another_type_counts_by_its_truth(report: Any, name: str) -> None:
    assert f"{name}.py" not in report["import_errors"]
    assert name in report["dags"]
