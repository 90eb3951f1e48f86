"""The tables of a replayed world: older ones stay as they were, groups follow, and big DAGs cost by their size."""

from __future__ import annotations

import random
from typing import Any

import pytest
from test_replay_step import NOW, OK, dag, lived, run_state, states

from upgradecheck.runtime import events, scheduler
from upgradecheck.runtime.commands import StartTask
from upgradecheck.runtime.model import Dag, Task, World
from upgradecheck.runtime.scheduler import step
from upgradecheck.runtime.tables import Table


def table() -> Table[str, int]:
    """Numbers, grouped by whether they are even."""
    return Table(lambda key, value: value % 2, rank=lambda value: -value)


def test_each_table_keeps_what_it_had() -> None:
    chance = random.Random(7)
    now, plain, kept = table(), {}, []
    for _ in range(300):
        key = f"k{chance.randrange(20)}"
        if chance.random() < 0.3:
            now = now.drop(key)
            plain = {name: value for name, value in plain.items() if name != key}
        else:
            now = now.put(key, chance.randrange(1000))
            plain = {**plain, key: now[key]}
        kept.append((now, plain))
    chance.shuffle(kept)
    for old, expected in kept:
        assert dict(old) == expected
        for odd in (0, 1):
            members = sorted((value for value in expected.values() if value % 2 == odd), reverse=True)
            assert old.members(0, odd) == members
            assert old.first(0, odd, 2) == members[:2]
            assert old.size(0, odd) == len(members)


def test_a_table_that_was_looked_into_again_goes_its_own_way() -> None:
    old = table().put("a", 1)
    new = old.put("b", 2)
    other = old.put("c", 3)
    assert (dict(old), dict(new), dict(other)) == ({"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 3})


@pytest.mark.parametrize("shape", ["chain", "flat", "fan"])
def test_instances_are_looked_at_when_something_changed_for_them(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 200
    before: dict[str, Any] = {
        "chain": lambda n: (f"t{n - 1:03}",) if n else (),
        "flat": lambda n: (),
        "fan": lambda n: ("t000",) if n else (),
    }
    looks = 0
    ask = scheduler.evaluate

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal looks
        looks += 1
        return ask(*args, **kwargs)

    monkeypatch.setattr(scheduler, "evaluate", counting)
    made = dag(*(Task(f"t{n:03}", upstream=before[shape](n)) for n in range(number)))
    world, started = lived(made, rounds=number + 5)
    assert sum(len(each) for each in started) == number
    assert run_state(world) == "success"
    assert looks <= 3 * number


def test_a_new_version_of_a_dag_is_looked_at_as_a_whole() -> None:
    world, _ = step(World(NOW), events.Parsed(dag(Task("a"), Task("b", upstream=("a",)))))
    world, _ = step(world, events.AskRun("d", NOW, started=True))
    world, wanted = step(world, events.Tick(NOW))
    assert [each.task_id for each in wanted if isinstance(each, StartTask)] == ["a"]
    world, _ = step(world, events.Parsed(dag(Task("a"))))
    world, _ = step(world, events.Began("d", wanted[0].run_id, "a", -1))  # type: ignore[union-attr]
    world, _ = step(world, events.Ended("d", wanted[0].run_id, "a", -1, OK))  # type: ignore[union-attr]
    world, _ = step(world, events.Tick(NOW))
    assert states(world) == {"a": "success", "b": "removed"}
    assert run_state(world) == "success"


def test_so_many_of_a_task_at_once_others_meanwhile() -> None:
    made: Dag = dag(*(Task(f"t{n}", per_run=1 if n < 2 else None) for n in range(4)), max_active_tasks=3)
    _, started = lived(made)
    assert [len(each) for each in started] == [3, 1]
