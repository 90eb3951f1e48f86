"""The comparison of a replay with 2.x as text: by DAG what to do, then the runs, keys and templates that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from upgradecheck.reports.words import many

ROWS = 12  # runs of a DAG that are shown; in the replay itself, too
WIDTH = 160  # of a value
SIDES = {"timetable": "timetable", "catchup": "catchup", "made_up": "runs of the past at once"}


def lines(found: dict[str, Any], told: dict[str, str]) -> Iterator[str]:
    """The comparison. ``told``: the files that do not load, with their errors; each is told once."""
    old = found["release"]
    until = f" to {_date(found['to'])}" if found["to"] else ""
    about = "schedules, dates, keys and templates; `upgradecheck check` tells of code that breaks"
    yield f"against {old}, from {_date(found['from'])}{until} ({about}):"
    again = [file for file, error in found["not_compared"].items() if told.get(file) == error]
    if again:
        yield f"{many(len(again), 'file')} that cannot be loaded (above): not compared"
    for file, error in sorted(found["not_compared"].items()):
        if file not in again:
            yield f"{file}: not compared: {error}"
    for dag_id in found["only_on_one"]:
        yield f"{dag_id}: only one of both has this DAG"
    for dag_id, dag in sorted(found["dags"].items()):
        yield f"{dag_id} ({dag['file']})"
        yield f"  to do: {dag['todo']}"
        yield from _sides(dag, old)
        yield from _runs(dag, old)
        yield from _by_hand(dag, old)
        yield from _keys(dag, old)
        yield from _templates(dag, old)
    if found["stuck"]:
        yield f"the comparison stopped: {found['stuck']}"


def _date(text: str | None) -> str:
    return text.removesuffix("+00:00").removesuffix(":00") if text else "none"


def _sides(dag: dict[str, Any], old: str) -> Iterator[str]:
    before, after = dag["before"], dag["after"]
    if not before["timed"]:
        before = {**before, "catchup": after["catchup"]}  # nothing to make up for
    for name, label in SIDES.items():
        if before[name] != after[name]:
            yield f"  {label}: {before[name]} on {old}, now {after[name]}"


def _runs(dag: dict[str, Any], old: str) -> Iterator[str]:
    runs = dag["runs"]
    if not any(run["before"] != run["after"] for run in runs):
        if runs:
            yield f"  {many(len(runs), 'run')}, with the same dates on both"
        return
    yield f"  runs, by when they start (logical date, interval; {old}, then now):"
    for run in runs[:ROWS]:
        yield f"    {_date(run['starts'])}: {_dates(run['before'])}; {_dates(run['after'])}"
    if len(runs) > ROWS or dag["more"]:
        yield f"    and {len(runs) - ROWS}{' and more' if dag['more'] else ''}"


def _dates(run: dict[str, Any] | None) -> str:
    if run is None:
        return "no run"
    start, end = run["data_interval_start"], run["data_interval_end"]
    interval = "none" if start is None else _date(start) if start == end else f"{_date(start)} to {_date(end)}"
    return f"{_date(run['logical_date'])}, interval {interval}"


def _by_hand(dag: dict[str, Any], old: str) -> Iterator[str]:
    shown = {each["kind"] for each in (*dag["keys"], *dag["templates"])}
    for run in dag["manual"]:
        matters = run["after"]["logical_date"] is not None or run["kind"] in shown
        if matters and run["before"] != run["after"]:
            yield f"  started {run['kind']}: {_dates(run['before'])} on {old}, now {_dates(run['after'])}"


def _keys(dag: dict[str, Any], old: str) -> Iterator[str]:
    for key in dag["keys"]:
        now = f"now {key['after'] or 'another'}" if key["there"] else "now missing"
        was = f"{key['before'] or 'there'} on {old}"
        yield f"  {key['key']} in {', '.join(key['tasks'])} ({key['kind']}): {was}, {now}"


def _templates(dag: dict[str, Any], old: str) -> Iterator[str]:
    for each in dag["templates"]:
        place = f"{each['task']}.{each['field']}".removesuffix(".")
        was = each["unknown"] or f"{_shown(each['before'])} on {old}"
        now = f"does not render: {each['error']}" if each["error"] else f"now {_shown(each['after'])}"
        yield f"  {place} ({each['kind']}): {was}, {now}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"
