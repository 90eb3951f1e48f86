"""``--format text``: for people at a terminal; grouped by file, with the line at fault, and a summary."""

from __future__ import annotations

import difflib
import io
import os
import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from upgradecheck.model import Finding, Fix, Severity, Skipped
from upgradecheck.readiness.readiness import Readiness
from upgradecheck.readings import said
from upgradecheck.report import Report, outcome_dict
from upgradecheck.reports.masking import masked
from upgradecheck.reports.words import (
    cause,
    many,
    place,
    printable,
    suppressed_why,
    suppressions,
    tally,
    told,
    totals,
    unwritten,
    verification,
)

if TYPE_CHECKING:
    from upgradecheck.commandline import CommandLine

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WIDTH = 100
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]")
_BLOCKERS = 5  # who wants them all takes --format report


def render(report: Report, asked: CommandLine) -> str:
    """The whole report as text, with colours where they are wanted."""
    out = io.StringIO()
    console = Console(
        file=out, width=_width(), force_terminal=_colour(asked.color), no_color=not _colour(asked.color),
        highlight=False, soft_wrap=True, emoji=False, markup=False,
    )  # fmt: skip
    if report.advice and not asked.quiet:
        console.print(Text(report.advice, style="bold"), end="\n\n")
    if asked.diff:
        for fixed in report.fixed:
            out.write(_diff(fixed.document, fixed.before, fixed.after))
    else:
        for document, findings in groupby(report.findings, key=lambda finding: finding.document):
            console.print(Text(printable(document), style="bold underline"))
            for finding in findings:
                _finding(console, finding)
            console.print()
    if not asked.quiet:
        _summary(console, report, asked)
    return out.getvalue()


def _width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:  # not a terminal
        return _WIDTH


def _colour(wanted: str) -> bool:
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or os.isatty(1)


def _finding(console: Console, finding: Finding) -> None:
    place = f"{finding.span.line}:{finding.span.column}" if finding.span else "-"
    place += f" (cell {finding.cell})" if finding.cell else ""
    head = Text(f"  {place:>8}  ")
    head.append(finding.severity.value, style=_STYLE[finding.severity])
    head.append(f"  {finding.rule_id}", style="bold")
    head.append(f"  {printable(finding.message)}")
    console.print(head)
    _frame(console, finding)
    console.print(Text(f"            → {printable(finding.advice)}"))
    console.print(Text(f"            {_fix_line(finding)}", style="dim"))


def _frame(console: Console, finding: Finding) -> None:
    if not finding.excerpt.strip() or finding.span is None:
        return
    line = masked(finding.excerpt, finding.document)
    console.print(Text(f"            | {printable(line)}", style="blue"))
    before = printable(line[: finding.span.column - 1])
    end = finding.span.end_column if finding.span.end_line == finding.span.line else len(line) + 1
    marked = printable(line[finding.span.column - 1 : end - 1])
    console.print(Text(f"            | {' ' * len(before)}{'^' * max(len(marked), 1)}", style="blue"))


def _fix_line(finding: Finding) -> str:
    fix = finding.fix
    if not isinstance(fix, Fix):
        return f"no fix: {fix.reason}"
    when = "runs before and after the upgrade" if fix.when == "now" else "from the cutover on"
    caution = f" ({fix.caution})" if fix.caution else ""
    return f"{fix.safety} fix, {when}: {printable(fix.description)}{caution}"


def _diff(name: str, before: str, after: str) -> str:
    """As git writes it, line endings and all; it does not apply where a secret or a control character is hidden."""
    old, new = (_LINES.findall(text) for text in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    whole = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(line, name)) for line in whole)


def _summary(console: Console, report: Report, asked: CommandLine) -> None:
    console.print(
        f"Airflow {report.from_version} ({report.from_source}) → {report.target} ({report.target_source})"
    )
    if report.selection:
        console.print(Text(f"Only files that are {printable(report.selection)}"))
    if asked.select or asked.deselect:
        chosen = [*asked.select, *(f"not {name}" for name in asked.deselect)]
        console.print(Text(f"Only for this run: {', '.join(chosen)}"))
    console.print(Text(totals(report)), style="bold" if report.findings else "bold green")
    _suppressed(console, report, asked)
    if report.fixed:
        done = many(sum(fixed.findings for fixed in report.fixed), "finding")
        verb = "would be fixed" if asked.diff else "fixed"
        console.print(f"{done} {verb} in {many(len(report.fixed), 'file')}")
    if report.verdicts:
        console.print(verification(report))
    if report.fixable or report.fixable_unsafe:
        console.print(f"{report.fixable} can be fixed with --fix, {report.fixable_unsafe} more with --unsafe-fixes")
    if asked.fix:
        _left(console, report)
    if report.readiness and report.readiness.files:
        _readiness(console, report.readiness)
    _outcomes(console, report, asked)


def _suppressed(console: Console, report: Report, asked: CommandLine) -> None:
    if report.suppressed:
        console.print(suppressions(report))
    for found in report.suppressed if asked.verbose else ():
        finding, by = found.finding, found.by
        place = f"{finding.document}:{finding.span.line}" if finding.span else finding.document
        what = f"  suppressed: {place}: {finding.rule_id}[{finding.subject}]: {suppressed_why(by)}"
        console.print(Text(printable(what)))


def _readiness(console: Console, readiness: Readiness) -> None:
    console.print(Text(told(readiness), style="bold"))
    for owner, states in readiness.by_owner.items():
        console.print(Text(f"  {printable(owner)}: {tally(states)}"))
    for blocker in readiness.blockers[:_BLOCKERS]:
        console.print(
            Text(
                f"  {printable(place(blocker))} holds back {many(blocker.holds_back, 'DAG file')}: {cause(blocker)}"
            )
        )
    if (more := len(readiness.blockers) - _BLOCKERS) > 0:
        console.print(f"  and {many(more, 'more such place')}: --format report lists them")


def _left(console: Console, report: Report) -> None:
    refused = dict(report.not_written)
    reasons = Counter(
        "its file could not be written" if finding.document in refused else _reason(finding)
        for finding in report.findings
    )
    for reason, count in reasons.most_common():
        console.print(Text(f"  {count} left: {printable(reason)}"))


def _reason(finding: Finding) -> str:
    if isinstance(finding.fix, Fix):
        return f"unsafe: {finding.fix.caution}" if finding.fix.caution else f"{finding.fix.safety} fix not applied"
    if finding.fix.when:  # what waits for the cutover is one heap, whatever it is
        return finding.fix.reason.partition(" (")[0]
    return finding.fix.reason


def _outcomes(console: Console, report: Report, asked: CommandLine) -> None:
    kinds = Counter(type(outcome).__name__.lower() for outcome in report.outcomes)
    console.print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no files")
    for reading in report.readers:
        console.print(Text(f"  {said(reading)}"), style="dim")
    for document, reason in unwritten(report):
        console.print(Text(f"  {printable(document)}: {printable(reason)}"), style="red")
    if not report.checked and not report.selection:
        fate = "is not left out (--verbose says why)" if report.outcomes else "was found there"
        console.print(f"No Python file {fate}: name the folder that holds the DAGs.", style="red")
    for outcome in report.outcomes:
        if asked.verbose or (isinstance(outcome, Skipped) and outcome.unchecked):
            told = outcome_dict(outcome)
            reason = told.get("reason") or told.get("error") or ""
            console.print(Text(f"  {told['outcome']}: {printable(told['file'])}{': ' * bool(reason)}{reason}"))
        elif "traceback" in (told := outcome_dict(outcome)):
            console.print(Text(f"  crashed: {told['file']}: {told['rule_id']}\n{told['traceback']}"), style="red")
