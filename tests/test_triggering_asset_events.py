"""``triggering_asset_events`` as real Airflow 3.3.2 has them."""

from __future__ import annotations

from upgradecheck.runtime.asset_events import TriggeringAssetEventAccessor
from upgradecheck.runtime.sdk.assets import Asset


def test_an_asset_without_events_has_none_and_is_there_once_asked_for() -> None:
    events = TriggeringAssetEventAccessor([])
    assert list(events) == []
    assert Asset("other") in events
    assert list(events[Asset("other")]) == []
    assert [asset.name for asset in events] == ["other"]
