"""Files that are no code, for tests: written, and looked up in reports."""

from __future__ import annotations

from pathlib import Path

from upgradecheck.report import Report

OPTION = "AIRFLOW__WEBSERVER__BASE_URL"
SECRET = "hunter2-hunter2"


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def places(report: Report, name: str) -> list[tuple[int, int, str]]:
    return [(f.span.line, f.span.column, f.subject) for f in report.findings if f.document == name and f.span]


def outcome(report: Report, name: str) -> object:
    return next(o for o in report.outcomes if o.document == name)
