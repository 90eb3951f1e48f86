"""``step``, without a process, a file or a clock: short journals of the scheduler alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import events, task_api
from upgradecheck.runtime.commands import StartTask
from upgradecheck.runtime.model import Dag, Failure, Task, World
from upgradecheck.runtime.scheduler import step

NOW = datetime(2026, 1, 5, tzinfo=timezone.utc)
OK = task_api.SucceedTask()
BAD = task_api.TaskState("failed", Failure("ValueError", "no"))
SKIP = task_api.TaskState("skipped")
AGAIN = task_api.RetryTask(Failure("ValueError", "once more"))


def dag(*tasks: Task, **fields: Any) -> Dag:
    """A DAG whose tasks know only who is before them."""
    after = {t.task_id: tuple(o.task_id for o in tasks if t.task_id in o.upstream) for t in tasks}
    return Dag("d", tasks={t.task_id: replace(t, downstream=after[t.task_id]) for t in tasks}, **fields)


def lived(made: Dag, ends: dict[str, list[Any]] | None = None, rounds: int = 8) -> tuple[World, list[list[str]]]:
    """A manual run; each try of a task ends as it is told, else well. What each round of the loop started."""
    left = {name: list(each) for name, each in (ends or {}).items()}
    world, _ = step(World(NOW), events.Parsed(made))
    world, _ = step(world, events.AskRun("d", NOW, started=True))
    started = []
    for number in range(rounds):
        world, wanted = step(world, events.Tick(NOW + timedelta(minutes=10 * number)))
        begun = [each for each in wanted if isinstance(each, StartTask)]
        started.append([each.task_id for each in begun])
        for each in begun:
            at = (each.dag_id, each.run_id, each.task_id, each.map_index)
            world, _ = step(world, events.Began(*at))
            end = left[each.task_id].pop(0) if left.get(each.task_id) else OK
            world, _ = step(world, events.Ended(*at, end))
    return world, [each for each in started if each]


def states(world: World) -> dict[str, str | None]:
    """How the instances stand."""
    return {ti.label: ti.state for table in world.instances.values() for ti in table.values()}


def run_state(world: World) -> str:
    """How the run stands."""
    return next(iter(world.runs.values())).state


def test_the_world_before_a_step_stays_as_it_was() -> None:
    before, _ = step(World(NOW), events.Parsed(dag(Task("a"))))
    after, _ = step(before, events.AskRun("d", NOW, started=True))
    assert (len(before.runs), len(after.runs)) == (0, 1)


def test_one_after_the_other() -> None:
    world, started = lived(dag(Task("a"), Task("b", upstream=("a",))))
    assert started == [["a"], ["b"]]
    assert run_state(world) == "success"


def test_a_failure_stops_what_is_behind_it_and_fails_the_run() -> None:
    world, started = lived(dag(Task("a"), Task("b", upstream=("a",))), {"a": [BAD]})
    assert started == [["a"]]
    assert states(world) == {"a": "failed", "b": "upstream_failed"}
    assert run_state(world) == "failed"


def test_only_leaves_decide_about_the_run() -> None:
    made = dag(Task("a"), Task("b", upstream=("a",), trigger_rule="all_done"))
    world, _ = lived(made, {"a": [BAD]})
    assert (states(world)["a"], run_state(world)) == ("failed", "success")


def test_a_skip_goes_on_to_those_behind() -> None:
    world, _ = lived(dag(Task("a"), Task("b", upstream=("a",))), {"a": [SKIP]})
    assert states(world) == {"a": "skipped", "b": "skipped"}
    assert run_state(world) == "success"


def test_a_retry_waits_for_its_delay() -> None:
    made = dag(Task("a", retries=1, retry_delay=timedelta(minutes=25)))
    world, started = lived(made, {"a": [AGAIN]})
    assert started == [["a"], ["a"]]
    ti = next(ti for table in world.instances.values() for ti in table.values())
    assert (ti.state, ti.try_number) == ("success", 2)
    assert ti.start_date is not None
    assert ti.start_date >= NOW + timedelta(minutes=25)


def test_so_many_at_once_as_the_dag_allows_the_important_first() -> None:
    tasks = [Task("a"), Task("b", priority=9), Task("c", priority=5)]
    _, started = lived(dag(*tasks, max_active_tasks=2))
    assert started == [["b", "c"], ["a"]]


def test_empty_operators_are_not_started() -> None:
    world, started = lived(dag(Task("a", empty=True), Task("b", upstream=("a",))))
    assert started == [["b"]]
    assert states(world) == {"a": "success", "b": "success"}


def test_fail_fast_skips_the_rest() -> None:
    made = dag(Task("a"), Task("b"), Task("c", upstream=("b",)), fail_fast=True, max_active_tasks=1)
    world, started = lived(made, {"a": [BAD]})
    assert started == [["a"]]
    assert states(world)["b"] == "skipped"
    assert run_state(world) == "failed"


def test_a_process_that_ends_with_nothing_said_has_failed() -> None:
    world, _ = lived(dag(Task("a")), {"a": [task_api.Died("silent")]})
    assert states(world) == {"a": "failed"}
    world, _ = lived(dag(Task("a", retries=1)), {"a": [task_api.Died("silent")]})
    assert states(world) == {"a": "success"}


def test_a_sensor_that_reschedules_comes_back() -> None:
    later = task_api.RescheduleTask(NOW + timedelta(minutes=15))
    world, started = lived(dag(Task("a")), {"a": [later]})
    assert started == [["a"], ["a"]]
    ti = next(ti for table in world.instances.values() for ti in table.values())
    assert (ti.state, ti.try_number) == ("success", 1)
