"""Params that are no JSON, however they come to the call (each seen to raise on real 3.3.2)."""

from __future__ import annotations

import pytest

from upgradecheck.config import Options
from upgradecheck.run import run_text

HEAD = (
    "from airflow import DAG\nfrom airflow.models import DagRun\n"
    "from airflow.providers.standard.operators.bash import BashOperator\n"
)


def found(text: str) -> list[int]:
    report, _ = run_text(Options(target="3.3", from_version="2.11"), (HEAD + text).encode(), "dags/a.py")
    return [f.span.line - 3 for f in report.findings if f.rule_id == "ParamValueRule" and f.span]


@pytest.mark.parametrize(
    "text",
    [
        "BashOperator(params={'m': DagRun})\n",
        "for one in [{'a': 1}, {'a': {1, 2}}]: BashOperator(params=one)\n",
        "ALL = [{'m': DagRun}]; [BashOperator(params=one) for one in ALL]\n",
    ],
)
def test_what_is_no_json_is_found(text: str) -> None:
    assert found(text) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "for one in [{'a': 1}, {'a': 'b'}]: BashOperator(params=one)\n",
        "BashOperator(params={'m': DagRun.__name__})\n",
    ],
)
def test_what_is_json_is_not(text: str) -> None:
    assert found(text) == []
