"""``--format markdown``: the summary of a job or a comment on a pull request.

Whatever comes from the project (names of files, subjects, owners) is spelled so that Markdown and HTML
see text in it and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from upgradecheck.model import Crashed, Finding, Severity, Unparsable
from upgradecheck.readiness.readiness import Blocker, Readiness, State
from upgradecheck.report import Report
from upgradecheck.reports.words import many, printable, stops, suppressions, told, totals, unwritten, verification

_BLOCKERS, _FINDINGS, _OWNERS, _PROBLEMS = 20, 50, 50, 20  # GitHub takes a summary of 1 MiB; people read less
_LONGEST = 300
_MARKUP = re.compile(  # underscores within words, and dots but in www., are no markup
    r"[\\`*{}\[\]#!|<>~&$]|:(?=[\w/+])(?!\d)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?i:(?<=www)\.)"
)
_QUOTED = re.compile(r"`([^`]*)`")


def render(report: Report) -> str:
    """The whole summary."""
    return (
        "\n".join(
            [*_head(report), *_readiness(report.readiness), *_rules(report), *_findings(report), *_problems(report)]
        )
        + "\n"
    )


def prose(text: str) -> str:
    """Text of others, on one line, without any effect; what it quotes by backticks as code. No mention mentions."""
    parts = _QUOTED.split(_short(text))
    return "".join(
        f"<code>{_spelled(part)}</code>" if number % 2 else _spelled(part).replace("@", "@&#8203;")
        for number, part in enumerate(parts)
    )


def code(text: str) -> str:
    """Text of others, to be read as code."""
    return f"<code>{_spelled(_short(text))}</code>"


def _short(text: str) -> str:
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _spelled(text: str) -> str:
    return _MARKUP.sub(lambda mark: f"&#{ord(mark[0])};", text)


def _head(report: Report) -> Iterator[str]:
    yield f"## upgradecheck: Airflow {report.from_version} → {report.target}"
    yield ""
    if report.advice:
        yield from (f"> {prose(report.advice)}", "")
    yield f"**{totals(report)}.**"
    if report.fixable or report.fixable_unsafe:
        yield f"{report.fixable} can be fixed with `--fix`, {report.fixable_unsafe} more with `--unsafe-fixes`."
    if report.suppressed:
        yield f"{suppressions(report)}."
    if report.fixed:
        fixed = sum(done.findings for done in report.fixed)
        yield f"{many(fixed, 'finding')} fixed in {many(len(report.fixed), 'file')}."
    if report.verdicts:
        yield f"{verification(report)}."
    kinds = Counter(type(outcome).__name__.lower() for outcome in report.outcomes)
    yield f"Files: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items())) or 'none'}."
    yield ""


def _readiness(readiness: Readiness | None) -> Iterator[str]:
    if readiness is None or not readiness.files:
        return
    yield from ("### Readiness", "", f"{told(readiness)}.", "")
    rows = list(readiness.by_owner.items())
    if rows:
        head = "| owner | DAG files | ready | after safe fixes | wait for a person |"
        yield from (head, "|---|---:|---:|---:|---:|")
        states: tuple[State, ...] = ("ready", "ready_after_fixes", "waiting")
        for owner, found in rows[:_OWNERS]:
            cells = [str(found.total()), *(str(found[state]) for state in states)]
            yield f"| {prose(owner)} | {' | '.join(cells)} |"
        yield from _more(len(rows) - _OWNERS, "owner")
        yield ""
    if readiness.blockers:
        yield from ("### What holds back most DAG files", "")
        yield from (_blocker(blocker) for blocker in readiness.blockers[:_BLOCKERS])
        yield from _more(len(readiness.blockers) - _BLOCKERS, "place")
        yield ""


def _blocker(blocker: Blocker) -> str:
    fix = "no fix" if blocker.fix == "none" else f"{blocker.fix} fix"
    subjects = ", ".join(map(code, blocker.subjects))
    where = _place(blocker.document, blocker.line)
    held = many(blocker.holds_back, "DAG file")
    return f"1. {where} holds back **{held}**: {subjects} {stops(blocker)} ({fix})"


def _rules(report: Report) -> Iterator[str]:
    if not report.findings:
        return
    counts: dict[str, Counter[Severity]] = {}
    pages = {finding.rule_id: finding.url for finding in report.findings}
    for finding in report.findings:
        counts.setdefault(finding.rule_id, Counter())[finding.severity] += 1
    yield from ("### By rule", "", "| rule | errors | warnings | infos |", "|---|---:|---:|---:|")
    for rule, found in sorted(counts.items(), key=lambda item: (*(-item[1][s] for s in Severity), item[0])):
        name = f"[{prose(rule)}]({pages[rule]})" if pages[rule] else prose(rule)
        yield f"| {name} | {' | '.join(str(found[severity]) for severity in Severity)} |"
    yield ""


def _findings(report: Report) -> Iterator[str]:
    if not report.findings:
        return
    ranks = list(Severity)
    worst = sorted(report.findings, key=lambda finding: ranks.index(finding.severity))
    yield from ("### Findings", "")
    yield from map(_finding, worst[:_FINDINGS])
    yield from _more(len(worst) - _FINDINGS, "finding")
    yield ""


def _finding(finding: Finding) -> str:
    where = _place(finding.document, finding.span.line if finding.span else None)
    return f"- **{finding.severity.value}** {where} {prose(finding.message)}. {prose(finding.advice)}"


def _problems(report: Report) -> Iterator[str]:
    problems = [(o.document, o.error) for o in report.outcomes if isinstance(o, Unparsable)]
    problems += [(o.document, f"{o.rule_id} crashed") for o in report.outcomes if isinstance(o, Crashed)]
    problems += unwritten(report)
    if problems:
        yield from ("### Not checked", "")
        yield from (f"- {code(name)} {prose(reason)}" for name, reason in problems[:_PROBLEMS])
        yield from _more(len(problems) - _PROBLEMS, "file")
        yield ""
    yield from (f"> {prose(note)}" for note in report.notes)


def _place(document: str, line: int | None) -> str:
    return code(document if line is None else f"{document}:{line}")


def _more(count: int, noun: str) -> Iterable[str]:
    return ("", f"… and {many(count, f'more {noun}')}.") if count > 0 else ()
