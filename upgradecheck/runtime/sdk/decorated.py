"""``@task``: functions as tasks."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Mapping
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.names import KNOWN_CONTEXT_KEYS
from upgradecheck.runtime.sdk.operator import BaseOperator

HOME = "airflow.sdk.bases.decorator"
EMPTY = inspect.Parameter.empty
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NOT_OF_DEFAULTS = ("default_args", "do_xcom_push", "multiple_outputs", "params", "start_date", "end_date")


def get_unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """With ``__1``, ``__2`` … behind it where the DAG has one of this name."""
    dag = dag or DagContext.get_current()
    if not dag:
        return task_id
    group = task_group or TaskGroupContext.get_current(dag)
    full = group.child_id(task_id) if group else task_id
    if full not in dag.task_dict:
        return task_id
    prefix = re.split(r"__\d+$", full)[0]
    numbers = [int(m[1]) for known in dag.task_dict if (m := re.match(rf"^{re.escape(prefix)}__(\d+)$", known))]
    return f"{re.split(r'__[0-9]+$', task_id)[0]}__{max(numbers, default=0) + 1}"


def bindable(function: Any) -> tuple[inspect.Signature, set[str]]:
    """The signature with defaults for what the context gives; and what got one for the sake of the order alone."""
    signature = inspect.signature(function)
    known = KNOWN_CONTEXT_KEYS | dialect.current().context_keys
    for parameter in signature.parameters.values():
        if parameter.name in known and parameter.default not in (None, EMPTY):
            raise ValueError(f"Context key parameter {parameter.name} can't have a default other than None")
    parameters, filled, defaulted = [], set(), False
    for parameter in signature.parameters.values():
        if parameter.name in known:
            parameter = parameter.replace(default=None)
        elif parameter.kind in POSITIONAL and parameter.default is EMPTY and defaulted:
            parameter = parameter.replace(default=None)
            filled.add(parameter.name)
        defaulted = defaulted or (parameter.kind in POSITIONAL and parameter.default is not EMPTY)
        parameters.append(parameter)
    return signature.replace(parameters=parameters), filled


def check_call(function: Any, args: Any, kwargs: Any) -> None:
    """Raises ``TypeError`` where a function cannot be called with these and the context."""
    signature, filled = bindable(function)
    signature.bind(*args, **kwargs)
    names = [name for name, parameter in signature.parameters.items() if parameter.kind in POSITIONAL]
    missing = filled - set(names[: len(args)]) - set(kwargs)
    if missing:
        raise TypeError(f"missing required argument(s): {', '.join(sorted(missing))}")


def determine_kwargs(function: Any, args: Any, kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of the context a function takes. Raises ``ValueError`` where an argument has a name of the context."""
    parameters = inspect.signature(function).parameters
    for name, parameter in itertools.islice(parameters.items(), len(args)):
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            continue
        if name in kwargs:
            raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
        return kwargs
    return {name: kwargs[name] for name in parameters if name in kwargs}


class DecoratedOperator(BaseOperator):
    """The operator behind a decorated function."""

    template_fields: Any = ("op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Any,
        task_id: str,
        op_args: Any = None,
        op_kwargs: Any = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not self._from_mapped:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        self.python_callable = python_callable
        check_call(python_callable, op_args or [], op_kwargs or {})
        self.op_args, self.op_kwargs = op_args or [], op_kwargs or {}
        super().__init__(task_id=task_id, **(kwargs_to_upstream or {}), **kwargs)

    @property
    def is_async(self) -> bool:
        """Is the function a coroutine?"""
        return inspect.iscoroutinefunction(self.python_callable)

    def execute(self, context: Any) -> Any:
        """Run it; assets among its arguments are inlets, assets that it returns outlets."""
        from upgradecheck.runtime.sdk.assets import Asset

        self.inlets.extend(arg for arg in [*self.op_args, *self.op_kwargs.values()] if isinstance(arg, Asset))
        found = super().execute(context)
        for value in found if isinstance(found, list) else [found]:
            if isinstance(value, Asset):
                self.outlets.append(value)
        return found

    def _hook_apply_defaults(self, kwargs: dict[str, Any], default_args: dict[str, Any]) -> dict[str, Any]:
        if "python_callable" in kwargs:
            given = dict(kwargs.get("op_kwargs") or {})
            for name in inspect.signature(kwargs["python_callable"]).parameters:
                if name not in given and name in default_args:
                    given[name] = default_args[name]
            kwargs["op_kwargs"] = given
        return kwargs

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of the context the function takes."""
        return determine_kwargs(self.python_callable, self.op_args, context)


__all__ = ["DecoratedOperator", "determine_kwargs", "get_unique_task_id"]
