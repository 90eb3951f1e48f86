"""How operators take their arguments: keywords only, ``default_args`` filled in, arrows drawn at the end."""

from __future__ import annotations

import functools
import inspect
from abc import ABCMeta
from datetime import timedelta
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk import defaults
from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.enums import WeightRule

VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
ARGUMENTS: dict[str, Any] = {
    "owner": "airflow",
    "email": None,
    "email_on_retry": True,
    "email_on_failure": True,
    "retries": 0,
    "retry_delay": timedelta(seconds=300),
    "retry_exponential_backoff": 0,
    "max_retry_delay": None,
    "retry_policy": None,
    "start_date": None,
    "end_date": None,
    "depends_on_past": False,
    "ignore_first_depends_on_past": True,
    "wait_for_past_depends_before_skipping": False,
    "wait_for_downstream": False,
    "dag": None,
    "params": None,
    "default_args": None,
    "priority_weight": 1,
    "weight_rule": WeightRule.DOWNSTREAM,
    "queue": "default",
    "pool": None,
    "pool_slots": 1,
    "sla": None,
    "execution_timeout": None,
    "on_execute_callback": None,
    "on_failure_callback": None,
    "on_success_callback": None,
    "on_retry_callback": None,
    "on_skipped_callback": None,
    "pre_execute": None,
    "post_execute": None,
    "trigger_rule": "all_success",
    "resources": None,
    "run_as_user": None,
    "map_index_template": None,
    "max_active_tis_per_dag": None,
    "max_active_tis_per_dagrun": None,
    "executor": None,
    "executor_config": None,
    "do_xcom_push": True,
    "multiple_outputs": False,
    "inlets": None,
    "outlets": None,
    "task_group": None,
    "doc": None,
    "doc_md": None,
    "doc_json": None,
    "doc_yaml": None,
    "doc_rst": None,
    "task_display_name": None,
    "logger_name": None,
    "allow_nested_operators": True,
    "render_template_as_native_obj": None,
}


def base_signature() -> inspect.Signature:
    """The parameters of ``BaseOperator``, as ``inspect`` shows them."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            inspect.Parameter("task_id", kind),
            *(inspect.Parameter(name, kind, default=value) for name, value in ARGUMENTS.items()),
            inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
        ]
    )


def _placed(kwargs: dict[str, Any]) -> dict[str, Any]:
    """With the DAG and the group that the innermost ``with`` names."""
    if kwargs.get("dag") is None and (dag := DagContext.get_current()) is not None:
        kwargs["dag"] = dag
    dag = kwargs.get("dag")
    if dag and not kwargs.get("task_group") and (group := TaskGroupContext.get_current(dag)) is not None:
        kwargs["task_group"] = group
    return kwargs


def _complete(required: set[str], kwargs: dict[str, Any]) -> None:
    missing = sorted(required.difference(kwargs))
    if len(missing) == 1:
        raise TypeError(f"missing keyword argument {missing[0]!r}")
    if missing:
        raise TypeError(f"missing keyword arguments {', '.join(repr(name) for name in missing)}")


class BaseOperatorMeta(ABCMeta):
    """Gives each ``__init__`` of an operator what ``default_args`` hold for it."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        """Wrap ``__init__`` where the class has one of its own."""
        made: Any = super().__new__(mcs, name, bases, namespace, **kwargs)
        if "__init__" in namespace:
            made.__init__ = mcs._with_defaults(namespace["__init__"])
        return made

    @classmethod
    def _with_defaults(mcs, function: Any) -> Any:
        signature = inspect.signature(function)
        names = {n for n, p in signature.parameters.items() if n != "self" and p.kind not in VARIADIC}
        required = {n for n in names if signature.parameters[n].default is inspect.Parameter.empty} - {"task_id"}

        @functools.wraps(function)
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            if args:
                raise TypeError("Use keyword arguments when initializing operators")
            from_mapped = kwargs.pop("_airflow_from_mapped", getattr(self, "_from_mapped", False))
            _placed(kwargs)
            default_args, params = defaults.merged(
                kwargs.get("dag"),
                kwargs.get("task_group"),
                kwargs.pop("params", None),
                kwargs.pop("default_args", None),
            )
            for name in signature.parameters:
                if name not in kwargs and name in default_args:
                    kwargs[name] = default_args[name]
            kwargs = dialect.current().task_arguments(names, kwargs)
            _complete(required, kwargs)
            if params:
                kwargs["params"] = params
            if hook := getattr(self, "_hook_apply_defaults", None):
                kwargs = hook(kwargs, default_args)
            object.__setattr__(self, "_from_mapped", from_mapped)
            function(self, **kwargs, default_args=default_args)
            if not from_mapped and function is getattr(type(self).__init__, "__wrapped__", None):
                self._draw_arrows()

        init.param_names = names  # type: ignore[attr-defined]
        return init
