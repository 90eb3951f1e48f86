"""Dynamic task mapping as the scheduler sees it: how many instances, and which of others matter to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from upgradecheck.runtime.indexes import OF_TASK, TASK, TASK_STATE
from upgradecheck.runtime.lenses import AnyLens, Fixed, Joined, Of, Zipped
from upgradecheck.runtime.model import Dag, Task, TaskInstance, World
from upgradecheck.runtime.states import FINISHED


class NotMapped(Exception):
    """The task has one instance."""


class NotPopulated(Exception):
    """A length is not known yet, or never will be."""


def lens_length(world: World, key: tuple[str, str], dag: Dag, lens: AnyLens) -> int | None:
    """How many values, or None."""
    if isinstance(lens, Fixed):
        return lens.length
    if isinstance(lens, Of):
        return _of(world, key, dag.tasks[lens.task_id])
    lengths = [lens_length(world, key, dag, part) for part in lens.parts]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return None
    if isinstance(lens, Joined):
        return sum(known)
    return max(known) if isinstance(lens, Zipped) and lens.longest else min(known)


def _of(world: World, key: tuple[str, str], task: Task) -> int | None:
    stored = world.stored(key)
    name = task.task_id
    own = stored.get((name, -1, "return_value"))
    if task.expand is None:
        return own.length if own else None
    table = world.instances[key]
    if table.size(TASK, name) > table.size(TASK_STATE, *((name, state) for state in FINISHED)):
        return None
    return stored.size(OF_TASK, (name, "return_value")) - (own is not None)


def total(world: World, key: tuple[str, str], dag: Dag, expand: Mapping[str, AnyLens]) -> int:
    """How many combinations. Raises ``NotPopulated``."""
    lengths = [lens_length(world, key, dag, lens) for lens in expand.values()]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        raise NotPopulated
    return prod(known)


def count(world: World, key: tuple[str, str], dag: Dag, task: Task) -> int:
    """How many instances a task has, with the mapped groups around it. Raises ``NotMapped``, ``NotPopulated``."""
    around = mapped_groups(dag, task)
    if task.expand is None and not around:
        raise NotMapped
    found = total(world, key, dag, task.expand) if task.expand is not None else 1
    return found * group_count(world, key, dag, around)


def group_count(world: World, key: tuple[str, str], dag: Dag, groups: Iterable[str]) -> int:
    """How many times some mapped groups run, one inside the other."""
    return prod(total(world, key, dag, dag.groups[name].expand or {}) for name in groups)


def mapped_groups(dag: Dag, task: Task) -> list[str]:
    """The mapped groups around a task, the innermost first."""
    return [name for name in task.groups if dag.groups[name].expand is not None]


def needs_expansion(dag: Dag, task: Task) -> bool:
    """Has it an instance for each of some values?"""
    return task.expand is not None or bool(mapped_groups(dag, task))


def dependencies(dag: Dag, task: Task) -> tuple[str, ...]:
    """The tasks whose values it, or its innermost mapped group, is mapped over."""
    if task.expand is not None:
        return task.mapped_over
    around = mapped_groups(dag, task)
    return dag.groups[around[0]].mapped_over if around else ()


def relevant(world: World, dag: Dag, ti: TaskInstance, upstream: Task, ti_count: int) -> int | range | None:
    """Which map indexes of an upstream matter to one instance; None: all. Within a common mapped group: the
    same."""
    key = (ti.dag_id, ti.run_id)
    mine = mapped_groups(dag, dag.tasks[ti.task_id])
    common = next((name for name in mapped_groups(dag, upstream) if name in mine), None)
    if common is None or not ti_count:
        return None
    around = mine[mine.index(common) :]
    ancestor_count = group_count(world, key, dag, around)
    index = ti.map_index * ancestor_count // ti_count
    inner = upstream.groups[: upstream.groups.index(common)]
    if upstream.expand is None and not any(dag.groups[name].expand is not None for name in inner):
        return index
    further = ti_count // ancestor_count
    return range(index * further, index * further + further)
