"""``replay --against 2.11``: the same files read in two ways, one window lived through twice, and what differs.

Both go on from the last run that 2.11 made before the window, as an upgrade does. Nothing is executed: what tasks
return is what the plan says, or a word in its place. A file that does not load on 3.3 is compared as it is once its
names and arguments are mended; its error stands beside it.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from upgradecheck.runtime import timetables
from upgradecheck.runtime.earlier import difference as of
from upgradecheck.runtime.earlier.advice import sentence
from upgradecheck.runtime.earlier.dialects import RELEASE
from upgradecheck.runtime.earlier.timetables import before as last_before
from upgradecheck.runtime.loader import Loaded
from upgradecheck.runtime.model import Dag, Upcoming
from upgradecheck.runtime.plan import Plan, parsed
from upgradecheck.runtime.replay import Options, Replayed, Survey, replay
from upgradecheck.runtime.report import iso, said

RELEASES = (RELEASE,)
SHOWN = 3  # runs of each schedule where no window is given
BY_HAND = timedelta(minutes=90)  # after the window, or after it begins where it has no end: a person makes a run
LIVED = 10  # runs of each schedule whose templates are rendered
MOST = 500  # runs of each schedule that are listed


class Window(msgspec.Struct, frozen=True):
    """From when to when, and how many runs at most."""

    begin: datetime
    end: datetime | None
    runs: int


def window(options: Options) -> Window:
    """As the options have it; without dates the next few runs from the plan's ``now`` on, or from today."""
    today = datetime.fromtimestamp(time.time(), timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = options.from_date or options.plan.now or today
    number = options.runs or (MOST if options.to_date else SHOWN)
    return Window(begin, options.to_date, min(number, MOST))


class Lived(msgspec.Struct, frozen=True):
    """The window, lived through as each version does; ``last``: the run before it, of each DAG."""

    window: Window
    before: Replayed
    after: Replayed
    last: dict[str, Upcoming | None]


def live(paths: Iterable[Path], options: Options) -> Lived:
    """Read the files twice and live through the window. Raises ``PlanError``."""
    asked, files = window(options), list(paths)

    def last(dag: Dag) -> Upcoming | None:
        return last_before(dag.schedule, timetables.restriction(dag), asked.begin)

    before = replay(files, _survey(options, asked, RELEASE, last))
    going_on = {name: last(dag) for name, dag in before.world.dags.items()}
    after = replay(files, _survey(options, asked, "mended", lambda dag: going_on.get(dag.dag_id)))
    return Lived(asked, before, after, going_on)


def compare(paths: Iterable[Path], options: Options, plain: Replayed) -> dict[str, Any]:
    """The comparison as data. ``plain``: the replay of the same files as they are. Raises ``PlanError``."""
    lived = live(paths, options)
    before, after = lived.before, lived.after
    errors = {each.file: said(each.error) for each in plain.files if each.error}
    tables = Path(options.tables)
    known, successors = _known(tables), _successors(tables)
    found = {}
    for dag_id in sorted(before.world.dags.keys() & after.world.dags.keys()):
        each = _difference(dag_id, lived, known)
        error = errors.get(each.file, "")
        text = {**_plain(each), "loads": not error, "todo": sentence(each, error, successors)}
        found[dag_id] = {name: value for name, value in text.items() if name != "dag_id"}
    alone = sorted(before.world.dags.keys() ^ after.world.dags.keys())
    return {
        "release": RELEASE,
        "from": iso(lived.window.begin),
        "to": iso(lived.window.end),
        "dags": found,
        "not_compared": {**_failures(before.files), **_failures(after.files)},
        "only_on_one": alone,
        "stuck": before.stuck or after.stuck,
    }


def _failures(files: Iterable[Loaded]) -> dict[str, str]:
    return {each.file: said(each.error) for each in files if each.error}


def _survey(options: Options, asked: Window, dialect: str, last: Callable[[Dag], Upcoming | None]) -> Options:
    """The options of one reading of the files, without execution."""
    given = options.plan
    end = asked.end or asked.begin + timedelta(days=400)
    at = (asked.end or asked.begin) + BY_HAND
    return Options(
        plan=Plan(variables=given.variables, connections=given.connections, results=given.results, now=asked.begin),
        allowed=options.allowed,
        seconds=options.seconds,
        tables=options.tables,
        dialect=dialect,
        survey=Survey(end, at, min(asked.runs, LIVED), last, partial(_by_hand, given, dialect != RELEASE)),
    )


def _by_hand(
    plan: Plan, undated: bool, dag_id: str, at: datetime
) -> tuple[tuple[datetime | None, dict[str, Any] | None], ...]:
    """A run with a date, as the plan has it or at this moment; on 3.3 one without, too."""
    asked = next((each for each in plan.runs or () if each.get("dag_id") == dag_id), {})
    date, conf = parsed(asked.get("logical_date")) or at, asked.get("conf")
    return ((date, conf), (None, conf)) if undated else ((date, conf),)


def _difference(dag_id: str, lived: Lived, known: frozenset[str]) -> of.Difference:
    asked, before, after = lived.window, lived.before.world, lived.after.world
    old, new = before.dags[dag_id], after.dags[dag_id]
    last = lived.last.get(dag_id)
    lists = [of.schedule(dag, last, asked.begin, asked.end, asked.runs) for dag in (old, new)]
    pairs = list(of.pairs(dag_id, before, after))
    return of.Difference(
        dag_id,
        old.file,
        _side(old, new, asked),
        _side(new, old, asked),
        runs=of.side_by_side(*lists),
        more=asked.end is not None and any(len(each) == MOST for each in lists),
        manual=tuple(_manual(pair) for pair in pairs if pair.kind in (of.DATED, of.UNDATED)),
        keys=of.keys(pairs, before, after, known),
        templates=of.templates(pairs, before, after),
    )


def _manual(pair: of.Pair) -> of.Manual:
    return of.Manual(pair.kind, pair.after.run_after, of.dates(pair.before), of.dates(pair.after))


def _side(dag: Dag, other: Dag, asked: Window) -> of.Side:
    differ = dag.catchup != other.catchup and dag.start_date is not None
    number = of.made_up(dag, asked.begin, MOST) if differ else None
    return of.Side(dag.schedule.name, dag.catchup, dag.schedule.timed, number)


def _known(tables: Path) -> frozenset[str]:
    with (tables / "context_keys.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["key"] for row in csv.DictReader(file) if not row["holds"])


def _successors(tables: Path) -> dict[str, str]:
    """What takes the place of keys that are gone; nothing: an empty text."""
    with (tables.parent / "context_key.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row["new"] for row in csv.DictReader(file) if row["owner"] == "context"}


def _plain(found: of.Difference) -> dict[str, Any]:
    def hook(value: Any) -> Any:
        return iso(value) if isinstance(value, datetime) else str(value)

    plain: dict[str, Any] = msgspec.to_builtins(found, builtin_types=(datetime,), enc_hook=hook)
    dated: dict[str, Any] = _isoed(plain)
    return dated


def _isoed(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: _isoed(item) for key, item in value.items()}
    return [_isoed(item) for item in value] if isinstance(value, list | tuple) else value
