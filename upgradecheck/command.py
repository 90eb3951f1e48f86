"""``upgradecheck check``: run, print the report where it belongs, decide the exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from upgradecheck import judge
from upgradecheck.config import ConfigError, Options
from upgradecheck.report import Report

CLEAN, FOUND, UNCHECKED = 0, 1, 3


def perform(
    *, form: str, output: str | None, no_cache: bool, no_progress: bool, color: str, quiet: bool, verbose: bool,
    statistics: bool, stdin_filename: str, fail_on: str | None, **given: Any,
) -> int:  # fmt: skip
    """One run of the command; returns its exit code. Raises `ConfigError`."""
    from upgradecheck.run import run

    options = Options(
        **given, stdin_name=stdin_filename, fail_on=fail_on or "", cache=not no_cache
    )
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise ConfigError("--unsafe-fixes goes with --fix or --diff")
    report = run(options)
    text = render(report, form)
    if output:
        Path(output).write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
    return exit_code(report, options.fail_on or "error")


def render(report: Report, form: str) -> str:
    """The report in a format."""
    from upgradecheck.reports import json

    return {"json": json.findings, "report": json.whole, "text": json.findings}[form](report)


def exit_code(report: Report, fail_on: str) -> int:
    """0 nothing at or above, 1 findings, 3 something could not be checked (or found) and nothing worse."""
    unchecked = set(report.unchecked)
    if any(judge.at_least(f, fail_on) for f in report.findings if f.document not in unchecked):
        return FOUND
    return UNCHECKED if unchecked or not report.checked else CLEAN
