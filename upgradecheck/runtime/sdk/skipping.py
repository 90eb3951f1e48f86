"""Skipping what comes behind: ``SkipMixin``, branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import GeneratorType
from typing import Any

from upgradecheck.runtime.sdk.exceptions import AirflowException, DownstreamTasksSkipped
from upgradecheck.runtime.sdk.operator import BaseOperator

HOME = "airflow.sdk"
KEY = "skipmixin_key"


class SkipMixin:
    """Skips tasks behind it, and writes down which in an XCom that the scheduler reads later."""

    _can_skip_downstream = True
    inherits_from_skipmixin = True

    @staticmethod
    def _report(tasks: list[Any], map_index: int | None) -> None:
        """Only of tasks that are not mapped: others are left to the scheduler (3.3.2)."""
        if tasks and map_index == -1:
            raise DownstreamTasksSkipped(tasks=tasks)

    def skip(self, ti: Any, tasks: Iterable[Any]) -> None:
        """Skip these."""
        ids = [task.task_id for task in tasks]
        if ids:
            ti.xcom_push(key=KEY, value={"skipped": ids})
            self._report(ids, ti.map_index)

    def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
        """Skip what is right behind and neither followed nor behind what is followed. Raises
        ``AirflowException``."""
        followed = self._followed(branch_task_ids)
        task, dag = ti.task, ti.task.dag
        invalid = followed - set(dag.task_ids)
        if invalid:
            raise AirflowException(
                f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {invalid}."
            )
        behind = task.downstream_list
        if not behind:
            return
        for name in list(followed):
            followed |= dag.get_task(name).get_flat_relative_ids(upstream=False)
        skipped = [(each.task_id, ti.map_index) for each in behind if each.task_id not in followed]
        ti.xcom_push(key=KEY, value={"followed": [each.task_id for each in behind if each.task_id in followed]})
        self._report(skipped, ti.map_index)

    @staticmethod
    def _followed(given: Any) -> set[str]:
        if given is None:
            return set()
        if isinstance(given, str):
            return {given}
        if not isinstance(given, Iterable):
            raise AirflowException(
                "'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, "
                f"but got {type(given).__name__!r}."
            )
        found = set(list(given) if isinstance(given, GeneratorType) else given)
        invalid = {(each, type(each).__name__) for each in found if not isinstance(each, str)}
        if invalid:
            raise AirflowException(
                "Unable to branch to the specified tasks. "
                f"The branching function returned invalid 'branch_task_ids': {invalid}. "
                "Please check that your function returns an Iterable of valid task IDs that exist in your DAG."
            )
        return found


class BranchMixIn(SkipMixin):
    """Follows some of what is behind."""

    def decided(self, context: Any, result: Any) -> Any:
        """Follow what the plan says."""
        return self.do_branch(context, result)

    def do_branch(self, context: Any, branches_to_execute: Any) -> Any:
        """Skip all but these tasks and groups."""
        chosen = branches_to_execute
        names = None if chosen is None else list(self._expanded(context["ti"], chosen))
        self.skip_all_except(context["ti"], names)
        return chosen

    @staticmethod
    def _expanded(ti: Any, chosen: Any) -> Iterator[Any]:
        many = [chosen] if isinstance(chosen, str) or not isinstance(chosen, Iterable) else chosen
        groups = ti.task.dag.task_group_dict
        for branch in many:
            if isinstance(branch, str) and branch in groups:
                yield from (root.task_id for root in groups[branch].roots)
            else:
                yield branch


class BaseBranchOperator(BranchMixIn, BaseOperator):
    """A task that chooses what goes on."""

    def choose_branch(self, context: Any) -> Any:
        """The ids to follow."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        """Choose, and skip the rest."""
        return self.do_branch(context, self.choose_branch(context))


__all__ = ["BaseBranchOperator", "BranchMixIn", "SkipMixin"]
ALSO = {
    "airflow.providers.standard.operators.branch.BaseBranchOperator": BaseBranchOperator,
    "airflow.providers.standard.operators.branch.BranchMixIn": BranchMixIn,
    "airflow.providers.standard.utils.skipmixin.SkipMixin": SkipMixin,
}
