"""In a task: which instances of an upstream in the same mapped group are meant, asked through the task API."""

from __future__ import annotations

from math import prod
from typing import Any

from upgradecheck.runtime import questions
from upgradecheck.runtime.current import door


def _groups(operator: Any) -> list[Any]:
    return list(operator.iter_mapped_task_groups())


def _size(groups: list[Any]) -> int:
    return prod(int(door().ask(questions.GetMappedCount(group_id=group.group_id))) for group in groups)


def relevant(ti: Any, upstream: Any) -> int | range | None:
    """None: all; a number: that instance; a range: these."""
    if ti.map_index is None or ti.map_index < 0:
        return None
    mine = _groups(ti.task)
    names = [group.group_id for group in mine]
    common = next((group for group in _groups(upstream) if group.group_id in names), None)
    if common is None:
        return None
    inside = mine[: names.index(common.group_id)]
    ancestor = _size(mine[names.index(common.group_id) :])
    count = ancestor * _size(inside)
    if ti.is_mapped:
        count *= int(door().ask(questions.GetMappedCount(task_id=ti.task_id)))
    if not count:
        return None
    index: int = ti.map_index * ancestor // count
    around = _groups(upstream)
    if not upstream.is_mapped and around[0].group_id == common.group_id:
        return index
    further = count // ancestor
    return range(index * further, index * further + further)
