"""Tasks and groups as nodes of a graph: ``>>``, ``set_upstream``, labels on edges."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

HOME = "airflow.sdk.definitions._internal.node"


class DependencyMixin:
    """What arrows can be drawn between: operators, groups, outputs, labels."""

    def __lshift__(self, other: Any) -> Any:
        """``self << other``."""
        self.set_upstream(other)
        return other

    def __rshift__(self, other: Any) -> Any:
        """``self >> other``."""
        self.set_downstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        """``[…] >> self``: lists have no arrows of their own."""
        self.__lshift__(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        """``[…] << self``."""
        self.__rshift__(other)
        return self

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Let this wait for others."""
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Let others wait for this."""
        raise NotImplementedError

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        """Told that an arrow was drawn to ``other``."""

    @property
    def roots(self) -> list[Any]:
        """Where arrows to this end."""
        raise NotImplementedError

    @property
    def leaves(self) -> list[Any]:
        """Where arrows from this begin."""
        raise NotImplementedError

    def as_setup(self) -> Any:
        """Mark as setup."""
        raise NotImplementedError

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        """Mark as teardown, of some setups."""
        raise NotImplementedError


class DAGNode(DependencyMixin):
    """An operator or a group."""

    dag: Any = None
    task_group: Any = None
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]

    @property
    def node_id(self) -> Any:
        """The id within the DAG."""
        raise NotImplementedError

    def has_dag(self) -> bool:
        """Does it belong to a DAG?"""
        return self.dag is not None

    @property
    def log(self) -> Any:
        """A logger."""
        import logging

        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    @property
    def upstream_list(self) -> list[Any]:
        """The tasks right before this."""
        return [self.dag.get_task(name) for name in self.upstream_task_ids]

    @property
    def downstream_list(self) -> list[Any]:
        """The tasks right after this."""
        return [self.dag.get_task(name) for name in self.downstream_task_ids]

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        """The ids right before or after."""
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        """The tasks right before or after."""
        return self.upstream_list if upstream else self.downstream_list

    def get_flat_relative_ids(self, *, upstream: bool = False, depth: int | None = None) -> set[str]:
        """The ids before or after, at any distance."""
        found: set[str] = set()
        queue = list(self.get_direct_relative_ids(upstream))
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue.extend(self.dag.get_task(name).get_direct_relative_ids(upstream))
        return found

    def get_flat_relatives(self, upstream: bool = False, depth: int | None = None) -> list[Any]:
        """The tasks before or after, at any distance."""
        return [self.dag.get_task(name) for name in self.get_flat_relative_ids(upstream=upstream)]

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Let others wait for this."""
        self._set_relatives(other, upstream=False, edge_modifier=edge_modifier)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Let this wait for others."""
        self._set_relatives(other, upstream=True, edge_modifier=edge_modifier)

    def _set_relatives(self, other: Any, upstream: bool = False, edge_modifier: Any = None) -> None:
        """Draw arrows to tasks. Raises what Airflow does where that is not possible."""
        tasks = self._relatives(other, upstream, edge_modifier)
        dag = self._common_dag(tasks)
        if not self.has_dag():
            self.dag = dag
        for task in tasks:
            if not task.has_dag():
                dag.add_task(task)
            first, second = (task, self) if upstream else (self, task)
            first.downstream_task_ids.add(second.node_id)
            second.upstream_task_ids.add(first.node_id)
            if edge_modifier:
                edge_modifier.add_edge_info(dag, first.node_id, second.node_id)

    def _relatives(self, other: Any, upstream: bool, edge_modifier: Any) -> list[Any]:
        from upgradecheck.runtime.sdk.abstract import AbstractOperator

        found = []
        for thing in other if isinstance(other, Sequence) else [other]:
            thing.update_relative(self, not upstream, edge_modifier=edge_modifier)
            for task in thing.leaves if upstream else thing.roots:
                if not isinstance(task, AbstractOperator):
                    kind = task.__class__.__name__
                    raise TypeError(f"Relationships can only be set between Operators; received {kind}")
                found.append(task)
        return found

    def _common_dag(self, tasks: list[Any]) -> Any:
        dags = {id(task.dag): task.dag for task in [*self.roots, *tasks] if task.has_dag()}
        if len(dags) > 1:
            raise RuntimeError(
                f"Tried to set relationships between tasks in more than one Dag: {set(dags.values())}"
            )
        if not dags:
            raise ValueError(
                "Tried to create relationships between tasks that don't have Dags yet. "
                f"Set the Dag for at least one task and try again: {[self, *tasks]}"
            )
        return next(iter(dags.values()))


class EdgeModifier(DependencyMixin):
    """A label between two sides of an arrow."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label
        self._upstream: list[Any] = []
        self._downstream: list[Any] = []

    @property
    def roots(self) -> list[Any]:
        """What came after."""
        return self._downstream

    @property
    def leaves(self) -> list[Any]:
        """What came before."""
        return self._upstream

    @staticmethod
    def _nodes(nodes: Any) -> list[Any]:
        from upgradecheck.runtime.sdk.xcom_arg import XComArg

        many = nodes if isinstance(nodes, Sequence) else [nodes]
        return [
            operator
            for node in many
            for operator in ([op for op, _ in node.iter_references()] if isinstance(node, XComArg) else [node])
        ]

    def _join(self) -> None:
        for upstream in self._upstream:
            upstream.set_downstream(self._downstream, edge_modifier=self)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """What is before the label."""
        self._upstream.extend(self._nodes(other))
        if self._downstream:
            self._join()

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """What is after the label."""
        self._downstream.extend(self._nodes(other))
        if self._upstream:
            self._join()

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        """A list before the label draws the arrow from its side."""
        (self._upstream if upstream else self._downstream).extend(self._nodes(other))
        if self._upstream and self._downstream:
            self._join()

    def add_edge_info(self, dag: Any, upstream_id: str, downstream_id: str) -> None:
        """Write the label down."""
        dag.set_edge_info(upstream_id, downstream_id, {"label": self.label})


def Label(label: str) -> EdgeModifier:
    """A label for the arrow that it stands on."""
    return EdgeModifier(label=label)


def chain(*tasks: Any) -> None:
    """Draw arrows from each to the next; lists of one length go pairwise."""
    for up, down in itertools.pairwise(tasks):
        if isinstance(up, DependencyMixin):
            up.set_downstream(down)
        elif isinstance(down, DependencyMixin):
            down.set_upstream(up)
        elif not isinstance(up, Sequence) or not isinstance(down, Sequence):
            raise TypeError(f"Chain not supported between instances of {type(up)} and {type(down)}")
        elif len(up) != len(down):
            raise ValueError(f"Chain not supported for different length Iterable. Got {len(up)} and {len(down)}.")
        else:
            for one, other in zip(up, down, strict=True):
                one.set_downstream(other)


def chain_linear(*elements: Any) -> None:
    """Draw arrows from all of each to all of the next."""
    if not elements:
        raise ValueError("No tasks provided; nothing to do.")
    before = None
    drawn = False
    for element in elements:
        if isinstance(element, EdgeModifier):
            raise ValueError("Labels are not supported by chain_linear")
        if before is not None:
            for task in before:
                task >> element
                drawn = True
        before = [element] if isinstance(element, DependencyMixin) else element
    if not drawn:
        raise ValueError("No dependencies were set. Did you forget to expand with `*`?")


def cross_downstream(from_tasks: Iterable[Any], to_tasks: Any) -> None:
    """Draw arrows from each of the first to each of the second."""
    for task in from_tasks:
        task.set_downstream(to_tasks)


__all__ = ["DAGNode", "DependencyMixin", "EdgeModifier", "Label", "chain", "chain_linear", "cross_downstream"]
HOMES = {
    "DependencyMixin": "airflow.sdk.definitions._internal.mixins",
    **dict.fromkeys(("EdgeModifier", "Label", "chain", "chain_linear", "cross_downstream"), "airflow.sdk"),
}
