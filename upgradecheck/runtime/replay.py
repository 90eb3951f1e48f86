"""A replay: load the files, live through the plan, hand back the world and what became of each file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.runtime import assets, events, runs
from upgradecheck.runtime.bundle import Bundle
from upgradecheck.runtime.custom_timetables import asking
from upgradecheck.runtime.executor import Executor
from upgradecheck.runtime.indexes import DATED, OF_DAG
from upgradecheck.runtime.loader import Loaded
from upgradecheck.runtime.model import Dag, TaskInstance, Upcoming, World
from upgradecheck.runtime.plan import Plan, PlanError, parsed
from upgradecheck.runtime.simulation import Simulation
from upgradecheck.runtime.states import RUN_DONE

DEFAULT_DATE = datetime(2026, 1, 5, tzinfo=timezone.utc)


class Survey(Struct, frozen=True):
    """For a comparison: each DAG goes on after its ``last`` run until ``end``, at most so many ``runs``. Then
    assets are written, and a person makes runs (``by_hand``: of a DAG, its dates and conf)."""

    end: datetime
    at: datetime  # of what a person does
    runs: int
    last: Callable[[Dag], Upcoming | None]
    by_hand: Callable[[str, datetime], tuple[tuple[datetime | None, dict[str, Any] | None], ...]]


class Options(Struct, frozen=True):
    """How to replay."""

    plan: Plan = Plan()
    execute: bool = False
    allowed: tuple[str, ...] = ()
    seconds: float = 30
    from_date: datetime | None = None
    to_date: datetime | None = None
    runs: int | None = None
    tables: str = ""
    dialect: str = ""
    survey: Survey | None = None


class RefusedRun(Struct, frozen=True):
    """A run that could not be made, after so many others of its DAG."""

    dag_id: str
    error: str
    after: int = 0


class Replayed(Struct, frozen=True):
    """What came of it."""

    world: World
    files: tuple[Loaded, ...]
    refused: tuple[RefusedRun, ...] = ()
    stuck: str = ""
    options: Options = field(default_factory=Options)


class _Settings:
    """What the executor has to know of the options."""

    def __init__(self, options: Options, folder: str) -> None:
        self.execute, self.seconds, self.folder = options.execute, options.seconds, folder
        self.survey = options.survey is not None
        self.plan = options.plan

    def given(self, what: str, ti: TaskInstance) -> Any:
        """What the plan says of a task instance: its ``results``, ``failures`` or ``answers``."""
        table = getattr(self.plan, what)
        names = (f"{ti.dag_id}.{ti.label}", f"{ti.dag_id}.{ti.task_id}", ti.task_id)
        return next((table[name] for name in names if name in table), None)


def replay(paths: Iterable[Path], options: Options) -> Replayed:
    """Replay these files. Raises ``PlanError`` for a plan that asks for what is not there."""
    plan = options.plan
    now = plan.now or options.from_date or datetime.fromtimestamp(time.time(), timezone.utc)
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        listener = Listener(f"{folder}/door", "AF_UNIX")
        executor = Executor({}, listener, _Settings(options, folder))
        try:
            world = World(now, variables=plan.variables, connections=plan.connections)
            simulation = Simulation(replace(world, versioned=plan.bundle == "versioned"), executor)
            bundle = Bundle(list(paths), options, folder, simulation)
            bundle.load()
            refused: list[RefusedRun] = []
            if not plan.parse_only and plan.next_runs is None:
                with asking(simulation.ask_timetable):
                    refused = list(live(simulation, options, bundle))
            stuck = "; ".join(simulation.stuck)
            return Replayed(simulation.world, tuple(bundle.files), tuple(refused), stuck, options)
        finally:
            executor.end()
            listener.close()


def live(simulation: Simulation, options: Options, bundle: Bundle) -> Iterable[RefusedRun]:
    """The plan, from its first run to the last. Raises ``PlanError``."""
    plan = options.plan
    if options.survey is not None:
        _survey(simulation, options.survey)
        return
    stack = plan.mode == "stack" or bool(plan.scheduled)
    window = options.from_date is not None or options.to_date is not None or options.runs is not None
    if window and plan.runs is None:
        _by_schedule(simulation, options)
        return
    if stack:
        _switch_on(simulation, plan)
    asked = plan.runs
    if asked is None:
        asked = [] if plan.scheduled else [{"dag_id": name} for name in sorted(simulation.world.dags)]
    for each in asked:
        yield from _one(simulation, bundle, each, stack)
    own = set(simulation.world.runs)
    simulation.settle(lambda: bool(plan.until) and _reached(simulation, plan.until) and _over(simulation, own))


def _reached(simulation: Simulation, wanted: dict[str, int]) -> bool:
    return all(simulation.finished(name) >= number for name, number in wanted.items())


def _over(simulation: Simulation, own: set[tuple[str, str]]) -> bool:
    return all(simulation.world.runs[key].state in RUN_DONE for key in own)


def _switch_on(simulation: Simulation, plan: Plan) -> None:
    """Every DAG is unpaused; of those with a clock only those that the plan names make runs by themselves."""
    for dag_id, dag in simulation.world.dags.items():
        quota = plan.scheduled.get(dag_id, 0) if dag.schedule.timed else None
        simulation.happen(events.Unpause(dag_id, quota))


def _by_schedule(simulation: Simulation, options: Options) -> None:
    """A window of the schedules of all DAGs."""
    horizon = options.to_date or (None if options.runs is not None else simulation.world.now)
    for dag_id in list(simulation.world.dags):
        simulation.happen(events.Unpause(dag_id, options.runs))
    simulation.settle(horizon=horizon)


def _survey(simulation: Simulation, survey: Survey) -> None:
    for dag_id, dag in list(simulation.world.dags.items()):
        simulation.happen(events.Unpause(dag_id, survey.runs, survey.last(dag)))
    simulation.settle(horizon=survey.end)
    for dag_id in list(simulation.world.dags):
        simulation.happen(events.Unpause(dag_id, 0))
    now = max(survey.at, simulation.world.now)
    simulation.world = replace(simulation.world, now=now)
    for name, uri in dict(assets.known(simulation.world)).items():
        simulation.happen(events.AssetWritten(name, uri))
    simulation.settle(horizon=now)
    for dag_id in list(simulation.world.dags):
        for number, (date, conf) in enumerate(survey.by_hand(dag_id, survey.at)):
            asked = events.AskRun(dag_id, date, conf, survey.at + timedelta(seconds=number), started=True)
            with suppress(runs.RunRefused, runs.RunExists):  # params without a value, a date that has a run: no run
                simulation.happen(asked)
    simulation.settle(horizon=now)


def _one(simulation: Simulation, bundle: Bundle, each: dict[str, Any], stack: bool) -> Iterable[RefusedRun]:
    if "wait_for" in each:
        wanted = each["wait_for"]
        simulation.settle(lambda: _reached(simulation, wanted))
        return
    if "asset" in each:
        given = each["asset"]
        name = given.get("name") or given.get("uri", "")
        simulation.happen(events.AssetWritten(name, given.get("uri") or name, given.get("extra") or {}))
        return
    if "deploy" in each:
        _deploy(simulation, bundle, each["deploy"], stack)
        return
    if "clear" in each or "backfill" in each:
        yield from _again(simulation, each, stack)
        return
    dag_id = each.get("dag_id")
    if dag_id not in simulation.world.dags:
        yield RefusedRun(str(dag_id), "no such dag")
        return
    date = parsed(each["logical_date"]) if "logical_date" in each else DEFAULT_DATE
    after = parsed(each.get("run_after"))
    asked = events.AskRun(dag_id, date, each.get("conf"), after, each.get("run_id", ""), started=not stack)
    try:
        simulation.happen(asked)
    except (runs.RunRefused, runs.RunExists) as error:
        yield RefusedRun(dag_id, str(error), sum(key[0] == dag_id for key in simulation.world.runs))
        return
    if not stack:
        simulation.settle()


def _deploy(simulation: Simulation, bundle: Bundle, given: dict[str, Any], stack: bool) -> None:
    """Other code takes the place of the DAG files, now or at a date; DAGs that are new in it are switched on."""
    date = parsed(given.get("at"))
    if date is not None:
        simulation.settle(horizon=date)
        simulation.world = replace(simulation.world, now=max(date, simulation.world.now))
    before = set(simulation.world.dags)
    bundle.deploy(Path(given["path"]))
    for dag_id in sorted(set(simulation.world.dags) - before) if stack else ():
        simulation.happen(events.Unpause(dag_id))


def _again(simulation: Simulation, each: dict[str, Any], stack: bool) -> Iterable[RefusedRun]:
    """A clear or a backfill."""
    given = each.get("clear") or each["backfill"]
    dag_id, world = given["dag_id"], simulation.world
    if dag_id not in world.dags:
        yield RefusedRun(dag_id, "no such dag")
        return
    if "backfill" in each:
        dates = parsed(given["from_date"]), parsed(given["to_date"])
        how = given.get("reprocess_behavior", "none")
        latest = given.get("run_on_latest_version")
        asked = events.Backfilled(dag_id, *dates, how, not stack, latest)  # type: ignore[arg-type]
        simulation.happen(asked)
    else:
        date = parsed(given.get("logical_date")) or DEFAULT_DATE
        named = world.runs.get((dag_id, given.get("run_id", "")))
        found = [named] if named else world.runs.members(DATED, (dag_id, date))
        if not found:
            yield RefusedRun(dag_id, "there is no run to clear", world.runs.size(OF_DAG, dag_id))
            return
        latest = given.get("run_on_latest_version")
        simulation.happen(events.Cleared(dag_id, found[0].run_id, not stack, latest))
    if not stack:
        simulation.settle()


__all__ = ["Options", "PlanError", "Replayed", "replay"]
