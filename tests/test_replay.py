"""Replays of our cases against what real Airflow 3.3.2 did with them (``scripts/record_replay.py``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.plan import Plan, read
from upgradecheck.runtime.replay import Options, Replayed, replay
from upgradecheck.runtime.report import document

CASES = Path(__file__).parent / "fixtures" / "replay"


def replayed(*paths: Path, **given: Any) -> Replayed:
    """These files, executed."""
    return replay(
        paths, Options(**{"execute": True, "tables": str(own_rules() / "tables"), "seconds": 20, **given})
    )


def found(*paths: Path, **given: Any) -> dict[str, Any]:
    """The report of these files."""
    return document(replayed(*paths, **given))


def comparable(value: Any) -> Any:
    """Without what differs from run to run: the order of skip lists, names made of paths."""
    if isinstance(value, dict):
        if set(value) & {"followed", "skipped"} and len(value) == 1:
            return {key: sorted(items) for key, items in value.items()}
        return {key: comparable(item) for key, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", sorted(CASES.glob("*.py")), ids=lambda case: case.stem)
def test_cases_go_as_in_airflow(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = tmp_path / "events.txt"
    monkeypatch.setenv("REPLAY_EVENTS", str(events))
    plan = case.with_suffix(".plan.json")
    recorded = json.loads(case.with_suffix(".json").read_text("utf-8"))
    got = found(case, plan=read(plan) if plan.exists() else Plan())
    assert got["import_errors"] == recorded["import_errors"]
    for dag_id, schedule in recorded.get("next_runs", {}).items():
        assert (dag_id, got["next_runs"][dag_id]) == (dag_id, schedule)
    for dag_id, dag in recorded["dags"].items():
        for number, run in enumerate(dag["runs"]):
            for key, value in run.items():
                mine = got["dags"][dag_id]["runs"][number].get(key)
                assert comparable(mine) == comparable(value), f"{dag_id} run {number}: {key}"
    if "events" in recorded:
        assert events.read_text("utf-8").splitlines() == recorded["events"]
