"""Scripts that ask which version runs: each branch is for its own, and neither is a finding."""

from __future__ import annotations

import pytest

from upgradecheck.config import Options
from upgradecheck.run import run_text


def lines(text: str) -> list[int]:
    report, _ = run_text(Options(target="3.3", from_version="2.11"), text.encode(), "start.sh")
    return [f.span.line for f in report.findings if f.rule_id == "RemovedCommandRule" and f.span]


@pytest.mark.parametrize(
    "test",
    [
        '[ "$(airflow version | cut -d. -f1)" -ge 3 ]',
        "[[ $(airflow version) == 3.* ]]",
        "airflow version | grep -q '^2'",
    ],
)
def test_what_stands_behind_a_question_for_the_version_is_left_alone(test: str) -> None:
    assert lines(f"if {test}; then\n  airflow db migrate\nelse\n  airflow db init\nfi\n") == []


def test_a_question_that_compares_nothing_guards_nothing() -> None:
    assert lines("if airflow version; then\n  airflow db init\nfi\n") == [2]
    assert lines("if [ $COUNT -gt 3 ]; then\n  airflow db init\nfi\n") == [2]
    assert lines("if [ $(airflow version) = 3.0.0 ]; then true; fi\nairflow db init\n") == [2]
