"""What ``@task`` makes of a function."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Mapping
from typing import Any

from upgradecheck.runtime.sdk import defaults
from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.decorated import get_unique_task_id
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.expand import DictOfLists, ListOfDicts, is_mappable
from upgradecheck.runtime.sdk.mapped import MappedOperator, check_list, ensure_return_value, prevent_duplicates
from upgradecheck.runtime.sdk.names import KNOWN_CONTEXT_KEYS, NOTSET
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.operator_meta import ARGUMENTS
from upgradecheck.runtime.sdk.xcom_arg import XComArg

HOME = "airflow.sdk.bases.decorator"
NOT_OF_DEFAULTS = ("default_args", "do_xcom_push", "multiple_outputs", "params", "start_date", "end_date")


class Expandable:
    """A decorated function that can be mapped."""

    function: Any

    def check_names(self, doing: str, kwargs: dict[str, Any]) -> None:
        """Raises ``TypeError`` for names that the function does not take, ``ValueError`` for unmappable values."""
        parameters = inspect.signature(self.function).parameters
        if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
            return
        left = dict(kwargs)
        for name in parameters:
            value = left.pop(name, NOTSET)
            if doing == "expand" and value is not NOTSET and not is_mappable(value):
                kind = type(value).__name__
                raise ValueError(f"expand() got an unexpected type {kind!r} for keyword argument {name!r}")
        if len(left) == 1:
            raise TypeError(f"{doing}() got an unexpected keyword argument {next(iter(left))!r}")
        if left:
            raise TypeError(f"{doing}() got unexpected keyword arguments {', '.join(repr(n) for n in left)}")


def inferred_multiple(function: Any) -> bool:
    """Does the annotation say that it returns a dictionary?"""
    if "return" not in getattr(function, "__annotations__", {}):
        return False

    def fake() -> None: ...

    fake.__annotations__ = {"return": function.__annotations__["return"]}
    try:
        returned = typing.get_type_hints(fake, getattr(function, "__globals__", {})).get("return", Any)
    except (NameError, TypeError, SyntaxError):
        return False
    kind = typing.get_origin(returned) or returned
    return isinstance(kind, type) and issubclass(kind, Mapping)


class TaskFactory(Expandable):
    """What ``@task`` makes of a function: a call of it makes a task."""

    _is_task_decorator = True

    def __init__(
        self,
        function: Any,
        operator_class: Any,
        multiple_outputs: bool | None,
        kwargs: dict[str, Any],
        name: str = "task",
    ) -> None:
        if not callable(function):
            raise TypeError(f"'function' must be callable (got {function!r} that is a {type(function)!r}).")
        self.function, self.operator_class, self.kwargs, self.decorator_name = (
            function,
            operator_class,
            dict(kwargs),
            name,
        )
        self.multiple_outputs = inferred_multiple(function) if multiple_outputs is None else multiple_outputs
        self.is_setup = self.is_teardown = self.on_failure_fail_dagrun = self.returns_dag_result = False
        if "self" in inspect.signature(function).parameters:
            raise TypeError(f"@{name} does not support methods")
        self.kwargs.setdefault("task_id", function.__name__)
        for field, expected in defaults.EXPECTED.items():
            value = self.kwargs.get(field)
            if value is not None and not isinstance(value, expected):
                raise TypeError(f"Expected {field!r} to be {expected}, got {type(value).__name__}: {value!r}")
        functools.update_wrapper(self, function)

    def _teardown_rule(self) -> None:
        if self.is_teardown:
            if "trigger_rule" in self.kwargs and self.kwargs["trigger_rule"] != TriggerRule.ALL_DONE_SETUP_SUCCESS:
                raise ValueError("Trigger rule not configurable for teardown tasks.")
            self.kwargs.update(trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Make the task; what comes back stands for its output."""
        self._teardown_rule()
        own = dict(self.kwargs)
        on_failure = own.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        made = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs={**own.pop("op_kwargs", {}), **kwargs},
            multiple_outputs=self.multiple_outputs,
            **own,
        )
        made.is_setup, made.is_teardown = self.is_setup, self.is_teardown
        made.on_failure_fail_dagrun = on_failure
        made.returns_dag_result = self.returns_dag_result
        if self.function.__doc__ and not any((made.doc, made.doc_json, made.doc_md, made.doc_rst, made.doc_yaml)):
            made.doc_md = self.function.__doc__
        return XComArg(made)

    def check_names(self, doing: str, kwargs: dict[str, Any]) -> None:
        """Nor may what the context gives be mapped."""
        known = KNOWN_CONTEXT_KEYS.intersection(kwargs)
        if len(known) == 1:
            raise ValueError(f"cannot call {doing}() on task context variable {next(iter(known))!r}")
        if known:
            raise ValueError(f"cannot call {doing}() on task context variables {', '.join(repr(n) for n in known)}")
        super().check_names(doing, kwargs)

    def _refuse_always(self, doing: str, values: Any) -> None:
        if self.kwargs.get("trigger_rule") == TriggerRule.ALWAYS and any(isinstance(v, XComArg) for v in values):
            raise ValueError(
                f"Task-generated mapping within a task using '{doing}' is not allowed with trigger rule 'always'."
            )

    def expand(self, **map_kwargs: Any) -> XComArg:
        """Map over values for each of some arguments."""
        self._refuse_always("expand", map_kwargs.values())
        if not map_kwargs:
            raise TypeError("no arguments to expand against")
        self.check_names("expand", map_kwargs)
        prevent_duplicates(self.kwargs, map_kwargs, fail_reason="mapping already partial")
        self._teardown_rule()
        return self._expand(DictOfLists(map_kwargs), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """Map over dictionaries of arguments."""
        check_list(kwargs)
        if not isinstance(kwargs, XComArg):
            self._refuse_always(
                "expand_kwargs", [v for each in kwargs if not isinstance(each, XComArg) for v in each.values()]
            )
        return self._expand(ListOfDicts(kwargs), strict=strict)

    def _expand(self, expand_input: Any, *, strict: bool) -> XComArg:
        ensure_return_value(expand_input.value)
        own = dict(self.kwargs)
        dag = own.pop("dag", None) or DagContext.get_current()
        group = own.pop("task_group", None) or TaskGroupContext.get_current(dag)
        args, params = defaults.merged(dag, group, own.pop("params", None), own.pop("default_args", None))
        full: dict[str, Any] = {"is_setup": self.is_setup, "is_teardown": self.is_teardown}
        full["on_failure_fail_dagrun"] = self.on_failure_fail_dagrun
        full.update({k: v for k, v in args.items() if k in ARGUMENTS and k not in NOT_OF_DEFAULTS})
        full.update(own)
        task_id = get_unique_task_id(full.pop("task_id"), dag, group)
        if full.get("pool_slots", 1) < 1:
            raise ValueError(
                f"pool slots for {task_id}{f' in dag {dag.dag_id}' if dag else ''} cannot be less than 1"
            )
        for name, convert in (
            ("retries", defaults.retries),
            ("retry_delay", defaults.span),
            ("max_retry_delay", defaults.span),
        ):
            if name in full:
                full[name] = convert(full[name])
        full.setdefault("op_args", [])
        full.setdefault("op_kwargs", {})
        place = {name: full.pop(name, None) for name in ("start_date", "end_date")}
        place.update(task_id=group.child_id(task_id) if group else task_id, dag=dag, task_group=group)
        full.update(python_callable=self.function, multiple_outputs=self.multiple_outputs)
        return XComArg(DecoratedMappedOperator(self.operator_class, expand_input, full, params, strict, **place))

    def partial(self, **kwargs: Any) -> TaskFactory:
        """The arguments that are the same for all."""
        self.check_names("partial", kwargs)
        old = self.kwargs.get("op_kwargs", {})
        prevent_duplicates(old, kwargs, fail_reason="duplicate partial")
        return self._with({**self.kwargs, "op_kwargs": {**kwargs, **old}})

    def override(self, **kwargs: Any) -> TaskFactory:
        """The same function, another id or other arguments of the operator."""
        return self._with({**self.kwargs, **kwargs})

    def _with(self, kwargs: dict[str, Any]) -> TaskFactory:
        made = TaskFactory(self.function, self.operator_class, self.multiple_outputs, kwargs, self.decorator_name)
        for name in ("is_setup", "is_teardown", "on_failure_fail_dagrun"):
            setattr(made, name, getattr(self, name))
        return made


class DecoratedMappedOperator(MappedOperator):
    """A decorated function that is mapped: the values are arguments of the function."""

    def _mapped_kwargs(self, context: Any) -> tuple[dict[str, Any], set[int]]:
        given, seen = self.mapped_over.resolve(context)
        if self._strict:
            prevent_duplicates(self.partial_kwargs["op_kwargs"], given, fail_reason="mapping already partial")
        return {"op_kwargs": {**self.partial_kwargs["op_kwargs"], **given}}, seen

    def unmap(self, mapped: Any) -> BaseOperator:
        """The operator of one map index."""
        strict, self._strict = self._strict, False
        try:
            return super().unmap(mapped)
        finally:
            self._strict = strict


def task_decorator_factory(
    python_callable: Any = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: Any,
    **kwargs: Any,
) -> Any:
    """``@task.x`` and ``@task.x(…)`` for an operator class."""
    if python_callable is not None:
        return TaskFactory(python_callable, decorated_operator_class, multiple_outputs, kwargs)
    return lambda function: TaskFactory(function, decorated_operator_class, multiple_outputs, kwargs)


def is_decorated_task(value: Any) -> bool:
    """Did ``@task`` make this?"""
    return bool(getattr(value, "_is_task_decorator", False))


TaskFactory.__name__ = "_TaskDecorator"  # as Python names it in what it raises
__all__ = ["is_decorated_task", "task_decorator_factory"]
