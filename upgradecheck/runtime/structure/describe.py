"""A DAG of the SDK as a shape: each value as a text that is the same in every process that reads the same file."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone, tzinfo
from enum import Enum
from typing import Any

from upgradecheck.runtime import schedules
from upgradecheck.runtime.sdk.abstract import AbstractOperator
from upgradecheck.runtime.sdk.dag import DAG
from upgradecheck.runtime.sdk.groups import TaskGroup
from upgradecheck.runtime.structure.absent import Absent
from upgradecheck.runtime.structure.arguments import left_over, refused
from upgradecheck.runtime.structure.shapes import DagShape, TaskShape

DEEPEST = 6
NOT_OF_DAG = {
    "dag_id",
    "default_args",  # tasks have them
    "edge_info",
    "fileloc",
    "mapped_nodes",
    "relative_fileloc",
    "schedule",
    "task_dict",
    "task_group",
    "timetable",
}
NOT_OF_TASK = {
    "dag",
    "task_id",
    "task_group",
    "upstream_task_ids",
    "downstream_task_ids",
    "operator_class",
    "subdag",  # its tasks are told
}
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


def value(given: Any, depth: int = 0) -> str:
    """A value as text."""
    if given is None or isinstance(given, bool | int | float | str | bytes):
        return f"{type(given).__name__}.{given.name}" if isinstance(given, Enum) else _plain(given)
    if isinstance(given, Absent):
        return str(given)
    if isinstance(given, datetime):
        return str(given.astimezone(timezone.utc) if given.tzinfo else given)
    if isinstance(given, DAG):
        return f"DAG {given.dag_id}"
    if isinstance(given, AbstractOperator | TaskGroup):
        return f"{'group' if isinstance(given, TaskGroup) else 'task'} {given.node_id}"
    if isinstance(given, FUNCTIONS):
        return f"function {given.__qualname__}"
    if depth >= DEEPEST:
        return type(given).__name__
    return _composed(given, depth + 1)


def _plain(given: Any) -> str:
    plain = next((kind for kind in (int, float, str, bytes) if isinstance(given, kind)), None)
    return repr(given) if plain is None or isinstance(given, bool) else plain.__repr__(given)


def _composed(given: Any, depth: int) -> str:
    if isinstance(given, Mapping):
        return f"{{{', '.join(f'{value(k, depth)}: {value(v, depth)}' for k, v in given.items())}}}"
    if isinstance(given, list | tuple):
        return f"[{', '.join(value(each, depth) for each in given)}]"
    if isinstance(given, set | frozenset):
        return f"{{{', '.join(sorted(value(each, depth) for each in given))}}}"
    if isinstance(given, functools.partial):
        return f"partial({value(given.func, depth)}, {value(given.args, depth)}, {value(given.keywords, depth)})"
    if isinstance(given, tzinfo):
        return str(given)
    if type(given).__module__ in ("datetime", "dateutil.relativedelta", "re", "pathlib", "decimal", "uuid"):
        return repr(given)
    fields = (
        {name: each for name, each in vars(given).items() if name != "log"} if hasattr(given, "__dict__") else {}
    )
    told = ", ".join(f"{name}={value(each, depth)}" for name, each in sorted(fields.items()))
    return f"{type(given).__name__}({told})"


def dags(found: Mapping[str, Any]) -> dict[str, DagShape]:
    """The DAGs of a file; what is the inside of a task of another one is told there."""
    inner = {id(task.subdag) for dag in found.values() for task in dag.tasks if _is_subdag(task)}
    return {name: _dag(dag) for name, dag in sorted(found.items()) if id(dag) not in inner}


def _dag(given: Any) -> DagShape:
    settings = {name: value(each) for name, each in vars(given).items() if _told(name, NOT_OF_DAG)}
    settings.update(left_over(given))
    return DagShape(given.dag_id, str(schedules.schedule(given.timetable)), settings, _tasks(given))


def _told(name: str, left_out: Iterable[str]) -> bool:
    return not name.startswith("_") and name not in left_out


def _is_subdag(task: Any) -> bool:
    return isinstance(getattr(task, "subdag", None), DAG)


def _tasks(dag: Any) -> dict[str, TaskShape]:
    """With a SubDAG's tasks in its place, as a group would hold them."""
    found: dict[str, TaskShape] = {}
    for task in dag.tasks:
        if _is_subdag(task):
            own = _tasks(task.subdag)
            upstream = _ends(dag, task.upstream_task_ids)
            for name, shape in own.items():
                before = tuple(f"{task.task_id}.{each}" for each in shape.upstream) or upstream
                found[f"{task.task_id}.{name}"] = _moved(shape, before)
        else:
            found[task.task_id] = _task(task, _ends(dag, task.upstream_task_ids))
    return found


def _moved(shape: TaskShape, upstream: tuple[str, ...]) -> TaskShape:
    return TaskShape(shape.operator, upstream, shape.arguments, shape.templates, shape.refused)


def _ends(dag: Any, names: Iterable[str]) -> tuple[str, ...]:
    """Tasks that are waited for; of a SubDAG its last ones."""
    found: list[str] = []
    for name in names:
        task = dag.task_dict[name]
        if _is_subdag(task):
            found += [f"{name}.{leaf.task_id}" for leaf in task.subdag.leaves]
        else:
            found.append(name)
    return tuple(sorted(found))


def _task(given: Any, upstream: tuple[str, ...]) -> TaskShape:
    arguments = {name: value(each) for name, each in vars(given).items() if _told(name, NOT_OF_TASK)}
    if given.is_mapped:
        arguments["expand"] = value(getattr(given.mapped_over, "value", given.mapped_over))
    arguments.update(left_over(given))
    templates = tuple(name for name in given.template_fields if name in arguments)
    return TaskShape(_class(given), upstream, arguments, templates, refused(given))


def _class(task: Any) -> str:
    """Airflow's classes by their full names, those of a project by the name alone: its module has many."""
    cls = task.operator_class if task.is_mapped else type(task)
    own = not str(cls.__module__).startswith("airflow")
    return cls.__qualname__ if own else f"{cls.__module__}.{cls.__qualname__}"
