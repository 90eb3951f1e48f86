"""Functions of 2.11 that files call while they are loaded, and that nothing took the place of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.timetable import PRESETS, AssetOrTimeSchedule


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    """That day, in UTC."""
    today = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - timedelta(days=n)


def dataset_or_time(*, timetable: Any, datasets: Any) -> AssetOrTimeSchedule:
    """What ``DatasetOrTimeSchedule`` became."""
    return AssetOrTimeSchedule(assets=datasets, timetable=timetable)


def apply_defaults(function: Any) -> Any:
    """Nothing is done by it any more: every operator applies ``default_args`` by itself."""
    return function


ANYWHERE: dict[str, Any] = {"apply_defaults": apply_defaults}
"""Under every name that a module of 2.x had for them."""

OBJECTS: dict[str, Any] = {
    "airflow.models.dag.DatasetOrTimeSchedule": dataset_or_time,
    "airflow.timetables.datasets.DatasetOrTimeSchedule": dataset_or_time,
    "airflow.utils.dates.days_ago": days_ago,
    "airflow.utils.dates.cron_presets": PRESETS,
    "airflow.utils.dates.timezone": timezone,
}
