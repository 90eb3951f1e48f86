"""What mapped and plain operators have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.nodes import DAGNode, DependencyMixin
from upgradecheck.runtime.sdk.templater import Templater, create_template_env
from upgradecheck.runtime.unmodelled import lacks

HOME = "airflow.sdk.definitions._internal.abstractoperator"


class AbstractOperator(Templater, DAGNode):
    """A task."""

    task_id: str
    trigger_rule: Any = TriggerRule.ALL_SUCCESS
    is_setup: Any = False
    is_teardown: Any = False
    returns_dag_result = False
    is_async: Any = False
    operator_extra_links: Any = ()
    _on_failure_fail_dagrun = False
    _is_mapped = False
    _is_empty = False
    _is_sensor = False
    _can_skip_downstream = False

    @property
    def node_id(self) -> str:
        """The task's id."""
        return self.task_id

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        dag = self.get_dag()
        return dag.dag_id if dag else f"adhoc_{self.owner}"  # type: ignore[attr-defined]

    def get_dag(self) -> Any:
        """The DAG, or None."""
        return self.dag

    @property
    def is_mapped(self) -> bool:
        """Does it run for each of some values?"""
        return self._is_mapped

    @property
    def label(self) -> str:
        """The id without its group."""
        group = self.task_group
        if group and group.node_id and group.prefix_group_id:
            return self.task_id[len(group.node_id) + 1 :]
        return self.task_id

    @property
    def on_failure_fail_dagrun(self) -> bool:
        """Does a failed teardown fail the run?"""
        return self._on_failure_fail_dagrun

    @on_failure_fail_dagrun.setter
    def on_failure_fail_dagrun(self, value: bool) -> None:
        if value is True and self.is_teardown is not True:
            raise ValueError(
                f"Cannot set task on_failure_fail_dagrun for '{self.task_id}' because it is not a teardown task."
            )
        self._on_failure_fail_dagrun = value

    @property
    def inherits_from_empty_operator(self) -> bool:
        """Is it an ``EmptyOperator``?"""
        return self._is_empty

    @property
    def inherits_from_skipmixin(self) -> bool:
        """May it skip tasks behind it?"""
        return self._can_skip_downstream

    def as_setup(self) -> Any:
        """Mark as setup."""
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        """Mark as teardown, of some setups."""
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        if setups is not None:
            many: list[Any] = [setups] if isinstance(setups, DependencyMixin) else list(setups)
            for setup in many:
                setup.is_setup = True
                setup >> self
        return self

    def __enter__(self) -> Any:
        from upgradecheck.runtime.sdk.setups import SetupTeardownContext

        if not self.is_setup and not self.is_teardown:
            raise RuntimeError("Only setup/teardown tasks can be used as context managers.")
        SetupTeardownContext.enter(self)
        return SetupTeardownContext

    def __exit__(self, *exc: Any) -> None:
        from upgradecheck.runtime.sdk.setups import SetupTeardownContext

        SetupTeardownContext.leave()

    def get_template_env(self, dag: Any = None) -> Any:
        """The environment of its templates."""
        dag = dag or self.get_dag()
        native = getattr(self, "render_template_as_native_obj", None)
        if native is None:
            return super().get_template_env(dag)
        return dag.get_template_env(native=native) if dag else create_template_env(native=native)

    def _render(self, template: Any, context: Any, dag: Any = None) -> Any:
        return super()._render(template, context, dag or self.get_dag())

    def iter_mapped_task_groups(self) -> Iterator[Any]:
        """The mapped groups around, the innermost first."""
        if self.task_group is not None:
            yield from self.task_group.iter_mapped_task_groups()

    def get_closest_mapped_task_group(self) -> Any:
        """The innermost mapped group around, or None."""
        return next(self.iter_mapped_task_groups(), None)

    def get_needs_expansion(self) -> bool:
        """Does it have a task instance for each of some values?"""
        return self.is_mapped or self.get_closest_mapped_task_group() is not None

    def decided(self, context: Any, result: Any) -> Any:
        """What follows from a result that the plan gives; branches skip. The value."""
        return result

    def iter_mapped_dependants(self) -> Iterator[Any]:
        """The mapped tasks and groups that take their values from this task."""
        found = self.dag.mapped_nodes
        for node in self.dag.find_mapped_nodes() if found is None else found:
            if any(operator is self for operator in node.iter_mapped_dependencies()):
                yield node

    def get_upstreams_follow_setups(self, depth: int | None = None) -> Iterator[Any]:
        """All before, and the teardowns of setups among them."""
        for task in self.get_flat_relatives(upstream=True):
            yield task
            if task.is_setup:
                yield from (down for down in task.downstream_list if down.is_teardown and down is not self)

    def get_upstreams_only_setups(self) -> Iterator[Any]:
        """The setups before it that have no teardown, or one that is behind it."""
        behind = {task.task_id for task in self.get_flat_relatives(upstream=False) if task.is_teardown}
        for task in self.get_flat_relatives(upstream=True):
            has_teardowns = any(down.is_teardown for down in task.downstream_list)
            if task.is_setup and (not has_teardowns or task.downstream_task_ids & behind):
                yield task


lacks(
    AbstractOperator,
    "expand_start_trigger_args get_serialized_fields get_upstreams_only_setups_and_teardowns has_retry_policy "
    "has_on_execute_callback has_on_failure_callback has_on_retry_callback has_on_skipped_callback "
    "has_on_success_callback serialize_for_task_group",
)

__all__ = ["AbstractOperator"]
