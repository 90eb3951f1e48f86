"""``partial().expand()``: a task that runs once for each of some values."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upgradecheck.runtime.sdk import defaults, timezone
from upgradecheck.runtime.sdk.abstract import AbstractOperator
from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.expand import DictOfLists, ListOfDicts, is_mappable
from upgradecheck.runtime.sdk.names import NOTSET, as_list
from upgradecheck.runtime.sdk.operator import CALLBACKS, BaseOperator
from upgradecheck.runtime.sdk.operator_meta import ARGUMENTS
from upgradecheck.runtime.sdk.xcom_arg import RETURN_KEY, XComArg

HOME = "airflow.sdk.definitions.mappedoperator"
NO_DEFAULT = ("dag", "task_group", "params", "default_args", "start_date", "end_date", "sla")


def validate_kwargs(operator: Any, function: str, kwargs: dict[str, Any]) -> None:
    """Raises ``TypeError`` for names that no ``__init__`` has, ``ValueError`` for values that cannot be mapped."""
    unknown = dict(kwargs)
    for base in operator.mro():
        for name in getattr(base.__init__, "param_names", ()):
            value = unknown.pop(name, NOTSET)
            if function == "expand" and value is not NOTSET and not is_mappable(value):
                kind = type(value).__name__
                raise ValueError(
                    f"{operator.__name__}.expand() got an unexpected type {kind!r} for keyword argument {name}"
                )
        if not unknown:
            return
    if len(unknown) == 1:
        said = f"an unexpected keyword argument {next(iter(unknown))!r}"
    else:
        said = f"unexpected keyword arguments {', '.join(repr(name) for name in unknown)}"
    raise TypeError(f"{operator.__name__}.{function}() got {said}")


def prevent_duplicates(first: Any, second: Any, *, fail_reason: str) -> None:
    """Raises ``TypeError`` where both name an argument."""
    both = set(first).intersection(second)
    if both:
        plural = "s" if len(both) > 1 else ""
        raise TypeError(f"{fail_reason} argument{plural}: {', '.join(sorted(both))}")


UNMAPPABLE = (
    *("allow_nested_operators", "depends_on_past", "email_on_failure", "email_on_retry", "execution_timeout"),
    *("executor_config", "ignore_first_depends_on_past", "inlets", "map_index_template", "max_retry_delay"),
    *("outlets", "owner", "pool_slots", "priority_weight", "queue", "retries", "retry_delay"),
    *("retry_exponential_backoff", "retry_policy", "trigger_rule", "wait_for_downstream", "weight_rule"),
    "wait_for_past_depends_before_skipping",
)
"""What ``partial`` fills in where it is not given (``OPERATOR_DEFAULTS`` of ``airflow.sdk.bases.operator``)."""


def ensure_return_value(arg: Any) -> None:
    """Raises ``ValueError`` where another XCom than the returned value is mapped over."""
    if isinstance(arg, XComArg):
        for operator, key in arg.iter_references():
            if key != RETURN_KEY:
                raise ValueError(f"cannot map over XCom with custom key {key!r} from {operator}")
    elif isinstance(arg, Mapping):
        for value in arg.values():
            ensure_return_value(value)
    elif not isinstance(arg, str) and hasattr(arg, "__iter__"):
        for value in arg:
            ensure_return_value(value)


def check_list(kwargs: Any) -> None:
    """Raises ``TypeError`` where ``expand_kwargs`` gets no list of dictionaries."""
    good = isinstance(kwargs, XComArg) or (
        isinstance(kwargs, Sequence) and all(isinstance(each, XComArg | Mapping) for each in kwargs)
    )
    if not good:
        raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")


def partial(
    operator: Any, *, task_id: str, dag: Any = None, task_group: Any = None, **kwargs: Any
) -> OperatorPartial:
    """The arguments that are the same for all."""
    params = kwargs.pop("params", None)
    validate_kwargs(operator, "partial", kwargs)
    dag = dag or DagContext.get_current()
    group = task_group or (TaskGroupContext.get_current(dag) if dag else None)
    args, merged = defaults.merged(dag, group, params, kwargs.pop("default_args", None))
    full = {"task_id": group.child_id(task_id) if group else task_id, "dag": dag, "task_group": group, **kwargs}
    full.update((k, v) for k, v in args.items() if k not in full and k in ARGUMENTS)
    if full.get("pool_slots", 1) < 1:
        where = f" in dag {dag.dag_id}" if dag else ""
        raise ValueError(f"pool slots for {task_id}{where} cannot be less than 1")
    if "retries" in full:
        full["retries"] = defaults.retries(full["retries"])
    for name in ("retry_delay", "max_retry_delay"):
        if name in full:
            full[name] = defaults.span(full[name])
    for name in CALLBACKS:
        full[f"on_{name}_callback"] = as_list(full.get(f"on_{name}_callback"))
    return OperatorPartial(operator, full, merged)


class OperatorPartial:
    """An operator that waits for its ``expand``."""

    def __init__(self, operator_class: Any, kwargs: dict[str, Any], params: Any) -> None:
        validate_kwargs(operator_class, "partial", kwargs)
        self.operator_class, self.kwargs, self.params = operator_class, kwargs, params
        self._expand_called = False

    def __del__(self) -> None:
        if not getattr(self, "_expand_called", True):
            warnings.warn(f"Task {self.kwargs.get('task_id')!r} was never mapped!", UserWarning, stacklevel=1)

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        """Map over values for each of some arguments."""
        if not mapped_kwargs:
            raise TypeError("no arguments to expand against")
        validate_kwargs(self.operator_class, "expand", mapped_kwargs)
        taken = {**dict.fromkeys(UNMAPPABLE), **self.kwargs}
        prevent_duplicates(taken, mapped_kwargs, fail_reason="unmappable or already specified")
        return self._expand(DictOfLists(mapped_kwargs), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Map over dictionaries of arguments."""
        check_list(kwargs)
        return self._expand(ListOfDicts(kwargs), strict=strict)

    def _expand(self, expand_input: Any, *, strict: bool) -> MappedOperator:
        self._expand_called = True
        ensure_return_value(expand_input.value)
        kwargs = dict(self.kwargs)
        place = {
            name: kwargs.pop(name, None) for name in ("task_id", "dag", "task_group", "start_date", "end_date")
        }
        return MappedOperator(self.operator_class, expand_input, kwargs, self.params, strict, **place)


class MappedOperator(AbstractOperator):
    """A task with one instance for each of some values."""

    _is_mapped = True

    def __init__(
        self,
        operator_class: Any,
        expand_input: Any,
        partial_kwargs: dict[str, Any],
        params: Any,
        strict: bool,
        **place: Any,
    ) -> None:
        self.operator_class, self.expand_input, self.partial_kwargs = operator_class, expand_input, partial_kwargs
        self.params, self._strict = params, strict
        self.task_id, self.task_group = place["task_id"], place["task_group"]
        self.start_date = timezone.convert_to_utc(place["start_date"])
        self.end_date = timezone.convert_to_utc(place["end_date"])
        self.upstream_task_ids, self.downstream_task_ids = set(), set()
        self.template_fields, self.template_ext = operator_class.template_fields, operator_class.template_ext
        self.operator_extra_links = operator_class.operator_extra_links
        self.start_from_trigger = partial_kwargs.get("start_from_trigger", operator_class.start_from_trigger)
        self.start_trigger_args = partial_kwargs.get("start_trigger_args", operator_class.start_trigger_args)
        self._is_empty, self._is_sensor = operator_class._is_empty, operator_class._is_sensor
        self._can_skip_downstream = operator_class._can_skip_downstream
        self._join(place["dag"])

    def _join(self, dag: Any) -> None:
        if self.get_closest_mapped_task_group() is not None:
            raise NotImplementedError("operator expansion in an expanded task group is not yet supported")
        if self.task_group:
            self.task_group.add(self)
        if dag:
            dag.add_task(self)
        XComArg.apply_upstream_relationship(self, self.mapped_over.value)
        for name, value in self.partial_kwargs.items():
            if name in self.template_fields:
                XComArg.apply_upstream_relationship(self, value)

    @property
    def mapped_over(self) -> Any:
        """What it is mapped over."""
        return self.expand_input

    def __getattr__(self, name: str) -> Any:
        """The arguments of ``partial``, else what the operator class or the base says."""
        if name.startswith("__") or name == "partial_kwargs":
            raise AttributeError(name)
        if name in self.partial_kwargs:
            return self.partial_kwargs[name]
        if name in ARGUMENTS and name not in NO_DEFAULT:
            return [] if name.endswith("_callback") or name in ("inlets", "outlets") else ARGUMENTS[name]
        return getattr(self.operator_class, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if (name in ARGUMENTS and name not in NO_DEFAULT) or name in ("is_setup", "is_teardown"):
            self.partial_kwargs[name] = value
        super().__setattr__(name, value)

    @property
    def trigger_rule(self) -> Any:
        """The rule, of ``partial``: it prints as itself (checked)."""
        from upgradecheck.runtime.sdk.enums import CoreTriggerRule

        return CoreTriggerRule(self.partial_kwargs.get("trigger_rule", "all_success"))

    @trigger_rule.setter
    def trigger_rule(self, value: Any) -> None:
        self.partial_kwargs["trigger_rule"] = value

    @property
    def task_type(self) -> str:
        """The operator class's name."""
        return str(self.operator_class.__name__)

    @property
    def operator_name(self) -> str:
        """The name that reports show."""
        return str(getattr(self.operator_class, "custom_operator_name", self.task_type))

    @property
    def task_display_name(self) -> str:
        """The name that pictures show."""
        return self.partial_kwargs.get("task_display_name") or self.task_id

    def __repr__(self) -> str:
        return f"<Mapped({self.task_type}): {self.task_id}>"

    @property
    def roots(self) -> list[Any]:
        """Itself."""
        return [self]

    @property
    def leaves(self) -> list[Any]:
        """Itself."""
        return [self]

    @property
    def output(self) -> Any:
        """What its instances return."""
        return XComArg(self)

    def iter_mapped_dependencies(self) -> Iterator[Any]:
        """The tasks whose values it is mapped over."""
        yield from (operator for operator, _ in XComArg.iter_xcom_references(self.mapped_over))

    def prepare_for_execution(self) -> Any:
        """Itself."""
        return self

    def _mapped_kwargs(self, context: Any) -> tuple[dict[str, Any], set[int]]:
        found: tuple[dict[str, Any], set[int]] = self.mapped_over.resolve(context)
        return found

    def unmap(self, mapped: Any) -> BaseOperator:
        """The operator of one map index."""
        if self._strict:
            prevent_duplicates(self.partial_kwargs, mapped, fail_reason="unmappable or already specified")
        params = copy.copy(self.params)
        params.update(mapped.get("params", {}))
        kwargs = {"dag": self.dag, "task_group": self.task_group, "start_date": self.start_date}
        kwargs.update(end_date=self.end_date, **{**self.partial_kwargs, **mapped, "params": params})
        marks = {name: kwargs.pop(name, False) for name in ("is_setup", "is_teardown", "on_failure_fail_dagrun")}
        kwargs["task_id"] = self.task_id
        made: BaseOperator = self.operator_class(**kwargs, _airflow_from_mapped=True)
        for name, value in marks.items():
            setattr(made, name, value)
        made.upstream_task_ids, made.downstream_task_ids = self.upstream_task_ids, self.downstream_task_ids
        return made

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Make the operator of this map index, put it into the context, render it."""
        env = jinja_env or self.get_template_env()
        mapped, seen = self._mapped_kwargs(context)
        made = self.unmap(mapped)
        context["task"] = context["ti"].task = made
        made._do_render_template_fields(made, self.template_fields, context, env, seen)


__all__ = ["MappedOperator", "OperatorPartial"]
