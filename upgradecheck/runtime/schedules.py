"""Schedules of the SDK as the scheduler stores them: timetables, and the assets that they wait for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum

from upgradecheck.runtime import dialect, serde
from upgradecheck.runtime.model import Schedule
from upgradecheck.runtime.sdk import timetable as tt
from upgradecheck.runtime.sdk.assets import (
    Asset,
    AssetAlias,
    AssetAll,
    AssetBooleanCondition,
    AssetNameRef,
    AssetUriRef,
)
from upgradecheck.runtime.sdk.plugins import registered

ZONES = "https://airflow.apache.org/docs/apache-airflow/3.3.2/timezone.html#time-zone-aware-dags"
IDENTITY = "IdentityMapper"
OWN = "Core"  # begins the names of classes that the scheduler has of its own


def asset_leaf(asset: Any) -> dict[str, Any] | None:
    """An asset, alias or reference as it is stored; None for anything else."""
    if isinstance(asset, Asset):
        return {"kind": "asset", "name": asset.name, "uri": asset.uri}
    if isinstance(asset, AssetAlias):
        return {"kind": "alias", "name": asset.name}
    if isinstance(asset, AssetNameRef):
        return {"kind": "name", "value": asset.name}
    return {"kind": "uri", "value": asset.uri} if isinstance(asset, AssetUriRef) else None


def condition(asset: Any) -> dict[str, Any]:
    """A condition as it is stored."""
    if isinstance(asset, AssetBooleanCondition):
        return {"all" if isinstance(asset, AssetAll) else "any": [condition(part) for part in asset.objects]}
    return asset_leaf(asset) or {}


def span(value: Any) -> dict[str, float] | None:
    """A span as it is stored."""
    if isinstance(value, timedelta):
        return {"elapsed": value.total_seconds()} if value else None
    names = [
        "years",
        "months",
        "days",
        "leapdays",
        "hours",
        "minutes",
        "seconds",
        "microseconds",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "microsecond",
    ]
    found = {name: getattr(value, name) for name in names if getattr(value, name)}
    if value.weekday is not None:
        found["weekday"] = value.weekday.weekday * 100 + (value.weekday.n or 0) + 50
    return found or None


def zone(value: Any) -> str | int:
    """A zone by its name or offset. Raises ``ValueError`` for a name that is none."""
    if isinstance(value, str):
        pendulum.timezone(value)
        return value
    if not isinstance(value, pendulum.Timezone | pendulum.FixedTimezone):
        raise ValueError(f"DAG timezone should be a pendulum.tz.Timezone, not {value!r}. See {ZONES}")
    name = serde._zone_name(value)
    return name if name is not None else "UTC"


def schedule(timetable: Any) -> Schedule:
    """A timetable as it is stored. Raises for those that cannot be: EventsTimetable (3.3.2), and classes of
    others."""
    name = type(timetable).__name__
    if isinstance(timetable, tt.EventsTimetable) and not isinstance(timetable, tt.CoreEventsTimetable):
        raise KeyError("_summary")
    fields: dict[str, Any] = {"name": name.removeprefix(OWN), "release": dialect.current().release}
    if getattr(tt, name, None) is not type(timetable):
        fields.update(_custom(timetable))
    if isinstance(timetable, tt.CoreEventsTimetable):
        fields.update(dates=tuple(timetable.event_dates), only_dates=timetable.restrict_to_events)
    if isinstance(timetable, tt.CronMixin):
        fields.update(expression=timetable.expression, timezone=zone(timetable.timezone))
    if isinstance(timetable, tt._Delta):
        fields.update(delta=span(timetable.delta))
    if isinstance(timetable, tt.CronTriggerTimetable | tt.DeltaTriggerTimetable):
        fields.update(interval=span(timetable.interval))
    if isinstance(timetable, tt.CronTriggerTimetable):
        fields.update(run_immediately=_immediately(timetable.run_immediately))
    if isinstance(timetable, tt.CronPartitionTimetable):
        fields.update(run_offset=timetable.run_offset or 0, key_format=timetable.key_format)
    if isinstance(timetable, tt.PartitionedAssetTimetable):
        fields.update(key_format=_mapper(timetable))
    if isinstance(timetable, tt.MultipleCronTriggerTimetable):
        first = timetable.timetables[0]
        fields.update(crons=tuple(each.expression for each in timetable.timetables), timezone=zone(first.timezone))
        fields.update(interval=span(first.interval), run_immediately=_immediately(first.run_immediately))
    if timetable.asset_condition is not None:
        fields.update(condition=condition(timetable.asset_condition))
    if isinstance(timetable, tt.AssetOrTimeSchedule):
        fields.update(inner=schedule(timetable.timetable))
    return Schedule(**fields)


def _mapper(timetable: tt.PartitionedAssetTimetable) -> str:
    """How keys of assets become keys of runs: as they are, or in a way that is not modelled ("")."""
    mappers = [timetable.default_partition_mapper, *timetable.partition_mapper_config.values()]
    others = [mapper for mapper in mappers if mapper is not None and type(mapper).__name__ != IDENTITY]
    return "" if others else IDENTITY


def _custom(timetable: Any) -> dict[str, Any]:
    """A project's own class, which a plugin has to register. One that only says more about a class of Airflow's is
    stored as that."""
    if not registered("timetables", type(timetable)):
        raise ValueError(
            f"Timetable class '{serde.qualname(timetable)}' is not registered or you have a top level database "
            "access that disrupted the session. Please check the airflow best practices documentation."
        )
    kinds = type(timetable).__mro__
    own = any("next_dagrun_info" in vars(kind) for kind in kinds if kind.__module__ != tt.__name__)
    known = next((kind.__name__ for kind in kinds if getattr(tt, kind.__name__, None) is kind), "")
    return {"asked": "?"} if own or known == "CustomTimetable" else {"name": known.removeprefix(OWN)}


def _immediately(value: Any) -> bool | float:
    return value.total_seconds() if isinstance(value, timedelta) else bool(value)
