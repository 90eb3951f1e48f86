"""``--format html``: one page for people who plan the upgrade; it needs nothing but itself, and runs nothing.

Whatever comes from the project is text: the template escapes all of it, and control characters are spelled out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from upgradecheck import __version__
from upgradecheck.model import Crashed, Finding, Fix, Severity, Skipped, Unparsable
from upgradecheck.report import Report
from upgradecheck.reports import words
from upgradecheck.reports.masking import masked

_MOST = 5_000  # findings on a page that a browser still opens; --format report has them all
_BLOCKERS = 100
_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def render(report: Report) -> str:
    """The page."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_plain, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = prose
    template = environment.from_string(_TEMPLATE.read_text("utf-8"))
    shown = report.findings[:_MOST]
    return template.render(
        report=report,
        version=__version__,
        words=words,
        severities=[severity.value for severity in Severity],
        states={
            "ready": "loads and runs",
            "ready_after_fixes": "after safe fixes",
            "waiting": "waits for a person",
        },
        rules=_rules(report.findings),
        files=[(name, [*map(_told, found)]) for name, found in groupby(shown, key=lambda f: f.document)],
        most_blockers=_BLOCKERS,
        hidden=len(report.findings) - len(shown),
        suppressed=[(_told(s.finding), words.suppressed_why(s.by)) for s in report.suppressed[:_MOST]],
        problems=[*_problems(report)],
        outcomes=sorted(Counter(type(outcome).__name__.lower() for outcome in report.outcomes).items()),
    )


def _plain(value: object) -> object:
    """What is printed, without characters that would steer anything."""
    return words.printable(value) if type(value) is str else value


def prose(text: str) -> Markup:
    """Text of others, with what it quotes by backticks as code."""
    parts = words.printable(text).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(words.printable(text))
    return Markup("").join(
        Markup("<code>{}</code>" if n % 2 else "{}").format(part) for n, part in enumerate(parts)
    )


def _told(finding: Finding) -> dict[str, Any]:
    """A finding as the page shows it: the line at fault in three parts, the middle one marked."""
    fix, span = finding.fix, finding.span
    line = masked(finding.excerpt, finding.document)
    start = span.column - 1 if span else 0
    end = span.end_column - 1 if span and span.end_line == span.line else len(line)
    when = {"now": "runs before and after the upgrade", "cutover": "from the cutover on"}
    told = (
        f"{fix.safety} fix, {when[fix.when]}: {fix.description}"
        if isinstance(fix, Fix)
        else f"no fix: {fix.reason}"
    )
    return {
        "finding": finding,
        "severity": finding.severity.value,
        "place": f"{span.line}:{span.column}" if span else "",
        "code": (line[:start], line[start:end], line[end:]) if line.strip() else None,
        "fix": f"{told} ({fix.caution})" if isinstance(fix, Fix) and fix.caution else told,
    }


def _rules(findings: Sequence[Finding]) -> list[tuple[str, str, list[int]]]:
    """(rule, its page, findings by severity), the worst first."""
    pages = {finding.rule_id: finding.url for finding in findings}
    counts = Counter((finding.rule_id, finding.severity) for finding in findings)
    rows = [(rule, page, [counts[rule, severity] for severity in Severity]) for rule, page in pages.items()]
    return sorted(rows, key=lambda row: ([-count for count in row[2]], row[0]))


def _problems(report: Report) -> Iterator[tuple[str, str]]:
    """(file, why it was not checked or not written)."""
    for outcome in report.outcomes:
        if isinstance(outcome, Unparsable):
            yield outcome.document, outcome.error
        elif isinstance(outcome, Crashed):
            yield outcome.document, f"{outcome.rule_id} crashed"
        elif isinstance(outcome, Skipped) and outcome.unchecked:
            yield outcome.document, outcome.reason
    yield from words.unwritten(report)
