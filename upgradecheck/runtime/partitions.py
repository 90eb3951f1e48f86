"""Partitions of assets: what is written in a run with a key starts runs with this key, of DAGs that ask for it
(``AssetManager._queue_partitioned_dags``). Keys are handed on as they are (``IdentityMapper``)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck.runtime.conditions import Condition, holds, matches
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.model import AssetEvent, Dag, Run, World

MODELLED = "IdentityMapper"


def of(dag: Dag) -> bool:
    """Is it scheduled on partitions, in a way that is modelled?"""
    return dag.schedule.name == "PartitionedAssetTimetable" and dag.schedule.key_format == MODELLED


def queue(draft: Draft, dag: Dag, event: AssetEvent) -> None:
    """Keep an event for the run of its partition; one without a key starts nothing."""
    if event.partition_key is not None:
        table = draft._table("parts")
        key = (dag.dag_id, event.partition_key)
        table[key] = (*table.get(key, ()), event.number)


def due(world: World, dag: Dag) -> Iterator[tuple[str, list[AssetEvent]]]:
    """Partitions for which what was written makes the DAG's condition true, with their events."""
    for (dag_id, key), numbers in world.parts.items():
        events = [event for event in world.events if event.number in numbers]

        def written(leaf: Condition, events: list[AssetEvent] = events) -> bool:
            return any(matches(leaf, event.name, event.uri, event.aliases) for event in events)

        if dag_id == dag.dag_id and dag.schedule.condition and holds(dag.schedule.condition, written):
            yield key, events


def run(dag: Dag, key: str, events: list[AssetEvent]) -> Run:
    """The run of a partition; its date where all that was written agrees about it."""
    at = max(event.timestamp for event in events)
    dates = {event.partition_date for event in events if event.partition_date is not None}
    made = Run(dag.dag_id, f"asset_triggered__{at.isoformat()}", "asset_triggered", at, partition_key=key)
    return replace(
        made,
        consumed=tuple(event.number for event in events),
        partition_date=dates.pop() if len(dates) == 1 else None,
    )


def done(draft: Draft, dag: Dag, key: str) -> None:
    """Its run was made."""
    draft._table("parts").pop((dag.dag_id, key), None)
