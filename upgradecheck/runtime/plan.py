"""The plan of a replay: what to run, and with what. The keys are those of the conformance cases, and some of
ours."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from upgradecheck.runtime import planschema
from upgradecheck.runtime.planschema import Date, DateText


class PlanError(ValueError):
    """A plan that cannot be read; says where and what to do."""


class NextRuns(Struct, frozen=True, forbid_unknown_fields=True):
    """Only ask the schedules: the next ``n`` runs from ``now`` on, and manual runs' data intervals."""

    now: Date
    n: int
    n_by_suffix: dict[str, int] = {}
    manual: list[DateText] = []


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person answers."""

    chosen_options: list[str]
    params_input: dict[str, Any] = {}


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """A plan. ``runs``: each ``{"dag_id", "logical_date", "conf", "run_after"}``, ``{"wait_for": {dag_id: n}}``,
    ``{"asset": {"name", "uri", "extra"}}``, ``{"clear": {"dag_id", "logical_date" or "run_id"}}``,
    ``{"backfill": {"dag_id", "from_date", "to_date", "reprocess_behavior"}}`` or ``{"deploy": {"path", "at"}}``:
    other code takes the place of the DAG files, in a ``bundle`` that keeps older code (``versioned``, as git does)
    or one that does not (``local``). By ``dag_id.task_id``, also with
    ``--execute``: ``results``, what a task returns without being run (a branch: what it follows; a short circuit:
    whether it goes on), ``failures``, with which message each of its tries fails, ``answers`` of people
    (``{"chosen_options", "params_input"}``)."""

    runs: list[dict[str, Any]] | None = None
    scheduled: dict[str, int] = {}
    until: dict[str, int] = {}
    never: list[str] = []
    settle: float = 0
    variables: dict[str, str] = {}
    connections: dict[str, str] = {}
    mode: Literal["", "stack", "test"] = ""
    bundle: Literal["local", "versioned"] = "local"
    parse_only: bool = False
    import_error: bool = False
    next_runs: NextRuns | None = None
    events: bool = False
    unordered_runs: bool = False
    timeout: float = 0
    now: Date | None = None
    results: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


def read(path: Path) -> Plan:
    """A plan out of a file. Raises ``PlanError``, which names file, line and remedy."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text)
    except OSError as error:
        raise PlanError(f"{path}: the plan cannot be read: {error.strerror}: name a file of JSON") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path}: the plan is no UTF-8: save it as such") from error
    except json.JSONDecodeError as error:
        raise PlanError(f"{path}:{error.lineno}: the plan is no JSON: {error.msg}: mend it there") from error
    except RecursionError as error:
        raise PlanError(f"{path}: the plan is nested too deeply: write what a plan may hold") from error
    for fault in planschema.faults(text, data, planschema.schema(Plan), parsed):
        raise PlanError(f"{path}:{fault}")
    for holder in (data, data.get("next_runs") or {}):
        if holder.get("now"):
            holder["now"] = parsed(holder["now"])
    for step in data.get("runs") or ():
        if "deploy" in step:
            step["deploy"]["path"] = str(path.parent.resolve() / step["deploy"]["path"])
    try:
        return msgspec.convert(data, Plan)
    except msgspec.ValidationError as error:  # a number beyond all bounds, say
        raise PlanError(f"{path}:1: {error}: mend it there") from error


def parsed(date: Any) -> datetime | None:
    """A date of a plan, in UTC where it names no zone. Raises ``PlanError``."""
    from datetime import timezone

    if date is None:
        return None
    try:
        found = datetime.fromisoformat(str(date).replace("Z", "+00:00"))
    except ValueError as error:
        raise PlanError(f"{date!r} is no date: write it as 2026-01-05T00:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
