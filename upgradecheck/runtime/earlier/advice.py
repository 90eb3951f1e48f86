"""One sentence: what a person must do about a DAG before it goes to 3.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from upgradecheck.runtime.earlier.difference import UNDATED, Difference
from upgradecheck.runtime.earlier.timetables import INTERVALS

MANY = 4
UNCHANGED = "Nothing: what its tasks use of dates, keys and templates stays the same."


def sentence(found: Difference, error: str, successors: dict[str, str]) -> str:
    """What is to be done, the most urgent first."""
    parts = [f"make its file load ({error.splitlines()[0]})"] if error else []
    parts += [said for part in PARTS for said in part(found, successors)]
    if not parts:
        shifted = any(run.before and run.after and run.before != run.after for run in found.runs)
        return "Nothing: no task uses the dates that differ." if shifted else UNCHANGED
    text = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"{text[0].upper()}{text[1:]}."


def _schedule(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    if found.before.timed and not found.after.timed:
        yield "write `schedule=timedelta(days=1)`, without which it no longer runs by itself"


def _catchup(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    if found.before.catchup and not found.after.catchup and found.after.timed:
        yield "write `catchup=True` if runs that were missed are to be made up for"


def _gone(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    for key in found.keys:
        if not key.there and key.kind != UNDATED and key.key in successors:
            new = successors[key.key]
            yield f"{f'write `{new}` for' if new else 'do without'} `{key.key}` in {named(key.tasks)}"


def _members(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    gone = {key.key for key in found.keys if not key.there}
    failing = {
        each.task
        for each in found.templates
        if each.error and each.kind != UNDATED and not any(f"'{key}'" in each.error for key in gone)
    }
    if failing:
        yield f"mend the templates of {named(tuple(sorted(failing)))}, which no longer render"


def _dates(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    moved = [key for key in found.keys if key.there and key.kind != UNDATED and key.key != "run_id"]
    if not moved:
        return
    names = ", ".join(f"`{key.key}`" for key in moved[:MANY]) + (" and others" if len(moved) > MANY else "")
    tasks = tuple(sorted({task for key in moved for task in key.tasks}))
    keep = f", or keep the intervals by `{found.before.timetable}`" if _loses_intervals(found) else ""
    yield f"look at {names} in {named(tasks)}{keep}"


def _loses_intervals(found: Difference) -> bool:
    return found.before.timetable in INTERVALS and found.after.timetable not in INTERVALS


def _undated(found: Difference, successors: dict[str, str]) -> Iterator[str]:
    missing = [key.key for key in found.keys if not key.there and key.key not in successors]
    if missing and not found.after.timed:
        names = ", ".join(f"`{key}`" for key in missing[:MANY]) + (" and others" if len(missing) > MANY else "")
        yield f"see to runs without a logical date, which have no {names}"


PARTS: tuple[Callable[[Difference, dict[str, str]], Iterator[str]], ...] = (
    _schedule,
    _catchup,
    _gone,
    _members,
    _dates,
    _undated,
)


def named(tasks: tuple[str, ...]) -> str:
    """Some tasks."""
    names = ", ".join(f"`{task}`" for task in tasks[:MANY])
    return f"task{'s' if len(tasks) > 1 else ''} {names}{' and others' if len(tasks) > MANY else ''}"
