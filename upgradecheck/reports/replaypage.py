"""``replay --format html``: one page that needs nothing but itself. What stands on it; the template says how.

Whatever comes from the project is text: the template escapes all of it, and what looks like a secret is masked.
Links go from place to place on the page, so that all of it can be reached with the keyboard and without a script;
the script adds the filter, arrow keys and a column to look at.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from msgspec import Struct

from upgradecheck import __version__
from upgradecheck.reports import timeline
from upgradecheck.reports.html import prose
from upgradecheck.reports.masking import masked
from upgradecheck.reports.words import many, printable

HERE = Path(__file__).parent
RUNS = 60  # of a DAG, in the grid: the last ones
INSTANCES = 6_000  # on the page, with all that is known of them; beyond these only those that failed
OF_A_CELL = 40
LONG = 4_000  # characters of a value
STATES = {  # state -> (mark, how it is drawn); what is worst comes first
    "failed": ("✕", "bad"),
    "upstream_failed": ("⊘", "blocked"),
    "up_for_retry": ("↻", "waits"),
    "up_for_reschedule": ("↺", "waits"),
    "deferred": ("◷", "waits"),
    "awaiting_input": ("?", "waits"),
    "restarting": ("↻", "waits"),
    "running": ("▶", "waits"),
    "queued": ("…", "waits"),
    "scheduled": ("…", "waits"),
    "none": ("·", "nothing"),
    "removed": ("−", "nothing"),
    "skipped": ("»", "skipped"),
    "success": ("✓", "good"),
}
ORDER = {state: number for number, state in enumerate(STATES)}


class Cell(Struct, frozen=True):
    """A task in a run: of mapped instances the worst, and how many ended how."""

    state: str
    number: int
    told: str
    link: str = ""


class Instance(Struct, frozen=True):
    """All about one instance. Values are (name, text)."""

    label: str
    state: str
    tries: int
    error: str = ""
    where: str = ""
    rendered: tuple[tuple[str, str], ...] = ()
    xcoms: tuple[tuple[str, str], ...] = ()


class Detail(Struct, frozen=True):
    """What a cell leads to: a task in a run, its instances, the worst first, and how many are not shown."""

    anchor: str
    label: str
    run: str
    instances: tuple[Instance, ...]
    more: int


class Column(Struct, frozen=True):
    """A run."""

    anchor: str
    title: str
    short: str
    state: str
    facts: tuple[tuple[str, str], ...] = ()
    error: str = ""


class Section(Struct, frozen=True):
    """A DAG."""

    anchor: str
    dag_id: str
    file: str
    facts: tuple[str, ...]
    notable: bool
    badges: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, str, tuple[Cell | None, ...]], ...]
    details: tuple[Detail, ...]
    hidden: int
    picture: timeline.Picture | None
    upcoming: tuple[tuple[str | None, ...], ...]
    against: dict[str, Any] | None


def render(found: dict[str, Any]) -> str:
    """The page of a replay's report."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_plain, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(value=text_of, date=date, prose=prose)
    script = (HERE / "replay.js").read_text("utf-8")
    room = count(1)
    sections = [_section(number, dag_id, found, room) for number, dag_id in enumerate(_dag_ids(found))]
    return environment.from_string((HERE / "replay.html.jinja").read_text("utf-8")).render(
        found=found,
        sections=sections,
        tiles=_tiles(found, sections),
        version=__version__,
        states=STATES,
        many=many,
        against=found.get("against"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _plain(value: object) -> object:
    """What is printed, without secrets and without characters that would steer anything."""
    return "\n".join(printable(masked(line)) for line in value.split("\n")) if type(value) is str else value


def text_of(value: Any) -> str:
    """A value as a reader expects it: text as it is, all else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= LONG else f"{text[:LONG]}… ({len(text)} characters)"


def date(text: str | None) -> str:
    """A date of the report, short."""
    return text.removesuffix("+00:00").removesuffix(":00").replace("T", " ") if text else "none"


def _dag_ids(found: dict[str, Any]) -> list[str]:
    return sorted(found["dags"].keys() | found["dag_props"].keys())


def _tiles(found: dict[str, Any], sections: list[Section]) -> list[tuple[int, str, str]]:
    """(number, of what, how it is drawn)."""
    runs = [run for dag in found["dags"].values() for run in dag["runs"]]
    failed = sum(run.get("state") == "failed" for run in runs)
    refused = sum("tasks" not in run for run in runs)
    tiles = [
        (len(sections), "DAG" if len(sections) == 1 else "DAGs", ""),
        (len(found["import_errors"]), "files that do not load", "bad"),
        (len(found["not_modelled"]), "files not modelled", "waits"),
        (len(runs), "run" if len(runs) == 1 else "runs", ""),
        (failed, "failed runs", "bad"),
        (refused, "refused runs", "bad"),
    ]
    differ = [section for section in sections if section.against and timeline.differs(section.against)]
    if "against" in found:
        tiles.append((len(differ), f"DAGs that differ from {found['against']['release']}", "waits"))
    return [(number, what, how if number else "") for number, what, how in tiles]


def _section(number: int, dag_id: str, found: dict[str, Any], room: count[int]) -> Section:
    dag = found["dags"].get(dag_id, {"runs": []})
    props = found["dag_props"].get(dag_id, {})
    against = found.get("against", {}).get("dags", {}).get(dag_id)
    runs, anchor = dag["runs"], f"d{number}"
    shown = runs[-RUNS:]
    columns = tuple(_column(f"{anchor}r{n}", run) for n, run in enumerate(shown))
    rows, details = _grid(shown, columns, _tasks(props, shown), props.get("operators", {}), room)
    bad = sum(run.get("state") == "failed" or "tasks" not in run for run in runs)
    ends = Counter(state for run in runs for state in run.get("tasks", {}).values())
    badges = [(many(bad, "failed run"), "bad")] if bad else []
    badges += [(many(ends["failed"], "failed task"), "bad")] if ends["failed"] else []
    badges += [("differs", "waits")] if against is not None and timeline.differs(against) else []
    stand_ins = found["stand_ins"].get(dag_id, [])
    facts = [props.get("timetable", ""), f"catchup {props['catchup']}" if "catchup" in props else ""]
    facts += [f"not modelled, so stand-ins: {', '.join(stand_ins)}"] if stand_ins else []
    return Section(
        anchor=anchor,
        dag_id=dag_id,
        file=props.get("file", ""),
        facts=tuple(filter(None, facts)),
        notable=bool(badges),
        badges=tuple(badges),
        columns=columns,
        rows=tuple(rows),
        details=tuple(details),
        hidden=len(runs) - len(shown),
        picture=timeline.picture(shown, [column.anchor for column in columns], against, found.get("against")),
        upcoming=tuple(tuple(row) for row in found.get("next_runs", {}).get(dag_id, {}).get("runs", ())),
        against=against,
    )


def _column(anchor: str, run: dict[str, Any]) -> Column:
    if "tasks" not in run:
        return Column(anchor, "a run that was refused", "refused", "failed", error=run["error"])
    when = run["logical_date"] or run["run_after"]
    names = ("logical_date", "data_interval_start", "data_interval_end", "run_after", "start_date", "end_date")
    facts = [(name.replace("_", " "), date(run[name])) for name in names]
    facts += [("run id", run["run_id"]), ("why it ended so", run["reason"]), ("conf", text_of(run["conf"] or ""))]
    title = f"{run['run_type']} {date(when)}"
    return Column(anchor, title, date(when)[2:], run["state"], tuple(fact for fact in facts if fact[1]))


def _tasks(props: dict[str, Any], runs: list[dict[str, Any]]) -> list[str]:
    """Tasks in the order in which they run, those that only old runs have last."""
    names = props.get("tasks", [])
    behind: dict[str, list[str]] = {name: [] for name in names}
    waits = Counter[str]()
    for before, after in props.get("edges", []):
        behind[before].append(after)
        waits[after] += 1
    ready = [name for name in names if not waits[name]]
    order: list[str] = []
    while ready:
        order.append(ready.pop(0))
        for after in behind[order[-1]]:
            waits[after] -= 1
            ready += [] if waits[after] else [after]
    seen = dict.fromkeys(label.partition("[")[0] for run in runs for label in run.get("tasks", {}))
    return list(dict.fromkeys([*order, *names, *seen]))


def _grid(
    runs: list[dict[str, Any]],
    columns: tuple[Column, ...],
    tasks: list[str],
    operators: dict[str, str],
    room: count[int],
) -> tuple[list[tuple[str, str, tuple[Cell | None, ...]]], list[Detail]]:
    """The rows, and what the cells lead to."""
    cells: dict[tuple[str, int], Cell] = {}
    details: list[Detail] = []
    for number, (run, column) in enumerate(zip(runs, columns, strict=True)):
        labels: dict[str, list[str]] = {}
        for label in run.get("tasks", {}):
            labels.setdefault(label.partition("[")[0], []).append(label)
        for task, those in labels.items():
            ends = Counter(run["tasks"][label] or "none" for label in those)
            anchor = f"{column.anchor}t{tasks.index(task)}"
            shown = _instances(those, run, room)
            worst = min(ends, key=lambda state: ORDER.get(state, 0))
            told = ", ".join(f"{many} {state}" if len(those) > 1 else state for state, many in sorted(ends.items()))
            cells[task, number] = Cell(worst, len(those), told, anchor if shown else "")
            details += [Detail(anchor, task, column.title, shown, len(those) - len(shown))] if shown else []
    rows = [(t, operators.get(t, ""), tuple(cells.get((t, n)) for n in range(len(runs)))) for t in tasks]
    return rows, details


def _instances(labels: list[str], run: dict[str, Any], room: count[int]) -> tuple[Instance, ...]:
    """Each, as long as there is room on the page; of one cell the first few, failed ones before others."""
    ordered = sorted(labels, key=lambda label: ORDER.get(run["tasks"][label] or "none", 0))  # stable
    return tuple(
        _instance(label, run)
        for label in ordered[:OF_A_CELL]
        if run["tasks"][label] == "failed" or next(room) <= INSTANCES
    )


def _instance(label: str, run: dict[str, Any]) -> Instance:
    state = run["tasks"][label] or "none"
    error = run["errors"].get(label) if state in ("failed", "up_for_retry", "skipped") else None
    return Instance(
        label,
        state,
        run["tries"].get(label, 0),
        error["error"] if error else "",
        error["where"] if error else "",
        tuple(_values(run["rendered"].get(label) or {})),
        tuple(_values(run["xcoms"].get(label) or {})),
    )


def _values(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and texts, stars where a name says that its value is a secret."""
    for name, value in given.items():
        if value not in (None, "", [], {}):
            asked = f'{name}="x"'
            yield name, text_of(value) if masked(asked) == asked else "********"
