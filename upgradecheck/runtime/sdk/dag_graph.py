"""A DAG's tasks and arrows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from upgradecheck.runtime.sdk.contexts import TaskGroupContext
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.exceptions import (
    AirflowDagCycleException,
    DuplicateTaskIdFound,
    FailFastDagInvalidTriggerRule,
    NodeNotFound,
    TaskNotFound,
)

NEW, OPEN, DONE = 0, 1, 2


class Graph:
    """Tasks by id, in the order in which they were made."""

    dag_id: str
    start_date: Any
    end_date: Any
    fail_fast: bool
    task_dict: dict[str, Any]
    task_group: Any
    edge_info: dict[str, dict[str, Any]]
    mapped_nodes: list[Any] | None = None  # found once, when the file is loaded

    @property
    def tasks(self) -> list[Any]:
        """All tasks."""
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        """Their ids."""
        return list(self.task_dict)

    @property
    def teardowns(self) -> list[Any]:
        """The teardowns among them."""
        return [task for task in self.tasks if task.is_teardown]

    @property
    def roots(self) -> list[Any]:
        """Those that wait for none."""
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[Any]:
        """Those that none waits for."""
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def task_group_dict(self) -> dict[str, Any]:
        """Its groups."""
        return {key: group for key, group in self.task_group.get_task_group_dict().items() if key is not None}

    def find_mapped_nodes(self) -> list[Any]:
        """The tasks and groups that are mapped."""
        from upgradecheck.runtime.sdk.groups import MappedTaskGroup

        groups = self.task_group.get_task_group_dict().values()
        mapped = [group for group in groups if isinstance(group, MappedTaskGroup)]
        return [*(task for task in self.tasks if task.is_mapped), *mapped]

    def has_task(self, task_id: str) -> bool:
        """Is there such a task?"""
        return task_id in self.task_dict

    def get_task(self, task_id: str) -> Any:
        """A task. Raises ``TaskNotFound``."""
        if task_id in self.task_dict:
            return self.task_dict[task_id]
        raise TaskNotFound(f"Task {task_id} not found")

    def __getitem__(self, node_id: str) -> Any:
        node = self.task_dict.get(node_id) or self.task_group_dict.get(node_id)
        if node is None:
            raise NodeNotFound(f"Task or group {node_id!r} not found")
        return node

    def add_task(self, task: Any) -> None:
        """Take a task in. Raises ``DuplicateTaskIdFound``, ``FailFastDagInvalidTriggerRule``."""
        task.start_date = (
            max(task.start_date, self.start_date)
            if task.start_date and self.start_date
            else (task.start_date or self.start_date)
        )
        task.end_date = (
            min(task.end_date, self.end_date)
            if task.end_date and self.end_date
            else (task.end_date or self.end_date)
        )
        if not task.task_group and (group := TaskGroupContext.get_current(self)):
            task.task_id = group.child_id(task.node_id)
            group.add(task)
        task_id = task.node_id
        if self.task_dict.get(task_id, task) is not task or task_id in self.task_group.used_group_ids:
            raise DuplicateTaskIdFound(f"Task id '{task_id}' has already been added to the DAG")
        self.task_dict[task_id] = task
        task.dag = self
        self.task_group.used_group_ids.add(task_id)
        if self.fail_fast and task.trigger_rule not in (
            TriggerRule.ALL_SUCCESS,
            TriggerRule.ALL_DONE_SETUP_SUCCESS,
        ):
            raise FailFastDagInvalidTriggerRule

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        """Take several in."""
        for task in tasks:
            self.add_task(task)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        """Draw an arrow."""
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: Any) -> None:
        """Write a label."""
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> Any:
        """The label."""
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def add_result(self, xcom_arg: Any) -> Any:
        """The output that is the DAG's."""
        xcom_arg.operator.returns_dag_result = True
        return xcom_arg

    def resolve_template_files(self) -> None:
        """Read the files that templated fields name."""
        for task in self.tasks:
            if hasattr(task, "resolve_template_files") and not task.is_mapped:
                task.resolve_template_files()

    def check_cycle(self) -> None:
        """Raises ``AirflowDagCycleException`` where tasks wait for each other in a circle."""
        colour: dict[str, int] = defaultdict(int)
        for start in self.task_dict:
            path = [] if colour[start] == DONE else [start]
            while path:
                name = path[-1]
                colour[name] = OPEN if colour[name] == NEW else colour[name]
                child = self._untouched(name, colour)
                if child is None:
                    colour[name] = DONE
                    path.pop()
                else:
                    path.append(child)

    def _untouched(self, name: str, colour: dict[str, int]) -> str | None:
        for child in self.task_dict[name].downstream_task_ids:
            if colour[child] == OPEN:
                raise AirflowDagCycleException(f"Cycle detected in Dag: {self.dag_id}. Faulty task: {name}")
            if colour[child] == NEW:
                return str(child)
        return None

    def topological_sort(self) -> tuple[Any, ...]:
        """The tasks, none before what it waits for."""
        done: dict[str, Any] = {}
        left = dict(self.task_dict)
        while left:
            ready = [n for n, t in left.items() if t.upstream_task_ids <= done.keys()]
            if not ready:
                raise AirflowDagCycleException(f"A cyclic dependency occurred in dag: {self.dag_id}")
            done.update((name, left.pop(name)) for name in ready)
        return tuple(done.values())
