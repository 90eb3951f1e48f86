"""The pen of ``step``: a new world is written from an old one, which stays as it is; commands are collected, and
what the next pass has to look at (``agenda``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from upgradecheck.runtime import agenda, indexes, states
from upgradecheck.runtime.commands import Command
from upgradecheck.runtime.indexes import DAG_STATE
from upgradecheck.runtime.model import AssetEvent, Dag, Run, Stored, TaskInstance, Trigger, Upcoming, World
from upgradecheck.runtime.states import FINISHED, RUN_ACTIVE, SCHEDULABLE
from upgradecheck.runtime.tables import Table

A_MOMENT = timedelta(milliseconds=1)


class Draft:
    """A world under construction. Tables are copied when they are first written to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._own: set[str] = set()
        self._marks: dict[tuple[str, str], set[agenda.Entry]] = {}
        self.commands: list[Command] = []

    @property
    def world(self) -> World:
        """The world as it is by now."""
        return self._world

    def _table(self, name: str) -> Any:
        if name not in self._own:
            self._world = replace(self._world, **{name: dict(getattr(self._world, name))})
            self._own.add(name)
        return getattr(self._world, name)

    def close(self) -> World:
        """The finished world."""
        for key, marks in self._marks.items():
            self._table("agenda")[key] = self._world.agenda.get(key, frozenset()) | marks
        return self._world

    def mark(self, key: tuple[str, str], entries: set[agenda.Entry]) -> None:
        """The next pass over a run has to look at these."""
        self._marks.setdefault(key, set()).update(entries)

    def marked(self, run: Run) -> frozenset[agenda.Entry]:
        """What is to be looked at in this pass; with that it is off the agenda."""
        found = self._world.agenda.get(run.key, frozenset()) | self._marks.pop(run.key, set())
        self._table("agenda").pop(run.key, None)
        return found

    def number(self) -> int:
        """The next number of anything."""
        self._world = replace(self._world, count=self._world.count + 1)
        return self._world.count

    def pass_moment(self) -> None:
        """Starting and ending take time: no two things happen at one moment."""
        self._world = replace(self._world, now=self._world.now + A_MOMENT)

    def change(self, ti: TaskInstance, who: str, **fields: Any) -> TaskInstance:
        """The only way to change a task instance: the table of states has to allow it."""
        if "state" in fields:
            states.check(ti.state, fields["state"], f"{who} of {ti.dag_id}.{ti.label}")
        return self.put(replace(ti, **fields))

    def put(self, ti: TaskInstance) -> TaskInstance:
        """A new instance, or one with other fields than its state."""
        key = (ti.dag_id, ti.run_id)
        table = self.instances(key)
        old = table.get(ti.at)
        self._world = replace(self._world, instances=self._world.instances.put(key, table.put(ti.at, ti)))
        if ti.state in SCHEDULABLE:
            self.mark(key, {ti.at})
        elif ti.state in FINISHED and (old is None or old.state != ti.state):
            self.mark(key, agenda.after(self._world.dag_of(self._world.runs[key]), ti))
        return ti

    def instances(self, key: tuple[str, str]) -> Table[tuple[str, int], TaskInstance]:
        """The instances of a run, made where there are none."""
        if key not in self._world.instances:
            table = self._world.instances.put(key, indexes.instances())
            self._world = replace(self._world, instances=table)
        return self._world.instances[key]

    def drop(self, ti: TaskInstance) -> None:
        """No such instance any more (its task was expanded)."""
        key = (ti.dag_id, ti.run_id)
        table = self.instances(key).drop(ti.at)
        self._world = replace(self._world, instances=self._world.instances.put(key, table))

    def run(self, run: Run, **fields: Any) -> Run:
        """A new run, or a changed one. A DAG may have no task: its runs have a table all the same."""
        run = replace(run, **fields) if fields else run
        self.instances(run.key)
        self._world = replace(self._world, runs=self._world.runs.put(run.key, run))
        return run

    def xcom(self, key: tuple[str, str], at: tuple[str, int, str], stored: Stored | None) -> None:
        """Store an XCom, or delete it."""
        table = self._world.stored(key).drop(at)
        table = table if stored is None else table.put(at, stored)
        self._world = replace(self._world, xcoms=self._world.xcoms.put(key, table))

    def dag(self, dag: Dag) -> None:
        """A DAG, or its new version: its runs are looked at anew."""
        for run in self._world.runs.members(DAG_STATE, *((dag.dag_id, state) for state in RUN_ACTIVE)):
            self.mark(run.key, {agenda.EVERYTHING})
        self._table("dags")[dag.dag_id] = dag
        self._table("versions")[dag.dag_id, dag.version] = dag

    def variable(self, key: str, value: str | None) -> None:
        """Set or delete a variable."""
        table = self._table("variables")
        table.pop(key, None)
        if value is not None:
            table[key] = value

    def keep(self, scope: str, kept: dict[str, Any]) -> None:
        """What a task or an asset keeps (state stores)."""
        self._table("kept")[scope] = kept

    def event(self, event: AssetEvent) -> None:
        """An asset was written."""
        self._world = replace(self._world, events=(*self._world.events, event))

    def queue(self, add: dict[tuple[str, str, str], Any] | None = None, remove: Any = ()) -> None:
        """Which assets were written since a DAG last ran."""
        table = self._table("queue")
        table.update(add or {})
        for key in remove:
            table.pop(key, None)

    def trigger(self, trigger: Trigger) -> None:
        """Something to wait for."""
        self._table("triggers")[trigger.number] = trigger

    def triggered(self, number: int) -> None:
        """It came."""
        self._table("triggers").pop(number, None)

    def upcoming(self, dag_id: str, info: Upcoming | None) -> None:
        """The next run of a schedule."""
        self._table("upcoming")[dag_id] = info

    def quota(self, dag_id: str, left: int) -> None:
        """How many runs a schedule may still make in this replay."""
        self._table("quota")[dag_id] = left

    def ask(self, command: Command) -> None:
        """Ask the executor for something."""
        self.commands.append(command)
