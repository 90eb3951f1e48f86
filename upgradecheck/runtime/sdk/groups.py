"""Task groups, mapped ones too."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.exceptions import DuplicateTaskIdFound, NodeNotFound, TaskAlreadyInTaskGroup
from upgradecheck.runtime.sdk.names import NOTSET, validate_group_key
from upgradecheck.runtime.sdk.nodes import DAGNode

HOME = "airflow.sdk"


class TaskGroup(DAGNode):
    """A named group of tasks; arrows to it go to its first tasks, arrows from it start at its last ones."""

    def __init__(
        self,
        group_id: str | None,
        group_display_name: str = "",
        prefix_group_id: bool = True,
        parent_group: Any = NOTSET,
        dag: Any = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        doc_md: str | None = None,
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
    ) -> None:
        if group_id is not None:
            validate_group_key(group_id)
        parent = TaskGroupContext.get_current(DagContext.get_current()) if parent_group is NOTSET else parent_group
        self.dag = dag or (parent.dag if parent is not None else DagContext.get_current())
        if not self.dag:
            raise RuntimeError("TaskGroup can only be used inside a dag")
        self._group_id, self.prefix_group_id, self.tooltip, self.doc_md = group_id, prefix_group_id, tooltip, doc_md
        self.group_display_name, self.ui_color, self.ui_fgcolor = group_display_name, ui_color, ui_fgcolor
        self.default_args = copy.deepcopy(default_args or {})
        self.children: dict[str, Any] = {}
        self.upstream_group_ids: set[Any] = set()
        self.downstream_group_ids: set[Any] = set()
        self.upstream_task_ids, self.downstream_task_ids = set(), set()
        self.parent_group = parent
        self.used_group_ids: set[Any] = parent.used_group_ids if parent is not None else set()
        self._join(add_suffix_on_collision)

    def _join(self, add_suffix: bool) -> None:
        if self._group_id is not None and self.group_id in self.used_group_ids:
            if not add_suffix:
                raise DuplicateTaskIdFound(f"group_id '{self._group_id}' has already been added to the DAG")
            self._group_id = self._suffixed(self._group_id)
        if self._group_id and not self.parent_group:
            self.parent_group = self.dag.task_group
        if self.parent_group:
            self.parent_group.add(self)
            self.default_args = {**self.parent_group.default_args, **self.default_args}
        if self._group_id:
            self.used_group_ids |= {self.group_id, self.upstream_join_id, self.downstream_join_id}

    def _suffixed(self, group_id: str) -> str:
        base = re.split(r"__\d+$", group_id)[0]
        pattern = re.compile(rf"^{re.escape(base)}__(\d+)$")
        numbers = [int(m[1]) for used in self.used_group_ids if used and (m := pattern.match(used))]
        return f"{base}__{max(numbers, default=0) + 1}"

    @classmethod
    def create_root(cls, dag: Any) -> TaskGroup:
        """The group that holds all of a DAG."""
        return cls(group_id=None, dag=dag, parent_group=None)

    def __bool__(self) -> bool:
        return True

    @property
    def group_id(self) -> Any:
        """The id, with those of the groups around it."""
        parent = self.parent_group
        if self._group_id and parent and parent.prefix_group_id and parent._group_id:
            return parent.child_id(self._group_id)
        return self._group_id

    @property
    def node_id(self) -> Any:
        """The same."""
        return self.group_id

    @property
    def is_root(self) -> bool:
        """Is it the DAG's own?"""
        return not self._group_id

    @property
    def label(self) -> str | None:
        """The id without those around it."""
        return self.group_display_name or self._group_id

    @property
    def upstream_join_id(self) -> str:
        """A name that pictures use."""
        return f"{self.group_id}.upstream_join_id"

    @property
    def downstream_join_id(self) -> str:
        """A name that pictures use."""
        return f"{self.group_id}.downstream_join_id"

    def child_id(self, label: Any) -> Any:
        """The id of a child with this label."""
        group_id = self.group_id if self.prefix_group_id else None
        return f"{group_id}.{label}" if group_id else label

    def add(self, task: Any) -> Any:
        """Take a task or group in."""
        is_group = isinstance(task, TaskGroup)
        existing = task.parent_group if is_group else task.task_group
        if TaskGroupContext.active and existing and existing is not self:
            existing.children.pop(task.node_id, None)
            if not is_group:
                task.task_group = existing = self
        if not is_group and existing is not None and existing is not self:
            raise TaskAlreadyInTaskGroup(task.node_id, existing.node_id, self.node_id)
        if is_group:
            task.parent_group = self
        else:
            task.task_group = self
        if task.node_id in self.children:
            kind = "Task Group" if is_group else "Task"
            raise DuplicateTaskIdFound(f"{kind} id '{task.node_id}' has already been added to the Dag")
        if is_group:
            self._take_in(task)
        self.children[task.node_id] = task
        return task

    def _take_in(self, group: TaskGroup) -> None:
        if self.dag and group.dag is not None and group.dag is not self.dag:
            raise ValueError("Cannot mix TaskGroups from different Dags: %s and %s", self.dag, group.dag)
        if group.children:
            raise ValueError("Cannot add a non-empty TaskGroup")

    def __iter__(self) -> Iterator[Any]:
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child
            else:
                yield child

    def iter_tasks(self) -> Iterator[Any]:
        """All tasks inside."""
        yield from self

    def has_task(self, task: Any) -> bool:
        """Is a task inside?"""
        return any(inner is task for inner in self)

    def get_task_group_dict(self) -> dict[Any, TaskGroup]:
        """This group and all inside, by id."""
        found = {self.group_id: self}
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                found.update(child.get_task_group_dict())
        return found

    def get_child_by_label(self, label: str) -> Any:
        """A child, by its id without prefix."""
        return self.children[self.child_id(label)]

    def __getitem__(self, label: str) -> Any:
        try:
            return self.get_child_by_label(label)
        except KeyError:
            raise NodeNotFound(f"Task {label!r} not found") from None

    def iter_mapped_task_groups(self) -> Iterator[Any]:
        """The mapped groups around, the innermost first."""
        group: Any = self
        while group is not None:
            if isinstance(group, MappedTaskGroup):
                yield group
            group = group.parent_group

    def __enter__(self) -> TaskGroup:
        TaskGroupContext.push(self)
        return self

    def __exit__(self, *exc: Any) -> None:
        TaskGroupContext.pop()

    @property
    def roots(self) -> list[Any]:
        """The tasks that no other inside comes before."""
        return list(self.get_roots())

    @property
    def leaves(self) -> list[Any]:
        """The tasks that arrows from the group start at."""
        return list(self.get_leaves())

    def get_roots(self) -> Iterator[Any]:
        """The tasks that no other inside comes before."""
        tasks = list(self)
        ids = {task.task_id for task in tasks}
        yield from (task for task in tasks if task.upstream_task_ids.isdisjoint(ids))

    def get_leaves(self) -> Iterator[Any]:
        """The last tasks; where that is a teardown, the last ones before it."""
        tasks = list(self)
        ids = {task.task_id for task in tasks}
        for task in tasks:
            if task.downstream_task_ids.isdisjoint(ids):
                yield from self._before_teardowns(task, ids) if task.is_teardown else [task]

    def _before_teardowns(self, task: Any, ids: set[str]) -> Iterator[Any]:
        for upstream in task.upstream_list:
            if upstream.task_id not in ids:
                continue
            if upstream.is_teardown:
                yield from self._before_teardowns(upstream, ids)
            elif not upstream.is_setup and not any(
                down.task_id != task.task_id and down.task_id in ids and not down.is_teardown
                for down in upstream.downstream_list
            ):
                yield upstream

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        """Keep which groups and tasks are before and after, for pictures and empty groups."""
        if isinstance(other, TaskGroup):
            parent, child = (self, other) if upstream else (other, self)
            parent.upstream_group_ids.add(child.group_id)
            child.downstream_group_ids.add(parent.group_id)
            return
        for task in other.roots:
            if not isinstance(task, DAGNode):
                raise RuntimeError(
                    f"Relationships can only be set between TaskGroup or operators; received {type(task).__name__}"
                )
            if task is not self:
                (self.upstream_task_ids if upstream else self.downstream_task_ids).add(task.node_id)

    def _leaves_or_before(self) -> list[Any]:
        group: Any = self
        while group:
            if leaves := list(group.get_leaves()):
                return leaves
            if group.upstream_task_ids:
                return [self.dag.get_task(name) for name in group.upstream_task_ids]
            group = group.parent_group
        return []

    def _set_relatives(self, other: Any, upstream: bool = False, edge_modifier: Any = None) -> None:
        many = list(other) if isinstance(other, Sequence) else [other]
        leaves = self._leaves_or_before()
        for thing in many:
            self.update_relative(thing, upstream, edge_modifier=edge_modifier)
        for task in self.get_roots() if upstream else leaves:
            task._set_relatives(many, upstream)

    def as_setup(self) -> Any:
        """Mark what is in front as setup."""
        for task in self.children.values():
            task.as_setup()
        return self


class MappedTaskGroup(TaskGroup):
    """A group that runs once for each of some values."""

    def __init__(self, *, expand_input: Any, **kwargs: Any) -> None:
        self._expand_input = expand_input
        super().__init__(**kwargs)

    def __iter__(self) -> Iterator[Any]:
        if any(getattr(child, "trigger_rule", None) == TriggerRule.ALWAYS for child in self.children.values()):
            raise ValueError(
                "Task-generated mapping within a mapped task group is not allowed with trigger rule 'always'"
            )
        yield from super().__iter__()

    def __exit__(self, *exc: Any) -> None:
        for operator, _ in self._expand_input.iter_references():
            self.set_upstream(operator)
        super().__exit__(*exc)

    @property
    def mapped_over(self) -> Any:
        """What it is mapped over."""
        return self._expand_input

    def iter_mapped_dependencies(self) -> Iterator[Any]:
        """The tasks whose values it is mapped over."""
        yield from (operator for operator, _ in self._expand_input.iter_references())


__all__ = ["MappedTaskGroup", "TaskGroup"]
HOMES = {"MappedTaskGroup": "airflow.sdk.definitions.taskgroup"}
