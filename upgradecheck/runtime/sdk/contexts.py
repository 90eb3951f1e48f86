"""What is under construction while a file loads: the DAG and the group of the innermost ``with``."""

from __future__ import annotations

from typing import Any, ClassVar


class DagContext:
    """The DAGs whose ``with`` is open, and those that registered themselves."""

    stack: ClassVar[list[Any]] = []
    auto: ClassVar[dict[int, tuple[Any, str]]] = {}
    module: str = ""

    @classmethod
    def push(cls, dag: Any) -> None:
        """Enter a DAG."""
        cls.stack.append(dag)

    @classmethod
    def pop(cls) -> Any:
        """Leave the innermost; it registers itself, where it wants to."""
        dag = cls.stack.pop()
        if dag.auto_register and cls.module:
            cls.auto[id(dag)] = (dag, cls.module)
        return dag

    @classmethod
    def get_current(cls) -> Any:
        """The innermost DAG, or None."""
        return cls.stack[-1] if cls.stack else None


class TaskGroupContext:
    """The groups whose ``with`` is open."""

    active: bool = False
    stack: ClassVar[list[Any]] = []

    @classmethod
    def push(cls, group: Any) -> None:
        """Enter a group."""
        cls.stack.append(group)
        cls.active = True

    @classmethod
    def pop(cls) -> Any:
        """Leave the innermost group."""
        group = cls.stack.pop()
        cls.active = bool(cls.stack)
        return group

    @classmethod
    def get_current(cls, dag: Any) -> Any:
        """The innermost group, else the root group of the DAG, else that of the DAG whose ``with`` is open."""
        if cls.stack:
            return cls.stack[-1]
        dag = dag or DagContext.get_current()
        return dag.task_group if dag else None
