"""One run in one scheduling pass: what had ended when the pass began, and how many instances each task has by
now."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from upgradecheck.runtime import mapping
from upgradecheck.runtime.model import Run, Task, TaskInstance, World
from upgradecheck.runtime.states import FINISHED
from upgradecheck.runtime.trigger_rules import EARLY, Counts, counted


class View:
    """Counts for the dependencies of one run's instances."""

    def __init__(self, world: World, run: Run) -> None:
        self.world, self.run, self.dag = world, run, world.dag_of(run)
        self.ended: dict[str, list[TaskInstance]] = {}
        self.indexes: dict[str, set[int]] = {}
        for ti in world.instances.get(run.key, {}).values():
            self.indexes.setdefault(ti.task_id, set()).add(ti.map_index)
            if ti.state in FINISHED:
                self.ended.setdefault(ti.task_id, []).append(ti)
        self._counts: dict[str, int | None] = {}

    def expanded(self, task_id: str, indexes: set[int]) -> None:
        """A task got its instances in this pass."""
        self.indexes[task_id] = indexes

    def _count(self, task: Task) -> int | None:
        if task.task_id not in self._counts:
            found = None
            with suppress(mapping.NotMapped, mapping.NotPopulated):
                found = mapping.count(self.world, self.run.key, self.dag, task)
            self._counts[task.task_id] = found
        return self._counts[task.task_id]

    def relevant(self, ti: TaskInstance, upstream_id: str) -> int | range | None:
        """Which map indexes of an upstream matter to this instance; None: all."""
        task = self.dag.tasks[ti.task_id]
        around = mapping.mapped_groups(self.dag, task)
        if not around:
            return None
        if ti.map_index < 0 and task.trigger_rule in EARLY:
            expands_by = {*task.mapped_over, *(n for g in around for n in self.dag.groups[g].mapped_over)}
            if upstream_id not in expands_by:
                return None
        number = self._count(task)
        if number is None:
            return None
        return mapping.relevant(self.world, self.dag, ti, self.dag.tasks[upstream_id], number)

    def _matters(self, relevant: int | range | None, index: int) -> bool:
        if index < 0 or relevant is None:
            return True
        return index in relevant if isinstance(relevant, range) else index == relevant

    def counts(self, ti: TaskInstance, upstreams: Iterable[str]) -> Counts:
        """How the instances of some tasks ended, as far as they matter to this one."""
        ends: list[tuple[str | None, bool]] = []
        number = setups = 0
        names = list(upstreams)
        simple = not any(mapping.needs_expansion(self.dag, self.dag.tasks[name]) for name in names)
        for name in names:
            relevant = self.relevant(ti, name)
            is_setup = self.dag.tasks[name].is_setup
            here = 1 if simple else sum(self._matters(relevant, i) for i in self.indexes.get(name, ()))
            number += here
            setups += here if is_setup else 0
            ends += [(o.state, is_setup) for o in self.ended.get(name, ()) if self._matters(relevant, o.map_index)]
        return counted(number, ends, setups)
