"""Sentences that several formats for people share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from upgradecheck.model import DATABASE, Finding, Severity, Skipped, Suppression
from upgradecheck.readiness.readiness import Blocker, Readiness, State
from upgradecheck.report import Report

STATES: dict[State, tuple[str, str]] = {
    "ready": ("1 loads and runs as it is", "{} load and run as they are"),
    "ready_after_fixes": ("1 more after safe fixes", "{} more after safe fixes"),
    "waiting": ("1 waits for a person", "{} wait for a person"),
}
_BY = {"inline": "by comments", "ignore-file": "by the ignore-file", "baseline": "in the baseline"}
_STOPS = {
    "load": ("fails when loaded", "fail when loaded"),
    "run": ("fails when its task runs", "fail when tasks run"),
}


def printable(text: str) -> str:
    """Text without control characters: a file name or a source line must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text).replace("\t", "    ")


def many(count: int, noun: str, plural: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def totals(report: Report) -> str:
    """How many findings of each severity, in how many of the files."""
    counts = report.counts
    found = ", ".join(many(counts[severity], severity.value.lower()) for severity in Severity)
    known = {outcome.document for outcome in report.outcomes if not isinstance(outcome, Skipped)}
    hit = {f.document for f in report.findings} & known
    tables = {name for name in known if name.startswith(DATABASE)}
    files = f"{found} in {len(hit - tables)} of {many(report.checked - len(tables), 'file')}"
    return (
        f"{files} and {len(hit & tables)} of {many(len(tables), 'table')} of the metadata database"
        if tables
        else files
    )


def verification(report: Report) -> str:
    """What ``--verify`` says, in a line; empty where nothing was looked at."""
    if not report.verdicts:
        return ""
    states = Counter(verdict.state for verdict in report.verdicts)
    same, changed, unknown = (states[state] for state in ("same", "changed", "not_compared"))
    told = [f"{many(same, 'DAG file')} verified: the same DAGs as before"]
    told += [f"{changed} rolled back"] if changed else []
    told += [f"{unknown} not compared"] if unknown else []
    return ", ".join(told)


def unwritten(report: Report) -> list[tuple[str, str]]:
    """(file, why fixes were not written, or were taken back, or why a DAG file could not be compared)."""
    unknown = (verdict for verdict in report.verdicts if verdict.state == "not_compared")
    found = [(verdict.document, f"not compared: {verdict.reason}") for verdict in unknown]
    return [*found, *((name, f"not written: {reason}") for name, reason in report.not_written)]


def suppressions(report: Report) -> str:
    """How many findings are suppressed, by which means; empty for none."""
    kinds = Counter(found.by.kind for found in report.suppressed)
    told = ", ".join(f"{count} {_BY[kind]}" for kind, count in sorted(kinds.items()))
    return f"{kinds.total()} suppressed: {told}" if kinds else ""


def suppressed_why(by: Suppression) -> str:
    """The reason for a suppression, with the place where it stands."""
    source = f"{by.document}:{by.line}" if by.line else by.document
    until = f", until {by.until}" if by.until else ""
    owner = f", ask {by.owner}" if by.owner else ""
    return f"{by.reason or 'no reason'} ({source}{until}{owner})"


def located(finding: Finding) -> str:
    """The finding's file below the git checkout, which is what CI platforms go by."""
    return finding.folder + finding.document


def in_a_file(finding: Finding) -> bool:
    """Whether a finding sits in a file; a table of the database (``db:…``) has no lines."""
    return finding.span is not None or not finding.document.startswith("db:")


def told(readiness: Readiness) -> str:
    """Readiness in one line."""
    loads = sum(file.loads for file in readiness.files)
    later = sum(file.loads_after_fixes for file in readiness.files)
    load = f"load alone: {loads} as they are"
    load += f", {later} after safe fixes" if later != loads else ""
    return f"Of {many(len(readiness.files), 'DAG file')} {tally(readiness.states)} ({load})"


def tally(states: Mapping[State, int]) -> str:
    """How many DAG files are in each state, in words."""
    counts = ((states.get(state, 0), words) for state, words in STATES.items())
    return ", ".join(words[count != 1].format(count) for count, words in counts)


def place(blocker: Blocker) -> str:
    """``file:line``."""
    return blocker.document if blocker.line is None else f"{blocker.document}:{blocker.line}"


def cause(blocker: Blocker) -> str:
    """What is the matter there."""
    fix = "no fix" if blocker.fix == "none" else f"{blocker.fix} fix"
    return f"{', '.join(map(printable, blocker.subjects))} {stops(blocker)} ({fix})"


def stops(blocker: Blocker) -> str:
    """What its subjects do."""
    return _STOPS[blocker.stops][len(blocker.subjects) > 1]
