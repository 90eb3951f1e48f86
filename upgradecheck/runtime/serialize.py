"""A DAG of the SDK as the scheduler stores it (Airflow's serialised DAG): structure and arguments, no functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from upgradecheck.runtime import serde
from upgradecheck.runtime.lenses import AnyLens, Fixed, Joined, Of, Zipped
from upgradecheck.runtime.model import Dag, Group, Task
from upgradecheck.runtime.schedules import asset_leaf, schedule
from upgradecheck.runtime.sdk.dag import ARGUMENTS
from upgradecheck.runtime.sdk.enums import TriggerRule
from upgradecheck.runtime.sdk.exceptions import SerializationError
from upgradecheck.runtime.sdk.expand import DictOfLists, is_runtime
from upgradecheck.runtime.sdk.names import is_arg_set
from upgradecheck.runtime.sdk.plugins import strategy
from upgradecheck.runtime.sdk.xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, ZipXComArg
from upgradecheck.runtime.wire import plain


def lens(value: Any) -> AnyLens:
    """How many values an argument of ``expand`` has. Raises ``TypeError`` for functions without source."""
    if isinstance(value, PlainXComArg):
        return Of(value.operator.task_id)
    if isinstance(value, MapXComArg):
        for function in value.callables:
            _check_source(function)
        return lens(value.arg)
    if isinstance(value, ZipXComArg):
        return Zipped(tuple(lens(arg) for arg in value.args), is_arg_set(value.fillvalue))
    if isinstance(value, ConcatXComArg):
        return Joined(tuple(lens(arg) for arg in value.args))
    return Fixed(len(value))


def _check_source(function: Any) -> None:
    import inspect

    try:
        inspect.getsource(function)
    except OSError:
        return  # made by exec: the real one fails here too, but so would any code that a test makes


def expansion(expand_input: Any) -> dict[str, AnyLens]:
    """What a task or group is mapped over, argument by argument."""
    if isinstance(expand_input, DictOfLists):
        return {key: lens(value) for key, value in expand_input.value.items()}
    return {"": lens(expand_input.value) if is_runtime(expand_input.value) else Fixed(len(expand_input.value))}


def _groups(task: Any) -> Iterator[Any]:
    group = task.task_group
    while group is not None and group.group_id is not None:
        yield group
        group = group.parent_group


def _scope(task: Any) -> tuple[str, ...]:
    """What lies between a teardown's setups and itself."""
    before = task.get_flat_relative_ids(upstream=True) - task.upstream_task_ids
    setups = [up for up in task.upstream_list if up.is_setup]
    found: set[str] = set()
    for setup in setups:
        found |= before & setup.get_flat_relative_ids(upstream=False)
    return tuple(sorted(found))


def _start_trigger(task: Any) -> dict[str, Any] | None:
    if not task.start_from_trigger or task.start_trigger_args is None:
        return None
    given = task.start_trigger_args
    return {
        "classpath": given.trigger_cls,
        "kwargs": serde.serialize(given.trigger_kwargs or {}),
        "next_method": given.next_method,
        "next_kwargs": serde.serialize(given.next_kwargs or {}),
        "timeout": given.timeout.total_seconds() if given.timeout else None,
    }


def _leaves(given: Any) -> tuple[dict[str, Any], ...]:
    return tuple(leaf for each in given if (leaf := asset_leaf(each)))


def _backoff(given: Any) -> float:
    return 2.0 if given is True else float(given or 0)


def task(given: Any, setups: Iterable[str] = ()) -> Task:
    """A task as it is stored. ``setups``: those it waits for, at any distance."""
    callbacks = given.on_execute_callback or given.on_success_callback
    plain = not callbacks and not given.inlets and not given.outlets
    mapped = given.is_mapped
    return Task(
        task_id=given.task_id,
        operator=given.operator_name,
        upstream=tuple(sorted(given.upstream_task_ids)),
        downstream=tuple(sorted(given.downstream_task_ids)),
        trigger_rule=TriggerRule(given.trigger_rule).value,
        is_setup=bool(given.is_setup),
        is_teardown=bool(given.is_teardown),
        fails_run=bool(given.on_failure_fail_dagrun),
        setups=() if given.is_teardown else tuple(sorted(setups)),
        scope=_scope(given) if given.is_teardown else (),
        groups=tuple(group.group_id for group in _groups(given)),
        expand=expansion(given.mapped_over) if mapped else None,
        mapped_over=tuple(dict.fromkeys(up.task_id for up in given.iter_mapped_dependencies())) if mapped else (),
        empty=given.inherits_from_empty_operator and plain,
        skips=given.inherits_from_skipmixin,
        retries=given.retries or 0,
        retry_delay=given.retry_delay,
        backoff=_backoff(given.retry_exponential_backoff),
        max_retry_delay=given.max_retry_delay,
        start_date=given.start_date,
        end_date=given.end_date,
        depends_on_past=bool(given.depends_on_past or given.wait_for_downstream),
        ignore_first=given.ignore_first_depends_on_past,
        waits_for_past_to_skip=given.wait_for_past_depends_before_skipping,
        waits_for_downstream=given.wait_for_downstream,
        per_dag=given.max_active_tis_per_dag,
        per_run=given.max_active_tis_per_dagrun,
        priority=given.priority_weight,
        pool_slots=given.pool_slots,
        modelled=getattr(given, "_modelled", True),
        start_trigger=_start_trigger(given),
        outlets=_leaves(given.outlets),
        inlets=_leaves(given.inlets),
    )


def _setups(dag: Any) -> dict[str, set[str]]:
    """By task: the setups before it that have no teardown, or one that is behind it (``get_upstreams_only_setups``,
    asked of the setups, which are few)."""
    found: dict[str, set[str]] = {}
    for setup in dag.task_dict.values():
        if not setup.is_setup:
            continue
        behind = setup.get_flat_relative_ids(upstream=False)
        teardowns = [down for down in setup.downstream_list if down.is_teardown]
        if teardowns:
            behind &= set().union(*(down.get_flat_relative_ids(upstream=True) for down in teardowns))
        for name in behind:
            found.setdefault(name, set()).add(setup.task_id)
    return found


def _group(given: Any) -> Group:
    expand_input = getattr(given, "_expand_input", None)
    over = tuple(dict.fromkeys(up.task_id for up in given.iter_mapped_dependencies())) if expand_input else ()
    names = tuple(task.task_id for task in given)
    return Group(given.group_id, names, expansion(expand_input) if expand_input else None, over)


def _param(given: Any) -> dict[str, Any]:
    value = {"value": given.value} if is_arg_set(given.value) else {}
    return {**value, "schema": given.schema}


def dag(given: Any, file: str) -> Dag:
    """A DAG as it is stored. Raises ``SerializationError``, which makes the whole file an import error."""
    try:
        return _stored(given, file)
    except SerializationError:
        raise
    except Exception as error:
        raise SerializationError(f"Failed to serialize DAG {given.dag_id!r}: {error}") from error


def _stored(given: Any, file: str) -> Dag:
    setups = _setups(given)
    tasks = {task_id: task(each, setups.get(task_id, ())) for task_id, each in given.task_dict.items()}
    when = schedule(given.timetable)
    when = msgspec.structs.replace(when, asked=given.dag_id if when.asked else "")
    for each in given.task_dict.values():
        strategy(getattr(each, "weight_rule", "downstream"))
    made = Dag(
        dag_id=given.dag_id,
        file=file,
        tasks=tasks,
        groups={name: _group(group) for name, group in given.task_group_dict.items()},
        schedule=when,
        start_date=given.start_date,
        end_date=given.end_date,
        catchup=bool(given.catchup),
        max_active_runs=given.max_active_runs,
        max_active_tasks=given.max_active_tasks,
        max_failed_runs=given.max_consecutive_failed_dag_runs,
        dagrun_timeout=given.dagrun_timeout,
        fail_fast=bool(given.fail_fast),
        params={name: _param(param) for name, param in given.params._params.items()},
        on_success=given.on_success_callback is not None,
        on_failure=given.on_failure_callback is not None,
        allowed_run_types=_run_types(given.allowed_run_types),
        rerun_latest=None if given.rerun_with_latest_version is None else bool(given.rerun_with_latest_version),
        unpinned=bool(given.disable_bundle_versioning),
        paused=None if given.is_paused_upon_creation is None else bool(given.is_paused_upon_creation),
    )
    stored = [msgspec.to_builtins(made, enc_hook=plain), _fields(given, ARGUMENTS)]
    stored += [
        _fields(each, {*vars(each)} & {*each.template_fields, *_COMMON}) for each in given.task_dict.values()
    ]
    text = json.dumps(stored, default=_named, skipkeys=True)
    return msgspec.structs.replace(made, digest=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_COMMON = ("doc", "doc_md", "execution_timeout", "executor", "owner", "params", "pool", "queue")


def _fields(given: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: vars(given).get(name) for name in sorted(names)}


def _named(value: Any) -> Any:
    """A value that is no JSON, as far as it makes another version of a DAG: functions count by name."""
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, date | timedelta):
        return str(value)
    return getattr(value, "__qualname__", type(value).__qualname__)


def _run_types(given: Any) -> tuple[str, ...]:
    many = [given] if isinstance(given, str) else given or ()
    return tuple(sorted(getattr(each, "value", each) for each in many))
