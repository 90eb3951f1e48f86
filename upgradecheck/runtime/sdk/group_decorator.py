"""``@task_group``."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from upgradecheck.runtime.sdk.expand import DictOfLists, ListOfDicts, MappedArgument
from upgradecheck.runtime.sdk.groups import MappedTaskGroup, TaskGroup
from upgradecheck.runtime.sdk.mapped import check_list, ensure_return_value, prevent_duplicates
from upgradecheck.runtime.sdk.task_factory import Expandable

HOME = "airflow.sdk"


class GroupFactory(Expandable):
    """What ``@task_group`` makes of a function: a call of it makes a group."""

    def __init__(
        self, function: Any, tg_kwargs: dict[str, Any], partial_kwargs: dict[str, Any] | None = None
    ) -> None:
        self.function, self.tg_kwargs, self.partial_kwargs = function, dict(tg_kwargs), partial_kwargs or {}
        inspect.signature(TaskGroup.__init__).bind_partial(**self.tg_kwargs)
        self.tg_kwargs.setdefault("group_id", function.__name__)
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the group; what comes back is what the function returns, else the group."""
        return self._make(TaskGroup, *args, **kwargs)

    def _make(self, factory: Any, *args: Any, **kwargs: Any) -> Any:
        with factory(add_suffix_on_collision=True, **self.tg_kwargs) as group:
            if self.function.__doc__ and not group.tooltip:
                group.tooltip = self.function.__doc__
            returned = self.function(*args, **kwargs)
        return group if returned is None else returned

    def override(self, **kwargs: Any) -> GroupFactory:
        """The same function as another group."""
        return GroupFactory(self.function, {**self.tg_kwargs, **kwargs}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> GroupFactory:
        """The arguments that are the same for all."""
        self.check_names("partial", kwargs)
        prevent_duplicates(self.partial_kwargs, kwargs, fail_reason="duplicate partial")
        return GroupFactory(self.function, self.tg_kwargs, {**kwargs, **self.partial_kwargs})

    def expand(self, **kwargs: Any) -> Any:
        """Map the group over values for each of some arguments."""
        if not kwargs:
            raise TypeError("no arguments to expand against")
        self.check_names("expand", kwargs)
        prevent_duplicates(self.partial_kwargs, kwargs, fail_reason="mapping already partial")
        return self._mapped(DictOfLists(kwargs), list(kwargs))

    def expand_kwargs(self, kwargs: Any) -> Any:
        """Map the group over dictionaries of arguments."""
        check_list(kwargs)
        parameters = inspect.signature(self.function).parameters
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters.values()):
            raise TypeError("calling expand_kwargs() on task group function with * or ** is not supported")
        return self._mapped(ListOfDicts(kwargs), [name for name in parameters if name not in self.partial_kwargs])

    def _mapped(self, expand_input: Any, names: list[str]) -> Any:
        ensure_return_value(expand_input.value)
        arguments = {name: MappedArgument(expand_input, name) for name in names}
        return self._make(
            functools.partial(MappedTaskGroup, expand_input=expand_input), **self.partial_kwargs, **arguments
        )


def task_group(group_id: Any = None, **kwargs: Any) -> Any:
    """A function that makes tasks, as a group of them."""
    if callable(group_id) and not kwargs:
        return GroupFactory(group_id, {})
    given = {**kwargs, **({"group_id": group_id} if group_id is not None else {})}
    return lambda function: GroupFactory(function, given)


__all__ = ["task_group"]
