"""How many task instances may run at the same time."""

from __future__ import annotations

from upgradecheck.runtime import agenda, runs
from upgradecheck.runtime.indexes import STATE, TASK_STATE
from upgradecheck.runtime.model import Run, Task, TaskInstance, World
from upgradecheck.runtime.states import STARTED


class Room:
    """How many instances may still start: of a run, of a task in a run, of a task in all runs of its DAG."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: dict[tuple[str, ...], int] = {}

    def _taken(self, key: tuple[str, ...], run: Run) -> int:
        """How many there are; counted when it is first asked for."""
        if key not in self.taken:
            if len(key) == 2:
                self.taken[key] = self.world.instances[run.key].size(STATE, *STARTED)
            else:
                keys = [run.key] if key[1] else [other.key for other in runs.active(self.world, run.dag_id)]
                groups = [(key[2], state) for state in STARTED]
                self.taken[key] = sum(self.world.instances[one].size(TASK_STATE, *groups) for one in keys)
        return self.taken[key]

    def candidates(self, run: Run, state: str) -> list[TaskInstance]:
        """Those of a run that may start, or more: no instance that may is missing."""
        dag, table = self.world.dag_of(run), self.world.instances[run.key]
        free = dag.max_active_tasks - self._taken(run.key, run)
        if free <= 0:
            return []
        if not agenda.graph(dag).limited:
            return table.first(STATE, state, free)
        return [ti for name in dag.tasks for ti in table.first(TASK_STATE, (name, state), free)]

    def take(self, run: Run, task: Task) -> bool:
        """Is there room for one more? Then it is taken."""
        limits = {
            run.key: self.world.dag_of(run).max_active_tasks,
            (*run.key, task.task_id): task.per_run,
            (run.dag_id, "", task.task_id): task.per_dag,
        }
        set_limits = {key: limit for key, limit in limits.items() if limit is not None}
        if any(self._taken(key, run) >= limit for key, limit in set_limits.items()):
            return False
        for key in set_limits:
            self.taken[key] += 1
        return True
