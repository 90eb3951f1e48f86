"""The Python operators of the standard provider, and ``@task`` for them."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from upgradecheck.runtime.sdk.decorated import DecoratedOperator, determine_kwargs, get_unique_task_id
from upgradecheck.runtime.sdk.exceptions import AirflowException
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.sensor import BaseSensorOperator, PokeReturnValue
from upgradecheck.runtime.sdk.skipping import BaseBranchOperator, SkipMixin
from upgradecheck.runtime.sdk.task_factory import task_decorator_factory

HOME = "airflow.providers.standard.operators.python"


def drained(generator: Any, context: Any) -> Any:
    """The value that a task function returns; what it yields is about assets that it writes."""
    from upgradecheck.runtime.sdk.assets import Metadata

    while True:
        try:
            said = next(generator)
        except StopIteration as stop:
            return stop.value
        if isinstance(said, Metadata):
            if said.alias:
                context["outlet_events"][said.alias].add(said.asset, extra=said.extra)
            else:
                context["outlet_events"][said.asset].extra.update(said.extra)


class PythonOperator(BaseOperator):
    """Calls a function."""

    template_fields: Any = ("templates_dict", "op_args", "op_kwargs")
    ui_color = "#ffefeb"
    shallow_copy_attrs: Any = ("python_callable", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Any,
        op_args: Any = None,
        op_kwargs: Any = None,
        templates_dict: Any = None,
        templates_exts: Any = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException("`python_callable` param must be callable")
        self.python_callable = python_callable
        self.op_args, self.op_kwargs = op_args or (), op_kwargs or {}
        self.templates_dict = templates_dict
        self.show_return_value_in_logs = show_return_value_in_logs
        if templates_exts:
            self.template_ext = templates_exts

    def execute(self, context: Any) -> Any:
        """Call it with what it takes of the context."""
        context.update(self.op_kwargs, templates_dict=self.templates_dict)
        self.op_kwargs = self.determine_kwargs(context)
        return self.execute_callable(context)

    def determine_kwargs(self, context: Any) -> Any:
        """What it takes of the context."""
        return determine_kwargs(self.python_callable, self.op_args, context)

    def execute_callable(self, context: Any = None) -> Any:
        """The call; coroutines and generators are run to their end."""
        found = self.python_callable(*self.op_args, **self.op_kwargs)
        if inspect.iscoroutine(found):
            return asyncio.run(found)
        if inspect.isgenerator(found) and inspect.isgeneratorfunction(inspect.unwrap(self.python_callable)):
            return drained(found, context)
        return found


class BranchPythonOperator(BaseBranchOperator, PythonOperator):
    """Calls a function that says what goes on."""

    def choose_branch(self, context: Any) -> Any:
        """What the function returns."""
        return PythonOperator.execute(self, context)


class ShortCircuitOperator(SkipMixin, PythonOperator):
    """Calls a function; where it returns something false, what is behind is skipped."""

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        """Call it, and skip."""
        return self.decided(context, super().execute(context))

    def decided(self, context: Any, condition: Any) -> Any:
        """Skip where the function, or the plan, says so."""
        if condition or not self.downstream_task_ids:
            return condition
        task = context["task"]
        if self.ignore_downstream_trigger_rules is True:
            behind = task.get_flat_relatives(upstream=False)
        else:
            behind = task.get_direct_relatives(upstream=False)
        self.skip(context["ti"], (each for each in behind if not each.is_teardown))
        return condition


class PythonSensor(BaseSensorOperator):
    """Waits until a function returns something true."""

    template_fields: Any = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Any,
        op_args: Any = None,
        op_kwargs: Any = None,
        templates_dict: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args, self.op_kwargs = op_args or [], op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context: Any) -> Any:
        """Call it."""
        context.update(self.op_kwargs, templates_dict=self.templates_dict)
        self.op_kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        found = self.python_callable(*self.op_args, **self.op_kwargs)
        return found if isinstance(found, PokeReturnValue) else PokeReturnValue(bool(found))


class _PythonDecoratedOperator(DecoratedOperator, PythonOperator):
    custom_operator_name: str = "@task"
    template_fields: Any = ("templates_dict", "op_args", "op_kwargs")

    def __init__(self, *, python_callable: Any, op_args: Any, op_kwargs: Any, **kwargs: Any) -> None:
        super().__init__(
            kwargs_to_upstream={"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs},
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            **kwargs,
        )


class _BranchPythonDecoratedOperator(_PythonDecoratedOperator, BranchPythonOperator):
    custom_operator_name = "@task.branch"


class _ShortCircuitDecoratedOperator(_PythonDecoratedOperator, ShortCircuitOperator):
    custom_operator_name = "@task.short_circuit"


class DecoratedSensorOperator(PythonSensor):
    """``@task.sensor``."""

    template_fields: Any = ("op_args", "op_kwargs")
    custom_operator_name = "@task.sensor"

    def __init__(self, *, task_id: str, **kwargs: Any) -> None:
        if not self._from_mapped:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        super().__init__(task_id=task_id, **kwargs)


def python_task(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
    """``@task``."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=_PythonDecoratedOperator,
        **kwargs,
    )


def branch_task(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
    """``@task.branch``."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=_BranchPythonDecoratedOperator,
        **kwargs,
    )


def short_circuit_task(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
    """``@task.short_circuit``."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=_ShortCircuitDecoratedOperator,
        **kwargs,
    )


def sensor_task(python_callable: Any = None, **kwargs: Any) -> Any:
    """``@task.sensor``."""
    return task_decorator_factory(
        python_callable, multiple_outputs=False, decorated_operator_class=DecoratedSensorOperator, **kwargs
    )


def get_current_context() -> Any:
    """The context of the task that is running. Raises ``RuntimeError`` outside of one."""
    from upgradecheck.runtime.current import current

    return current().mapping()


__all__ = ["BranchPythonOperator", "PythonOperator", "PythonSensor", "ShortCircuitOperator", "get_current_context"]
HOMES = {
    "PythonSensor": "airflow.providers.standard.sensors.python",
    "get_current_context": "airflow.sdk",
    "_PythonDecoratedOperator": "airflow.providers.standard.decorators.python",
    "_BranchPythonDecoratedOperator": "airflow.providers.standard.decorators.branch_python",
    "_ShortCircuitDecoratedOperator": "airflow.providers.standard.decorators.short_circuit",
    "DecoratedSensorOperator": "airflow.providers.standard.decorators.sensor",
    "python_task": "airflow.providers.standard.decorators.python",
    "branch_task": "airflow.providers.standard.decorators.branch_python",
    "short_circuit_task": "airflow.providers.standard.decorators.short_circuit",
    "sensor_task": "airflow.providers.standard.decorators.sensor",
}
__all__ += ["branch_task", "python_task", "sensor_task", "short_circuit_task"]
__all__ += ["DecoratedSensorOperator", "_BranchPythonDecoratedOperator"]
__all__ += ["_PythonDecoratedOperator", "_ShortCircuitDecoratedOperator"]
ALSO = {f"{HOME}.get_current_context": get_current_context}  # the provider has one of its own that asks this one
