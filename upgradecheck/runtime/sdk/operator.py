"""``BaseOperator``: what every task has, and what it may override."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.current import in_task
from upgradecheck.runtime.sdk import defaults, timezone
from upgradecheck.runtime.sdk.abstract import AbstractOperator
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.exceptions import TaskDeferred
from upgradecheck.runtime.sdk.names import NOTSET, as_list, validate_key
from upgradecheck.runtime.sdk.operator_meta import ARGUMENTS, BaseOperatorMeta, base_signature
from upgradecheck.runtime.sdk.params import ParamsDict
from upgradecheck.runtime.sdk.resources import resources
from upgradecheck.runtime.sdk.triggers import failed_deferral
from upgradecheck.runtime.unmodelled import lacks

HOME = "airflow.sdk"
CALLBACKS = ("execute", "failure", "success", "retry", "skipped")


class BaseOperator(AbstractOperator, metaclass=BaseOperatorMeta):
    """A task that does something in ``execute``."""

    template_fields: Any = ()
    template_ext: Any = ()
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    shallow_copy_attrs: Any = ()
    pool: Any = ""
    start_trigger_args: Any = None
    start_from_trigger: bool = False
    max_retry_delay: Any = None
    wait_for_downstream: bool
    execution_timeout: Any
    inlets: list[Any]
    outlets: list[Any]
    retry_policy: Any = None
    _instantiated = False
    _from_mapped = False

    def __setattr__(self, key: str, value: Any) -> None:
        if convert := getattr(type(self), f"_convert_{key}", None):
            value = convert(self, value)
        super().__setattr__(key, value)
        if self._instantiated and not self._from_mapped and not in_task() and key in self.template_fields:
            self._arrow(value)

    def __init__(self, *, task_id: str, **kwargs: Any) -> None:
        kwargs.pop("_airflow_mapped_validation_only", None)
        spoken = dialect.current()
        kwargs = spoken.task_arguments(set(ARGUMENTS), kwargs)
        unknown = {name: kwargs.pop(name) for name in list(kwargs) if name not in ARGUMENTS}
        unknown = spoken.unknown_arguments(getattr(self, "_modelled", True), unknown)
        self._set({**ARGUMENTS, "task_id": task_id, **kwargs}, unknown)

    __init__.__signature__ = base_signature()  # type: ignore[attr-defined]

    def _set(self, given: dict[str, Any], unknown: dict[str, Any]) -> None:
        self.upstream_task_ids, self.downstream_task_ids = set(), set()
        self._enter_group(given.pop("task_id"), given.pop("task_group"), unknown)
        dag = given.pop("dag")
        params = given.pop("params")
        given.pop("default_args"), given.pop("sla")
        self._pre_execute_hook, self._post_execute_hook = given.pop("pre_execute"), given.pop("post_execute")
        self._logger_name, self._task_display_name = given.pop("logger_name"), given.pop("task_display_name")
        self._refuse(given, dag)
        for name in CALLBACKS:
            given[f"on_{name}_callback"] = as_list(given[f"on_{name}_callback"])
        given["inlets"], given["outlets"] = as_list(given["inlets"]), as_list(given["outlets"])
        given["pool"] = given["pool"] or "default_pool"
        given["executor_config"] = given["executor_config"] or {}
        given["resources"] = resources(given["resources"])
        for name, value in given.items():
            setattr(self, name, value)
        if self.wait_for_downstream:
            self.depends_on_past = True
        self.params = ParamsDict(params)
        if isinstance(self.template_fields, str):
            self.template_fields = [self.template_fields]
        self.is_setup = self.is_teardown = False
        self._remember()
        if dag is not None:
            self.dag = dag
        defaults.check_types(self)

    def _enter_group(self, task_id: str, group: Any, unknown: dict[str, Any]) -> None:
        if group and not self._from_mapped:
            self.task_id = group.child_id(task_id)
            group.add(self)
        else:
            self.task_id = task_id
        self.task_group = group
        if unknown:
            raise TypeError(
                f"Invalid arguments were passed to {type(self).__name__} (task_id: {task_id}). "
                f"Invalid arguments were:\n**kwargs: {unknown}"
            )
        validate_key(self.task_id)

    def _refuse(self, given: dict[str, Any], dag: Any) -> None:
        timeout = given["execution_timeout"]
        if timeout is not None and not isinstance(timeout, timedelta):
            raise ValueError(f"execution_timeout must be timedelta object but passed as type: {type(timeout)}")
        if given["pool_slots"] < 1:
            where = f" in dag {dag.dag_id}" if dag else ""
            raise ValueError(f"pool slots for {self.task_id}{where} cannot be less than 1")
        try:
            given["trigger_rule"] = TriggerRule(given["trigger_rule"])
        except ValueError:
            name = f"{dag.dag_id if dag else ''}.{self.task_id}"
            raise ValueError(
                f"The trigger_rule must be one of {[rule.value for rule in TriggerRule]},"
                f"'{name}'; received '{given['trigger_rule']}'."
            ) from None

    def _remember(self) -> None:
        from upgradecheck.runtime.sdk.setups import SetupTeardownContext

        if SetupTeardownContext.active:
            SetupTeardownContext.update_context_map(self)

    def _convert_dag(self, dag: Any) -> Any:
        from upgradecheck.runtime.sdk.dag import DAG

        if dag is None:
            return dag
        if not isinstance(dag, DAG):
            raise TypeError(f"Expected dag; received {dag.__class__.__name__}")
        if self.dag is not None and self.dag is not dag:
            raise ValueError(f"The dag assigned to {self} can not be changed.")
        if self._from_mapped:
            return dag
        if dag.task_dict.get(self.task_id) is not self:
            dag.add_task(self)
        return dag

    def _convert_retries(self, value: Any) -> int:
        return defaults.retries(value)

    def _convert_retry_delay(self, value: Any) -> Any:
        return defaults.span(value)

    def _convert_max_retry_delay(self, value: Any) -> Any:
        return defaults.span(value)

    def _convert_start_date(self, value: Any) -> Any:
        return timezone.convert_to_utc(value)

    _convert_end_date = _convert_start_date

    def _convert_is_setup(self, value: bool) -> bool:
        if value and self.is_teardown:
            raise ValueError(f"Cannot mark task '{self.task_id}' as setup; task is already a teardown.")
        return value

    def _convert_is_teardown(self, value: bool) -> bool:
        if value and self.is_setup:
            raise ValueError(f"Cannot mark task '{self.task_id}' as teardown; task is already a setup.")
        return value

    def _draw_arrows(self) -> None:
        for field in self.template_fields:
            if (value := getattr(self, field, NOTSET)) is not NOTSET:
                self._arrow(value)
        object.__setattr__(self, "_instantiated", True)

    def _arrow(self, value: Any) -> None:
        from upgradecheck.runtime.sdk.xcom_arg import XComArg

        XComArg.apply_upstream_relationship(self, value)

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {self.task_id}>"

    def __gt__(self, other: Any) -> Any:
        self.outlets = [*self.outlets, *as_list(other)]
        return self

    def __lt__(self, other: Any) -> Any:
        self.inlets = [*self.inlets, *as_list(other)]
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> Any:
        """The arguments that are the same for all, of a task that is mapped."""
        from upgradecheck.runtime.sdk.mapped import partial

        return partial(cls, task_id=task_id, **kwargs)

    @property
    def task_type(self) -> str:
        """The class's name."""
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        """The name that reports show."""
        return str(getattr(self, "custom_operator_name", self.task_type))

    @property
    def task_display_name(self) -> str:
        """The name that pictures show."""
        return self._task_display_name or self.task_id

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
        """What it returns, for others to take."""
        from upgradecheck.runtime.sdk.xcom_arg import XComArg

        return XComArg(self)

    def pre_execute(self, context: Any) -> None:
        """Before ``execute``."""

    def execute(self, context: Any) -> Any:
        """What the task does."""
        raise NotImplementedError

    def post_execute(self, context: Any, result: Any = None) -> None:
        """After ``execute``."""

    def on_kill(self) -> None:
        """When the process is ended."""

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Render the templates in its fields."""
        env = jinja_env or self.get_template_env()
        self._do_render_template_fields(self, self.template_fields, context, env, set())

    def defer(self, *, trigger: Any, method_name: str, kwargs: Any = None, timeout: Any = None) -> Any:
        """Wait for an event elsewhere; go on in ``method_name``."""
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Go on after a deferral. Raises ``TaskDeferralError`` where the trigger failed."""
        kwargs = next_kwargs or {}
        if next_method == "__fail__":
            raise failed_deferral(**kwargs)
        return getattr(self, next_method)(context, **kwargs)

    def prepare_for_execution(self) -> Any:
        """Itself: each try has a process of its own."""
        return self

    def dry_run(self) -> None:
        """Nothing."""

    def add_inlets(self, inlets: Any) -> None:
        """More inlets."""
        self.inlets = [*self.inlets, *inlets]

    def add_outlets(self, outlets: Any) -> None:
        """More outlets."""
        self.outlets = [*self.outlets, *outlets]


lacks(
    BaseOperator,
    "default_args deserialization_allowed_class_fields operator_class overwrite_rtif_after_execution unmap",
)


class BaseAsyncOperator(BaseOperator):
    """A task whose ``aexecute`` is a coroutine."""

    is_async = True

    async def aexecute(self, context: Any) -> Any:
        """What the task does."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        """Run the coroutine."""
        import asyncio

        return asyncio.run(self.aexecute(context))


__all__ = ["BaseAsyncOperator", "BaseOperator"]
