"""``--format github``: workflow commands, which GitHub shows at the lines of a pull request."""

from __future__ import annotations

from collections.abc import Container, Mapping

from upgradecheck.model import Finding, Severity
from upgradecheck.report import Report
from upgradecheck.reports.words import in_a_file, located, many, printable, totals, unwritten

Changed = Mapping[str, Container[int]]  # path below the checkout → its changed lines
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SHOWN = 10  # of each kind, for each step; GitHub drops the rest without a word


def render(report: Report, changed: Changed | None = None) -> str:
    """A command for each finding, the worst first; with ``changed`` only for those on changed lines."""
    told = [f for f in report.findings if changed is None or _touched(f, changed)]
    told.sort(key=lambda finding: list(_COMMANDS).index(finding.severity))
    lines = [_command(finding) for finding in told]
    lines += [f"upgradecheck: {line}" for line in (printable(report.advice), totals(report)) if line]
    lines += [f"upgradecheck: {printable(f'{name}: {reason}')}" for name, reason in unwritten(report)]
    if elsewhere := len(report.findings) - len(told):
        lines.append(f"upgradecheck: {many(elsewhere, 'finding')} on lines that did not change: not annotated")
    if any(sum(f.severity is severity for f in told) > _SHOWN for severity in _COMMANDS):
        lines.append(f"upgradecheck: GitHub shows {_SHOWN} annotations of each kind; this log has them all")
    return "\n".join(lines) + "\n"


def _touched(finding: Finding, changed: Changed) -> bool:
    lines = changed.get(located(finding))
    if lines is None or finding.span is None:
        return lines is not None
    return any(line in lines for line in range(finding.span.line, finding.span.end_line + 1))


def _command(finding: Finding) -> str:
    properties = {"title": finding.rule_id}
    if in_a_file(finding):
        properties = {"file": located(finding), **_region(finding), **properties}
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {given}::{_data(f'{finding.message}{chr(10)}{finding.advice}')}"


def _region(finding: Finding) -> dict[str, str]:
    span = finding.span
    if span is None:
        return {}
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    if span.line != span.end_line:  # GitHub takes columns within one line only
        return lines
    return {**lines, "col": str(span.column), "endColumn": str(span.end_column)}


def _data(text: str) -> str:
    """Text that cannot end the command, nor begin another."""
    lines = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
