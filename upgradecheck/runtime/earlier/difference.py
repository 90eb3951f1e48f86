"""What differs between two readings of a DAG: runs, keys, templates. Pure: two worlds in, facts out.

``before`` is always 2.11, ``after`` 3.3. Runs are held beside each other by the moment at which they start; runs
that a person makes by their kind: with a date, and without one, which 2.11 does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from upgradecheck.runtime import timetables
from upgradecheck.runtime.model import Dag, Run, TaskInstance, Upcoming, World

SCHEDULED, BY_ASSETS, DATED, UNDATED = "schedule", "assets", "by hand", "by hand, without a date"


class Dates(Struct, frozen=True):
    """Of a run."""

    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None


class Runs(Struct, frozen=True):
    """A run of each version that start at one moment; None: it makes none then."""

    starts: datetime
    before: Dates | None
    after: Dates | None


class Manual(Struct, frozen=True):
    """A run that a person makes: what each version gives it."""

    kind: str
    starts: datetime
    before: Dates | None
    after: Dates | None


class Key(Struct, frozen=True):
    """A key of the context that tasks use and that is not what it was; ``there``: 3.3 has it."""

    key: str
    kind: str
    tasks: tuple[str, ...]
    before: str
    after: str | None
    there: bool


class Template(Struct, frozen=True):
    """A field that renders differently, or not at all (``error``). ``unknown``: 2.11's value is not modelled."""

    task: str
    field: str
    kind: str
    starts: datetime
    before: Any
    after: Any
    error: str | None = None
    unknown: str | None = None


class Side(Struct, frozen=True):
    """A DAG as one version reads it. ``made_up``: how many runs of the past it makes for where it never ran."""

    timetable: str
    catchup: bool
    timed: bool
    made_up: int | None = None


class Difference(Struct, frozen=True):
    """All of a DAG."""

    dag_id: str
    file: str
    before: Side
    after: Side
    runs: tuple[Runs, ...] = ()
    more: bool = False
    manual: tuple[Manual, ...] = ()
    keys: tuple[Key, ...] = ()
    templates: tuple[Template, ...] = ()


def dates(run: Run | Upcoming) -> Dates:
    """Of a run that was made, or will be."""
    return Dates(run.logical_date, run.start, run.end)


def schedule(dag: Dag, last: Upcoming | None, begin: datetime, end: datetime | None, most: int) -> list[Upcoming]:
    """What the schedule makes from the beginning on, one run after the other, where it goes on after ``last``."""
    found: list[Upcoming] = []
    now = begin
    while len(found) < most:
        info = timetables.next_run(dag.schedule, last, timetables.restriction(dag), now)
        if info is None or (end is not None and info.run_after > end):
            break
        last, now = info, max(now, info.run_after)
        if info.run_after >= begin:
            found.append(info)
    return found


def made_up(dag: Dag, at: datetime, most: int) -> int:
    """How many runs are due at once where it never ran."""
    last, number = None, 0
    while number < most:
        last = timetables.next_run(dag.schedule, last, timetables.restriction(dag), at)
        if last is None or last.run_after > at:
            break
        number += 1
    return number


def side_by_side(before: Iterable[Upcoming], after: Iterable[Upcoming]) -> tuple[Runs, ...]:
    """By the moment at which they start."""
    old = {info.run_after: dates(info) for info in before}
    new = {info.run_after: dates(info) for info in after}
    return tuple(Runs(at, old.get(at), new.get(at)) for at in sorted({*old, *new}))


class Pair(Struct, frozen=True):
    """Two runs that answer each other."""

    kind: str
    before: Run
    after: Run


def pairs(dag_id: str, before: World, after: World) -> Iterator[Pair]:
    """The runs of a DAG in both worlds, those of the schedule first."""
    old, new = _by_type(dag_id, before), _by_type(dag_id, after)
    at = {run.run_after: run for run in new.get("scheduled", ())}
    yield from (Pair(SCHEDULED, run, at[run.run_after]) for run in old.get("scheduled", ()) if run.run_after in at)
    for one, other in zip_longest(old.get("asset_triggered", ()), new.get("asset_triggered", ())):
        if one and other:
            yield Pair(BY_ASSETS, one, other)
    for one in old.get("manual", ()):
        for other in new.get("manual", ()):
            yield Pair(DATED if other.logical_date else UNDATED, one, other)


def _by_type(dag_id: str, world: World) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in world.runs.values():
        if run.dag_id == dag_id:
            found.setdefault(run.run_type, []).append(run)
    return found


def templates(found: Iterable[Pair], before: World, after: World) -> tuple[Template, ...]:
    """The fields that differ: of each the first run in which it does, and by hand only what no other run showed."""
    seen: dict[tuple[str, str], Template] = {}
    for pair in found:
        for old, new in _instances(pair, before, after):
            for each in _fields(pair, old, new):
                seen.setdefault((each.task, each.field), each)
    return tuple(seen.values())


def _instances(pair: Pair, before: World, after: World) -> Iterator[tuple[TaskInstance, TaskInstance]]:
    for ti in before.instances[pair.before.key].values():
        other = after.instance(pair.after, *ti.at)
        if other is not None and ti.rendered and other.rendered:
            yield ti, other


def _told(ti: TaskInstance, part: str) -> dict[str, Any]:
    found: dict[str, Any] = (ti.rendered or {})[part]
    return found


def _fields(pair: Pair, old: TaskInstance, new: TaskInstance) -> Iterator[Template]:
    was = _told(old, "fields")
    for name, told in _told(new, "fields").items():
        known = was.get(name, {})
        if told == known or "unknown" in told or ("unknown" in known and "error" not in told):
            continue
        if "error" in told and "error" in known:  # neither version renders it
            continue
        yield Template(
            old.label,
            name,
            pair.kind,
            pair.after.run_after,
            known.get("value", known.get("error")),
            told.get("value"),
            told.get("error"),
            known.get("unknown"),
        )


def keys(found: Iterable[Pair], before: World, after: World, known: frozenset[str]) -> tuple[Key, ...]:
    """The keys that tasks use and that have another value, or none."""
    seen: dict[str, Key] = {}
    for pair in found:
        mine: dict[str, Key] = {}
        for old, new in _instances(pair, before, after):
            for each in _keys(pair, old, new, known):
                others = mine[each.key].tasks if each.key in mine else ()
                mine[each.key] = Key(each.key, pair.kind, (*others, old.label), each.before, each.after, each.there)
        for name, each in mine.items():
            seen.setdefault(name, each)
    return tuple(seen[name] for name in sorted(seen))


def _keys(pair: Pair, old: TaskInstance, new: TaskInstance, known: frozenset[str]) -> Iterator[Key]:
    now = _told(new, "keys")
    for name, was in _told(old, "keys").items():
        if name not in known or was is None:
            continue
        told = now.get(name)
        if told != was:
            yield Key(name, pair.kind, (), was["value"], told and told["value"], told is not None)
