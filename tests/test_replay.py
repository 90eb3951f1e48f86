"""Replays of our cases against what real Airflow 3.3.2 did with them (``scripts/record_replay.py``)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
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


MODULE = re.compile("unusual_prefix_[0-9a-f]{40}")
DATES = ("logical_date", "data_interval_start", "data_interval_end")


def comparable(value: Any) -> Any:
    """Without what differs from run to run: the order of skip lists, names made of paths, when a person answered."""
    if isinstance(value, dict):
        if set(value) & {"followed", "skipped"} and len(value) == 1:
            return {key: sorted(items) for key, items in value.items()}
        return {key: comparable(item) for key, item in value.items() if key != "responded_at"}
    if isinstance(value, str):
        return MODULE.sub("", value)
    return [comparable(item) for item in value] if isinstance(value, list) else value


def unlinked(run: dict[str, Any]) -> dict[str, Any]:
    """Without the links of operators, which hang on the address of the API server."""
    xcoms = {
        label: {key: value for key, value in stored.items() if not key.startswith("_link_")}
        for label, stored in (run.get("xcoms") or {}).items()
    }
    return {**run, "xcoms": {label: stored for label, stored in xcoms.items() if stored}} if xcoms else run


def told(runs: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[Any]:
    """Of each run what was recorded; a date of the moment in which it was made is "now"."""
    begun = datetime.now(timezone.utc) - timedelta(hours=1)
    found = []
    for run, recorded in zip_longest(runs, like, fillvalue={}):
        dates = {name: run[name] for name in DATES if run.get(name) not in (None, "now")}
        now = {name: "now" for name, date in dates.items() if datetime.fromisoformat(date) > begun}
        found.append(comparable({name: {**unlinked(run), **now}.get(name) for name in recorded or run}))
    return found


def held(got: dict[str, Any], recorded: dict[str, Any], plan: Plan) -> None:
    """Every run of every DAG as it was recorded."""
    for dag_id, dag in recorded["dags"].items():
        mine, theirs = told(got["dags"][dag_id]["runs"], dag["runs"]), told(dag["runs"], dag["runs"])
        if plan.unordered_runs:
            mine, theirs = (
                sorted(runs, key=lambda run: json.dumps(run, sort_keys=True)) for runs in (mine, theirs)
            )
        for number, run in enumerate(theirs):
            for key, value in run.items():
                assert mine[number].get(key) == value, f"{dag_id} run {number}: {key}"
        assert len(mine) == len(theirs), dag_id


def planned() -> dict[str, tuple[Path, Path]]:
    """Each case, and where its plan may lie."""
    files = {path.stem: (path, path.with_suffix(".plan.json")) for path in CASES.glob("*.py")}
    return {**files, **{path.parent.name: (path.parent, path) for path in CASES.glob("*/plan.json")}}


@pytest.mark.parametrize("name", sorted(planned()))
def test_cases_go_as_in_airflow(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = tmp_path / "events.txt"
    monkeypatch.setenv("REPLAY_EVENTS", str(events))
    case, path = planned()[name]
    recorded = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    plan = read(path) if path.exists() else Plan()
    got = found(case, plan=plan)
    assert got["import_errors"] == recorded["import_errors"]
    for dag_id, schedule in recorded.get("next_runs", {}).items():
        assert (dag_id, got["next_runs"][dag_id]) == (dag_id, schedule)
    held(got, recorded, plan)
    if "events" in recorded:
        assert events.read_text("utf-8").splitlines() == recorded["events"]
