"""The world with its clock: events in, commands done, and where nothing is left to do the clock jumps.

settle: [perform what was asked for -> tick] until nothing changes -> jump to the next deadline -> wake sleepers
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from upgradecheck.runtime import events
from upgradecheck.runtime.agenda import TIMED
from upgradecheck.runtime.commands import Command
from upgradecheck.runtime.custom_timetables import Asked
from upgradecheck.runtime.dependencies import deadline
from upgradecheck.runtime.executor import Executor
from upgradecheck.runtime.indexes import DAG_STATE, OF_DAG, RUN_STATE, STATE, TASK_STATE
from upgradecheck.runtime.model import Upcoming, World
from upgradecheck.runtime.scheduler import step
from upgradecheck.runtime.states import FINISHED, RUN_ACTIVE, RUN_DONE

TURNS = 200_000
A_MOMENT = timedelta(milliseconds=1)


class Simulation:
    """A world that lives."""

    def __init__(self, world: World, executor: Executor) -> None:
        self.world, self.executor = world, executor
        self.pending: list[Command] = []
        self.stuck: list[str] = []
        self.patience = TURNS

    def happen(self, event: events.Event) -> None:
        """Something happens. Raises what ``step`` raises."""
        self.world, asked = step(self.world, event)
        self.pending += asked

    def ask_timetable(self, asked: Asked) -> Upcoming | None:
        """What a project's own timetable says."""
        file = self.executor.files.get((self.world.code, self.world.dags[asked.dag_id].file))
        return file.timetable(asked) if file is not None else None

    def _look(self) -> World:
        return self.world

    def finished(self, name: str) -> int:
        """How many runs of a DAG are over; of ``dag_id.task_id``, how many instances of the task."""
        if name in self.world.dags:
            return self.world.runs.size(DAG_STATE, *((name, state) for state in RUN_DONE))
        cuts = [number for number, letter in enumerate(name) if letter == "." and name[:number] in self.world.dags]
        pairs = [(run, name[cut + 1 :]) for cut in cuts for run in self.world.runs.members(OF_DAG, name[:cut])]
        tables = ((self.world.instances[run.key], task_id) for run, task_id in pairs)
        return sum(table.size(TASK_STATE, *((task, state) for state in FINISHED)) for table, task in tables)

    def settle(self, enough: Callable[[], bool] = lambda: False, horizon: datetime | None = None) -> None:
        """Go on until it is enough, nothing is left to come, or the horizon. What goes on and on is given up."""
        turns = idle = 0
        while not enough():
            turns += 1
            if turns > self.patience or idle > self.patience // 4:
                self._give_up()
                return
            if self.pending:
                self._perform()
                continue
            before = self.world
            self.happen(events.Tick(self.world.now))
            if self.pending or _changed(before, self.world):
                idle = 0
                continue
            if not self._jump(horizon):
                return
            idle += 1

    def _give_up(self) -> None:
        """End what runs without an end; others go on. The next time there is less patience."""
        self.patience = max(self.patience // 4, TURNS // 100)
        for run in self.world.runs.members(RUN_STATE, "running"):
            waits = ", ".join(
                ti.label for ti in self.world.instances[run.key].members(STATE, "running", "deferred")
            )
            self.stuck.append(f"{run.dag_id} ({run.run_id}) came to no end{f', waiting: {waits}' if waits else ''}")
        self.executor.abandon()
        self.pending = []
        self.happen(events.GaveUp())

    def _perform(self) -> None:
        todo, self.pending = self.pending, []
        for command in todo:
            self.executor.perform(command, self.world, self.happen, self._look)
        self.happen(events.Freed())

    def _jump(self, horizon: datetime | None) -> bool:
        """Let time pass to the next deadline; False: there is none before the horizon."""
        sleeper = self.executor.deadline()
        following = min((date for date in (*self._deadlines(), sleeper) if date is not None), default=None)
        if following is None or (horizon is not None and following > horizon):
            return False
        self.world = replace(self.world, now=max(following, self.world.now))
        self.executor.wake(self.happen, self._look)
        return True

    def _deadlines(self) -> Iterator[datetime | None]:
        now = self.world.now
        for run in self.world.runs.members(RUN_STATE, *RUN_ACTIVE):
            yield from (date for date in (run.run_after, run.logical_date) if date is not None and date > now)
            timeout = self.world.dag_of(run).dagrun_timeout
            if timeout is not None and run.start_date is not None:
                yield run.start_date + timeout + A_MOMENT
            for ti in self.world.instances[run.key].members(STATE, "deferred", "awaiting_input", *TIMED):
                date = deadline(ti)
                if date is not None:
                    yield date + A_MOMENT if ti.state in ("deferred", "awaiting_input") else date
        for dag_id, info in self.world.upcoming.items():
            if info is not None and dag_id in self.world.unpaused and info.run_after > now:
                yield info.run_after


def _changed(before: World, after: World) -> bool:
    names = ("runs", "instances", "queue", "upcoming", "xcoms")
    return any(getattr(before, name) is not getattr(after, name) for name in names)
