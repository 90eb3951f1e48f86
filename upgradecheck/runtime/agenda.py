"""What the next pass over a run has to look at: what hangs on something that came to its end since the last one.

Airflow looks at every instance in every pass. An instance about whose dependencies nothing changed gets the same
answer as before, so that it need not be asked again: a run of n tasks costs n looks, not n times n.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from upgradecheck.runtime.indexes import STATE, TASK_STATE
from upgradecheck.runtime.model import Dag, Task, TaskInstance, World
from upgradecheck.runtime.states import SCHEDULABLE

Entry = tuple[str, int | None]  # a task, and one of its instances; None: all of them
EVERYTHING: Entry = ("", None)
TIMED = ("up_for_retry", "up_for_reschedule")


class Graph(Struct, frozen=True):
    """What follows from a DAG alone. ``behind``: who hangs on a task; ``past``: tasks that hang on other runs;
    ``deciding``: those whose ends are the run's; ``limited``: may some have only so many instances at once?"""

    behind: dict[str, tuple[str, ...]]
    past: tuple[str, ...]
    deciding: frozenset[str]
    limited: bool


@lru_cache(maxsize=4096)
def graph(dag: Dag) -> Graph:
    """Worked out once for each version of a DAG."""
    behind: dict[str, dict[str, None]] = {name: dict.fromkeys(task.downstream) for name, task in dag.tasks.items()}
    for task in dag.tasks.values():
        groups = (name for group in task.groups for name in dag.groups[group].mapped_over)
        for name in (*task.upstream, *task.setups, *task.scope, *task.mapped_over, *groups):
            behind.setdefault(name, {})[task.task_id] = None
    tasks = dag.tasks.values()
    return Graph(
        behind={name: tuple(found) for name, found in behind.items()},
        past=tuple(t.task_id for t in tasks if t.depends_on_past or t.waits_for_past_to_skip),
        deciding=frozenset(_deciding(dag)),
        limited=any(t.per_run is not None or t.per_dag is not None for t in tasks),
    )


def _deciding(dag: Dag) -> set[str]:
    """Tasks with nothing behind them but teardowns, and no teardown; where there are only teardowns, the last."""
    found = {
        task.task_id
        for task in dag.tasks.values()
        if not _silent(task) and all(_silent(dag.tasks[name]) for name in task.downstream)
    }
    return found or {task.task_id for task in dag.tasks.values() if not task.downstream}


def _silent(task: Task) -> bool:
    return task.is_teardown and not task.fails_run


def after(dag: Dag, ti: TaskInstance) -> set[Entry]:
    """What to look at when an instance has come to its end: of tasks in one mapped group only the same index, and
    those that are not expanded yet."""
    mine = dag.tasks.get(ti.task_id)
    found: set[Entry] = set()
    for name in graph(dag).behind.get(ti.task_id, ()):
        if mine is not None and _same_index(dag, mine, dag.tasks[name]):
            found |= {(name, ti.map_index), (name, -1)}
        else:
            found.add((name, None))
    return found


def _same_index(dag: Dag, one: Task, other: Task) -> bool:
    if one.expand is not None or other.expand is not None:
        return False
    mapped = [[name for name in task.groups if dag.groups[name].expand is not None] for task in (one, other)]
    return bool(mapped[0]) and mapped[0] == mapped[1]


def waiting(world: World, key: tuple[str, str], dag: Dag, entries: frozenset[Entry]) -> list[TaskInstance]:
    """The instances that may be scheduled and have to be looked at now."""
    table = world.instances[key]
    if EVERYTHING in entries:
        return [ti for ti in table.members(STATE, *SCHEDULABLE) if ti.task_id in dag.tasks]
    found = {ti.at: ti for ti in table.members(STATE, *TIMED) if (date := due(ti)) is None or date <= world.now}
    whole = {name for name, index in entries if index is None} | set(graph(dag).past)
    for name in sorted(whole):
        found.update((ti.at, ti) for ti in table.members(TASK_STATE, *((name, state) for state in SCHEDULABLE)))
    for name, index in sorted((name, index) for name, index in entries if index is not None):
        ti = table.get((name, index))
        if ti is not None and ti.state in SCHEDULABLE:
            found[ti.at] = ti
    return [ti for ti in found.values() if ti.task_id in dag.tasks]


def due(ti: TaskInstance) -> datetime | None:
    """When an instance that waits may go on."""
    return ti.retry_at if ti.state == "up_for_retry" else ti.reschedule_at
