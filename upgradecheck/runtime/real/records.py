"""Rows of Airflow's metadata database as the report has them. Runs inside Airflow: the standard library and Airflow
only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

DEFAULT_DATE = "2026-01-05T00:00:00+00:00"
DONE = ("success", "failed")
PREFIX = re.compile(r"^(?:airflow|builtins|jsonschema|pendulum)(?:\.\w+)*\.(?=\w+(?::|$))")


def of(path: str) -> Any:
    """What a dotted name stands for."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def first(*paths: str) -> Any:
    """The first of these that this release has. Raises ``ImportError`` where it has none."""
    for path in paths:
        with suppress(ImportError, AttributeError):
            return of(path)
    raise ImportError(f"this Airflow has none of {', '.join(paths)}")


def parsed(date: str | None) -> datetime | None:
    """A date of a plan, in UTC where it names no zone."""
    return of("pendulum.parse")(date) if date is not None else None


def iso(date: datetime | None) -> str | None:
    """In UTC."""
    return date.astimezone(timezone.utc).isoformat() if date is not None else None


def label(row: Any) -> str:
    """A task instance's name in reports."""
    return str(row.task_id) if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"


def raised(text: str) -> str:
    """``Type: message`` of a traceback: what stands behind its last indented line."""
    lines = text.strip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith(("  ", "Traceback "))]
    found = "\n".join(lines[frames[-1] + 1 :] if frames else lines).strip()
    return PREFIX.sub("", found or text.strip())


def said(error: BaseException) -> str:
    """``Type: message``."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _word(state: Any) -> str | None:
    return None if state is None else str(getattr(state, "value", state))


def _number(version: Any) -> int | None:
    return None if version is None else int(version.version_number)


def run_record(session: Any, run: Any, errors: dict[str, dict[str, str]]) -> dict[str, Any]:
    """One run: states, XComs, tries, dates, what its templates became and what raised."""
    select = of("sqlalchemy.select")

    def rows(path: str) -> list[Any]:
        table = of(path)
        return list(session.scalars(select(table).where(table.dag_id == run.dag_id, table.run_id == run.run_id)))

    instances = sorted(rows("airflow.models.taskinstance.TaskInstance"), key=lambda ti: (ti.task_id, ti.map_index))
    xcoms: dict[str, dict[str, Any]] = {}
    for xcom in rows("airflow.models.xcom.XComModel"):
        xcoms.setdefault(label(xcom), {})[xcom.key] = xcom.value
    rendered = rows("airflow.models.renderedtifields.RenderedTaskInstanceFields")
    return {
        "run_id": run.run_id,
        "run_type": _word(run.run_type),
        "version": _number(run.created_dag_version),
        "bundle_version": run.bundle_version,
        "state": _word(run.state),
        "reason": "",
        "logical_date": iso(run.logical_date),
        "data_interval_start": iso(run.data_interval_start),
        "data_interval_end": iso(run.data_interval_end),
        "run_after": iso(run.run_after),
        "start_date": iso(run.start_date),
        "end_date": iso(run.end_date),
        "conf": run.conf or {},
        "tasks": {label(ti): _word(ti.state) for ti in instances},
        "tries": {label(ti): ti.try_number for ti in instances},
        "versions": {label(ti): _number(ti.dag_version) for ti in instances},
        "xcoms": xcoms,
        "rendered": {label(row): row.rendered_fields for row in rendered},
        "errors": errors,
    }


def logged(logs: Path, dag_id: str, run_id: str) -> dict[str, dict[str, str]]:
    """What the logs of a run's tasks say was raised last, and where in the DAG's own files."""
    found: dict[str, dict[str, str]] = {}
    for log in sorted(logs.glob(f"dag_id={dag_id}/run_id={run_id}/task_id=*/**/attempt=*.log")):
        parts = dict(part.split("=", 1) for part in log.parts if "=" in part)
        name = parts["task_id"] + (f"[{parts['map_index']}]" if "map_index" in parts else "")
        for error in _exceptions(log):
            found[name] = error
    return found


def _exceptions(log: Path) -> Iterator[dict[str, str]]:
    for line in log.read_text("utf-8", "replace").splitlines():
        try:
            details = json.loads(line).get("error_detail") or ()
        except (ValueError, AttributeError):  # a line that a task printed
            continue
        for detail in details:
            own = [frame for frame in detail["frames"] if "site-packages" not in frame["filename"]]
            where = f"{own[-1]['filename']}:{own[-1]['lineno']}" if own else ""
            yield {"error": f"{detail['exc_type']}: {detail['exc_value']}".removesuffix(": "), "where": where}
