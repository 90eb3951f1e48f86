"""``triggering_asset_events`` as real Airflow 3.3.2 has them."""

from __future__ import annotations

import json
from pathlib import Path

from test_replay import found

from upgradecheck.runtime.asset_events import TriggeringAssetEventsAccessor
from upgradecheck.runtime.plan import read
from upgradecheck.runtime.sdk.assets import Asset


def test_an_asset_without_events_has_none_and_is_there_once_asked_for() -> None:
    events = TriggeringAssetEventsAccessor([])
    assert list(events) == []
    assert Asset("other") in events
    assert list(events[Asset("other")]) == []
    assert [asset.name for asset in events] == ["other"]


DAGS = """
from airflow.sdk import DAG, Asset, task
with DAG("writer", schedule=None):
    @task(outlets=[Asset("one")])
    def write(): pass
    write()
for name, schedule in (("plain", [Asset("one")]), ("by_name", Asset.ref(name="one"))):
    with DAG(name, schedule=schedule):
        @task
        def seen(triggering_asset_events): return len(triggering_asset_events)
        seen()
"""


def test_a_reference_starts_a_run_that_sees_no_events(tmp_path: Path) -> None:
    (tmp_path / "dags.py").write_text(DAGS, "utf-8")
    plan = {"runs": [{"dag_id": "writer", "logical_date": None}], "until": {"plain": 1, "by_name": 1}}
    (tmp_path / "plan.json").write_text(json.dumps({"mode": "stack", **plan}), "utf-8")
    dags = found(tmp_path / "dags.py", plan=read(tmp_path / "plan.json"))["dags"]
    assert dags["plain"]["runs"][0]["xcoms"]["seen"]["return_value"] == 1
    assert dags["by_name"]["runs"][0]["xcoms"]["seen"]["return_value"] == 0
