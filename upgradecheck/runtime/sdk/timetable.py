"""Timetables as DAG files write them: what they are made of. When they run is worked out in
``runtime.timetables``."""

from __future__ import annotations

import datetime
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk.exceptions import AirflowTimetableInvalid

HOME = "airflow.sdk"
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
ZERO = datetime.timedelta()


class BaseTimetable:
    """A schedule."""

    can_be_scheduled: bool = True
    active_runs_limit: int | None = None
    asset_condition: Any = None
    partitioned_at_runtime = False

    def validate(self) -> None:
        """Raises ``AirflowTimetableInvalid``."""


class NullTimetable(BaseTimetable):
    """Never."""

    can_be_scheduled = False


class OnceTimetable(BaseTimetable):
    """Once."""


class ContinuousTimetable(BaseTimetable):
    """One after the other."""

    active_runs_limit = 1


class CronMixin(BaseTimetable):
    """A timetable of a cron expression."""

    def __init__(self, expression: str, timezone: Any) -> None:
        self.expression, self.timezone = PRESETS.get(expression, expression), timezone

    def validate(self) -> None:
        """Raises ``AirflowTimetableInvalid`` where croniter does not understand the expression."""
        from croniter import CroniterBadCronError, CroniterBadDateError, croniter

        try:
            croniter(self.expression)
        except (CroniterBadCronError, CroniterBadDateError) as error:
            raise AirflowTimetableInvalid(str(error)) from error


class _Delta(BaseTimetable):
    def __init__(self, delta: Any) -> None:
        self.delta = delta

    def validate(self) -> None:
        """Raises ``AirflowTimetableInvalid`` where the span is not positive."""
        now = datetime.datetime.now()
        if (now + self.delta) <= now:
            raise AirflowTimetableInvalid(f"schedule interval must be positive, not {self.delta!r}")


class CronDataIntervalTimetable(CronMixin):
    """A run at the end of each interval between two ticks."""


class DeltaDataIntervalTimetable(_Delta):
    """A run at the end of each span."""


class CronTriggerTimetable(CronMixin):
    """A run at each tick."""

    def __init__(
        self, expression: str, timezone: Any, *, interval: Any = ZERO, run_immediately: Any = False
    ) -> None:
        super().__init__(expression, timezone)
        self.interval, self.run_immediately = interval, run_immediately


class CoreCronDataIntervalTimetable(CronDataIntervalTimetable):
    """The scheduler's own: it calls the expression otherwise."""

    def __init__(self, cron: str, timezone: Any) -> None:
        super().__init__(cron, timezone)


class CoreCronTriggerTimetable(CronTriggerTimetable):
    """The scheduler's own: it calls the expression otherwise, and the zone has to be named."""

    def __init__(self, cron: str, *, timezone: Any, interval: Any = ZERO, run_immediately: Any = False) -> None:
        super().__init__(cron, timezone, interval=interval, run_immediately=run_immediately)


class DeltaTriggerTimetable(_Delta):
    """A run each time that a span has passed."""

    def __init__(self, delta: Any, *, interval: Any = ZERO) -> None:
        super().__init__(delta)
        self.interval = interval


class MultipleCronTriggerTimetable(BaseTimetable):
    """A run at the ticks of several expressions."""

    def __init__(self, *crons: str, timezone: Any, interval: Any = ZERO, run_immediately: Any = False) -> None:
        if not crons:
            raise ValueError("cron expression required")
        self.timetables = [
            CronTriggerTimetable(cron, timezone, interval=interval, run_immediately=run_immediately)
            for cron in crons
        ]


class CronPartitionTimetable(CronTriggerTimetable):
    """A run at each tick, with a partition key instead of a logical date."""

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any,
        run_offset: Any = None,
        run_immediately: Any = False,
        key_format: str = r"%Y-%m-%dT%H:%M:%S",
    ) -> None:
        if not isinstance(run_offset, int | None):
            raise ValueError("Run offset other than integer not supported yet.")
        super().__init__(cron, timezone, run_immediately=run_immediately)
        self.run_offset, self.key_format = run_offset, key_format


class EventsTimetable(BaseTimetable):
    """Runs at given dates. 3.3.2 cannot store it: a DAG with it is an import error."""

    def __init__(
        self,
        event_dates: Any,
        *,
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: Any = None,
    ) -> None:
        self.event_dates = sorted(event_dates) if presorted else list(event_dates)
        self.restrict_to_events, self.description = restrict_to_events, description


class CoreEventsTimetable(EventsTimetable):
    """``airflow.timetables.events.EventsTimetable``: this one can be stored."""

    def __init__(
        self, event_dates: Any, restrict_to_events: bool = False, presorted: bool = False, description: Any = None
    ) -> None:
        dates = list(event_dates)
        super().__init__(dates if presorted else sorted(dates), restrict_to_events=restrict_to_events)
        self.description = description


class CustomTimetable(BaseTimetable):
    """The base of timetables that plugins bring: without their plugin they cannot be stored."""


class AssetTriggeredTimetable(BaseTimetable):
    """When assets were written."""

    def __init__(self, assets: Any) -> None:
        self.asset_condition = assets


class PartitionedAssetTimetable(AssetTriggeredTimetable):
    """When assets were written, partition by partition."""

    def __init__(
        self, *, assets: Any, partition_mapper_config: Any = None, default_partition_mapper: Any = None
    ) -> None:
        super().__init__(assets)
        self.partition_mapper_config = partition_mapper_config or {}
        self.default_partition_mapper = default_partition_mapper


class AssetOrTimeSchedule(AssetTriggeredTimetable):
    """When assets were written, and at the ticks of another timetable."""

    def __init__(self, *, assets: Any, timetable: BaseTimetable) -> None:
        from upgradecheck.runtime.sdk.assets import AssetAll, BaseAsset

        super().__init__(assets if isinstance(assets, BaseAsset) else AssetAll(*assets))
        self.timetable = timetable
        self.active_runs_limit = timetable.active_runs_limit
        self.can_be_scheduled = timetable.can_be_scheduled

    def validate(self) -> None:
        """Raises ``AirflowTimetableInvalid`` where both are asset timetables."""
        if isinstance(self.timetable, AssetTriggeredTimetable):
            raise AirflowTimetableInvalid("cannot nest asset timetables")


class PartitionedAtRuntime(NullTimetable):
    """Never; partitions are named when a run is made."""

    partitioned_at_runtime = True


def create_timetable(interval: Any, timezone: Any) -> BaseTimetable:
    """The timetable of a plain ``schedule``. Raises ``ValueError``."""
    from dateutil.relativedelta import relativedelta

    from upgradecheck.runtime.sdk.configuration import conf

    plain = {None: NullTimetable, "@once": OnceTimetable, "@continuous": ContinuousTimetable}
    if interval is None or (isinstance(interval, str) and interval in plain):
        return plain[interval]()
    intervals = conf.getboolean("scheduler", "create_cron_data_intervals")
    if isinstance(interval, datetime.timedelta | relativedelta):
        keeps = intervals or dialect.current().delta_intervals
        return DeltaDataIntervalTimetable(interval) if keeps else DeltaTriggerTimetable(interval)
    if isinstance(interval, str):
        kind = CronDataIntervalTimetable if intervals else CronTriggerTimetable
        return kind(interval, timezone)
    raise ValueError(f"{interval!r} is not a valid schedule.")


__all__ = [
    name
    for name, value in list(globals().items())
    if isinstance(value, type) and value.__module__ == __name__ and not name.startswith(("_", "Core", "Custom"))
]
HOMES = {
    "BaseTimetable": "airflow.sdk.bases.timetable",
    **dict.fromkeys(
        ("NullTimetable", "OnceTimetable", "ContinuousTimetable"), "airflow.sdk.definitions.timetables.simple"
    ),
    "AssetTriggeredTimetable": "airflow.sdk.definitions.timetables.assets",
    "CronMixin": "airflow.sdk.definitions.timetables._cron",
}
CORE = {
    "interval": ("CoreCronDataIntervalTimetable", "DeltaDataIntervalTimetable"),
    "trigger": (
        "CoreCronTriggerTimetable",
        "DeltaTriggerTimetable",
        "MultipleCronTriggerTimetable",
        "CronPartitionTimetable",
    ),
    "simple": (
        "AssetTriggeredTimetable",
        "ContinuousTimetable",
        "NullTimetable",
        "OnceTimetable",
        "PartitionedAtRuntime",
        "PartitionedAssetTimetable",
    ),
    "events": ("CoreEventsTimetable",),
    "assets": ("AssetOrTimeSchedule",),
}
ALSO = {
    f"airflow.timetables.{module}.{name.removeprefix('Core')}": globals()[name]
    for module, names in CORE.items()
    for name in names
}
ALSO["airflow.timetables.base.Timetable"] = CustomTimetable
