"""One run in one scheduling pass: what had ended when the pass began, and how many instances each task has by
now. What a pass decides is written at its end, so that nothing ends meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from upgradecheck.runtime import mapping
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.indexes import TASK, TASK_STATE
from upgradecheck.runtime.model import Run, Task, TaskInstance, World
from upgradecheck.runtime.states import FINISHED
from upgradecheck.runtime.trigger_rules import EARLY, Counts, tallied


class View:
    """Counts for the dependencies of one run's instances."""

    def __init__(self, draft: Draft, run: Run) -> None:
        self.draft, self.run, self.dag = draft, run, draft.world.dag_of(run)
        self._counts: dict[str, int | None] = {}

    @property
    def world(self) -> World:
        """With the instances that tasks were expanded into."""
        return self.draft.world

    def ended(self, task_id: str) -> bool:
        """Has an instance of a task ended?"""
        table = self.world.instances[self.run.key]
        return table.size(TASK_STATE, *((task_id, state) for state in FINISHED)) > 0

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

    def counts(self, ti: TaskInstance, upstreams: Iterable[str]) -> Counts:
        """How the instances of some tasks ended, as far as they matter to this one."""
        names = list(upstreams)
        simple = not any(mapping.needs_expansion(self.dag, self.dag.tasks[name]) for name in names)
        number = setups = 0
        ends: Counter[tuple[str, bool]] = Counter()
        for name in names:
            here, ended = self._ends(name, self.relevant(ti, name))
            is_setup = self.dag.tasks[name].is_setup
            number += 1 if simple else here
            setups += (1 if simple else here) if is_setup else 0
            ends.update({(state, is_setup): many for state, many in ended.items()})
        return tallied(number, ends, setups)

    def _ends(self, name: str, relevant: int | range | None) -> tuple[int, dict[str, int]]:
        """How many instances of a task matter, and how many of them ended how."""
        table = self.world.instances[self.run.key]
        if relevant is None:
            ends = {state: table.size(TASK_STATE, (name, state)) for state in FINISHED}
            return table.size(TASK, name), ends
        indexes = (-1, *relevant) if isinstance(relevant, range) else (-1, relevant)
        there = [found for index in indexes if (found := table.get((name, index))) is not None]
        return len(there), Counter(found.state for found in there if found.state in FINISHED)
