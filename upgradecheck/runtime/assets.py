"""Assets on the server's side: events, who listens, and the runs that are due (AssetManager, AssetDagRunQueue)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from datetime import datetime
from typing import Any

from upgradecheck.runtime import partitions
from upgradecheck.runtime.conditions import Condition, holds, leaves, matches
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.indexes import OF_DAG
from upgradecheck.runtime.model import AssetEvent, Dag, TaskInstance, World


def known(world: World) -> Iterator[tuple[str, str]]:
    """Assets that DAGs name, in the order in which they came: schedules, inlets, outlets."""
    for dag in world.dags.values():
        if dag.schedule.condition:
            yield from (
                (leaf["name"], leaf["uri"]) for leaf in leaves(dag.schedule.condition) if leaf["kind"] == "asset"
            )
        for task in dag.tasks.values():
            for leaf in (*task.inlets, *task.outlets):
                if leaf["kind"] == "asset":
                    yield leaf["name"], leaf["uri"]
    for event in world.events:
        yield event.name, event.uri


def active(world: World) -> dict[str, str]:
    """Name to URI of the assets that are active: the first that took a name or a URI keeps it."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name, uri in known(world):
        if name not in found and uri not in taken:
            found[name] = uri
            taken.add(uri)
    return found


def inactive(world: World, given: tuple[Condition, ...]) -> list[Condition]:
    """Those of a task's inlets and outlets that it may not use."""
    names = active(world)
    uris = set(names.values())
    tests: dict[str, Callable[[Condition], bool]] = {
        "asset": lambda leaf: names.get(leaf["name"]) == leaf["uri"],
        "name": lambda leaf: leaf["value"] in names,
        "uri": lambda leaf: leaf["value"] in uris,
        "alias": lambda leaf: True,
    }
    return [leaf for leaf in given if not tests[leaf["kind"]](leaf)]


def find(world: World, name: str | None, uri: str | None) -> tuple[str, str] | None:
    """An active asset by one of them."""
    for known_name, known_uri in active(world).items():
        if (name is None or name == known_name) and (uri is None or uri == known_uri):
            return known_name, known_uri
    return None


def succeeded(
    draft: Draft, ti: TaskInstance, outlets: tuple[Condition, ...], said: tuple[dict[str, Any], ...]
) -> None:
    """A task with outlets succeeded: an event for each asset, or for each that it spoke of; aliases by what
    was added."""
    for leaf in outlets:
        if leaf["kind"] == "alias":
            continue
        wanted = {"asset": ("name", "uri"), "name": ("value", None), "uri": (None, "value")}[leaf["kind"]]
        asset = find(draft.world, leaf.get(wanted[0] or ""), leaf.get(wanted[1] or ""))
        if asset is None:
            continue
        own = [event for event in said if "alias" not in event and (event["name"], event["uri"]) == asset]
        for event in own or [{"extra": {}}]:
            write(draft, *asset, extra=event["extra"], ti=ti)
    merged: dict[tuple[str, str, str], tuple[dict[str, Any], list[str]]] = {}
    for event in said:
        if "alias" in event:
            key = (event["name"], event["uri"], repr(sorted(event["extra"].items())))
            merged.setdefault(key, (event, []))[1].append(event["alias"])
    for event, aliases in merged.values():
        write(draft, event["name"], event["uri"], extra=event["extra"], aliases=tuple(sorted(set(aliases))), ti=ti)


def write(
    draft: Draft,
    name: str,
    uri: str,
    extra: dict[str, Any] | None = None,
    aliases: tuple[str, ...] = (),
    ti: TaskInstance | None = None,
) -> None:
    """An asset was written: keep the event, put it into the queue of each unpaused DAG that listens."""
    now = draft.world.now
    event = AssetEvent(draft.number(), name, uri, now, extra=extra or {}, aliases=aliases, **_source(draft, ti))
    draft.event(event)
    for dag in draft.world.dags.values():
        if dag.dag_id not in draft.world.unpaused or not listens(dag, event):
            continue
        if partitions.of(dag):
            partitions.queue(draft, dag, event)
        elif event.partition_key is None:
            draft.queue({(dag.dag_id, name, uri): now})


def _source(draft: Draft, ti: TaskInstance | None) -> dict[str, Any]:
    if ti is None:
        return {}
    run = draft.world.runs[ti.dag_id, ti.run_id]
    part = {"partition_key": run.partition_key, "partition_date": run.partition_date}
    return {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id, "map_index": ti.map_index, **part}


def listens(dag: Dag, event: AssetEvent, kinds: Container[str] = ("asset", "alias", "name", "uri")) -> bool:
    """Is a DAG scheduled on what was written, by a leaf of these kinds?"""
    condition = dag.schedule.condition
    return condition is not None and any(
        leaf["kind"] in kinds and matches(leaf, event.name, event.uri, event.aliases) for leaf in leaves(condition)
    )


def due(world: World, dag: Dag) -> bool:
    """Does what was written since its last asset run make the DAG's condition true?"""
    if not world.queue or dag.schedule.condition is None:
        return False
    queued = {(name, uri) for dag_id, name, uri in world.queue if dag_id == dag.dag_id}
    if not queued:
        return False
    through: dict[tuple[str, str], set[str]] = {}
    for event in world.events:
        through.setdefault((event.name, event.uri), set()).update(event.aliases)

    def written(leaf: Condition) -> bool:
        return any(matches(leaf, name, uri, tuple(through.get((name, uri), ()))) for name, uri in queued)

    return holds(dag.schedule.condition, written)


def consumed(world: World, dag: Dag, at: datetime) -> tuple[int, ...]:
    """The events that a run of this moment takes: all since the asset run before, or since the DAG listens.

    Not those that a reference by name or URI stands for (checked: such a run sees no event).
    """
    before = max(
        (
            run.run_after
            for run in world.runs.members(OF_DAG, dag.dag_id)
            if run.run_type == "asset_triggered" and run.run_after < at
        ),
        default=None,
    )
    floor = before if before is not None or dag.catchup else world.listening.get(dag.dag_id)
    return tuple(
        event.number
        for event in world.events
        if listens(dag, event, ("asset", "alias"))
        and event.timestamp <= at
        and (floor is None or event.timestamp > floor)
    )
