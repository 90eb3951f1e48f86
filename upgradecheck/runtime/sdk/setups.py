"""Setup and teardown: the decorators, and ``with`` around the work between them."""

from __future__ import annotations

import types
from typing import Any, ClassVar

from upgradecheck.runtime.sdk.exceptions import AirflowException

HOME = "airflow.sdk"


def setup(func: Any) -> Any:
    """Mark a task as setup."""
    from upgradecheck.runtime.sdk.group_decorator import GroupFactory
    from upgradecheck.runtime.sdk.python_ops import python_task

    if isinstance(func, types.FunctionType):
        func = python_task(func)
    if isinstance(func, GroupFactory):
        raise AirflowException("Task groups cannot be marked as setup or teardown.")
    func.is_setup = True
    return func


def teardown(_func: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Mark a task as teardown."""
    from upgradecheck.runtime.sdk.group_decorator import GroupFactory
    from upgradecheck.runtime.sdk.python_ops import python_task

    def mark(func: Any) -> Any:
        if isinstance(func, types.FunctionType):
            func = python_task(func)
        if isinstance(func, GroupFactory):
            raise AirflowException("Task groups cannot be marked as setup or teardown.")
        func.is_teardown = True
        func.on_failure_fail_dagrun = on_failure_fail_dagrun
        return func

    return mark if _func is None else mark(_func)


class _Scope:
    """One open ``with``: its setups, its teardowns, the work inside."""

    def __init__(self, operators: list[Any]) -> None:
        first = operators[0]
        self.setups = operators if first.is_setup else []
        self.teardowns = operators if first.is_teardown else []
        if self.setups:
            self.others = _nearest(first, "downstream_list", "is_teardown")
        else:
            self.others = _nearest(first, "upstream_list", "is_setup")
        self.work: list[Any] = []

    @property
    def all_setups(self) -> list[Any]:
        """The setups of the scope."""
        return self.setups or self.others

    @property
    def all_teardowns(self) -> list[Any]:
        """The teardowns of the scope."""
        return self.teardowns or self.others


def _nearest(operator: Any, side: str, mark: str) -> list[Any]:
    seen, level = {operator.task_id}, list(getattr(operator, side))
    while level:
        if found := [task for task in level if getattr(task, mark)]:
            return found
        seen |= {task.task_id for task in level}
        level = [n for task in level for n in task.downstream_list + task.upstream_list if n.task_id not in seen]
    return []


class SetupTeardownContext:
    """The ``with`` blocks that are open, the innermost last."""

    active = False
    scopes: ClassVar[list[_Scope]] = []

    @classmethod
    def enter(cls, operator: Any) -> None:
        """Open one."""
        operators = operator if isinstance(operator, list) else [operator]
        if any(task.is_setup != operators[0].is_setup for task in operators):
            cls.active, cls.scopes = False, []
            raise ValueError("All tasks in the list must be either setup or teardown tasks")
        cls.scopes.append(_Scope(operators))
        cls.active = True

    @classmethod
    def leave(cls) -> None:
        """Close the innermost: its setups come before the work, its teardowns after, those around it further
        out."""
        scope = cls.scopes.pop()
        work = [task for task in scope.work if not task.is_setup and not task.is_teardown]
        if work:
            roots = [task for task in work if not task.upstream_list] or work[:1]
            leaves = [task for task in work if not task.downstream_list] or work[-1:]
            for setup_task in scope.all_setups:
                setup_task.set_downstream(roots)
            for teardown_task in scope.all_teardowns:
                teardown_task.set_upstream(leaves)
        if cls.scopes:
            outer = cls.scopes[-1]
            for before in outer.all_setups:
                before.set_downstream(scope.all_setups)
            for after in outer.all_teardowns:
                after.set_upstream(scope.all_teardowns)
        cls.active = bool(cls.scopes)

    @classmethod
    def update_context_map(cls, task: Any) -> None:
        """A task was made inside."""
        if not task.is_setup and not task.is_teardown and cls.scopes:
            cls.scopes[-1].work.append(task)

    @classmethod
    def add_task(cls, task: Any) -> None:
        """Take a task in that was made outside."""
        if not cls.active:
            raise AirflowException("Cannot add task to context outside the context manager.")
        cls.update_context_map(getattr(task, "operator", task))


class ContextWrapper(list[Any]):
    """Several setups or teardowns as one ``with``."""

    def __init__(self, tasks: list[Any]) -> None:
        self.tasks = tasks
        super().__init__(tasks)

    def __enter__(self) -> Any:
        operators = [getattr(task, "operator", task) for task in self.tasks]
        if any(not task.is_setup and not task.is_teardown for task in operators):
            raise AirflowException("Only setup/teardown tasks can be used as context managers.")
        SetupTeardownContext.enter(operators)
        return SetupTeardownContext

    def __exit__(self, *exc: Any) -> None:
        SetupTeardownContext.leave()


context_wrapper = ContextWrapper

__all__ = ["context_wrapper", "setup", "teardown"]
HOMES = {"context_wrapper": "airflow.sdk.definitions.decorators.setup_teardown"}
