"""``--format json``: the open findings as one list; ``--format report``: the same, wrapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from upgradecheck import __version__
from upgradecheck.model import Verdict
from upgradecheck.report import Report, outcome_dict, suppressed_dict, to_dict

if TYPE_CHECKING:
    from upgradecheck.readiness.readiness import Blocker, DagFile, Readiness, State
    from upgradecheck.readings import Reading


def findings(report: Report) -> str:
    """The findings alone."""
    return lines(to_dict(finding) for finding in report.findings) + "\n"


def _readiness(readiness: Readiness | None) -> str:
    """Counts, owners, blockers, and the state of every DAG file."""
    if readiness is None:
        return "null"
    counts = {
        "dag_files": len(readiness.files),
        "load": sum(file.loads for file in readiness.files),
        "load_after_fixes": sum(file.loads_after_fixes for file in readiness.files),
        **counted(readiness.states),
    }
    head = _encoded(counts).removesuffix("}")
    owners = lines({"owner": owner, **counted(states)} for owner, states in readiness.by_owner.items())
    blockers = lines(_blocker(blocker) for blocker in readiness.blockers)
    files = lines(_file(file) for file in readiness.files)
    return f'{head},\n  "owners": {owners},\n  "blockers": {blockers},\n  "files": {files}}}'


def _blocker(blocker: Blocker) -> dict[str, object]:
    return {
        "file": blocker.document,
        "line": blocker.line,
        "subjects": blocker.subjects,
        "rule_ids": blocker.rule_ids,
        "stops": blocker.stops,
        "fix": blocker.fix,
        "holds_back": blocker.holds_back,
    }


def _file(file: DagFile) -> dict[str, object]:
    return {
        "file": file.document,
        "owners": file.owners,
        "state": file.state,
        "loads": file.loads,
        "loads_after_fixes": file.loads_after_fixes,
    }


def counted(states: Mapping[State, int]) -> dict[str, int]:
    """How many DAG files are in each state."""
    from upgradecheck.readiness.readiness import STATES

    return {state: states.get(state, 0) for state in STATES}


def lines(items: Iterable[Mapping[str, object]]) -> str:
    """A JSON list with one item a line: easy to grep, and quick (an indented dump is not done in C).

    Items begin with the same key. All are encoded at once, and parted where no string can reach: a quote in one
    is escaped.
    """
    rows = list(items)
    if not rows:
        return "[]"
    text = _encoded(rows)[1:-1]
    first = _encoded(next(iter(rows[0])))
    return "[\n" + text.replace(f"}}, {{{first}: ", f"}},\n{{{first}: ") + "\n]"


def _encoded(data: object, indent: int = 0) -> str:
    try:
        return msgspec.json.format(msgspec.json.encode(data), indent=indent).decode()
    except UnicodeEncodeError:  # the name of some file is no text
        import json

        return json.dumps(data, ensure_ascii=False, indent=indent or None)


def _verdict(verdict: Verdict) -> dict[str, str]:
    return {
        "file": verdict.document,
        "state": verdict.state,
        **({"reason": verdict.reason} if verdict.reason else {}),
    }


def _reading(reading: Reading) -> dict[str, object]:
    told = {"reader": reading.reader, "state": reading.state, "files": reading.files, "about": reading.about}
    return {**told, **({"reason": reading.reason} if reading.reason else {})}


def whole(report: Report) -> str:
    """Everything that is known about the run."""
    outcomes = [outcome_dict(outcome) for outcome in report.outcomes]
    data = {
        "version": __version__,
        "target": {"version": report.target, "source": report.target_source},
        "from": {"version": report.from_version, "source": report.from_source},
        "selection": report.selection,
        **({"advice": report.advice} if report.advice else {}),
        "summary": {
            "errors": sum(f.severity.value == "ERROR" for f in report.findings),
            "warnings": sum(f.severity.value == "WARNING" for f in report.findings),
            "infos": sum(f.severity.value == "INFO" for f in report.findings),
            "fixable": report.fixable,
            "fixable_unsafe": report.fixable_unsafe,
            "suppressed": dict(sorted(Counter(found.by.kind for found in report.suppressed).items())),
            "outcomes": dict(sorted(Counter(outcome["outcome"] for outcome in outcomes).items())),
        },
        "fixed": [{"file": fixed.document, "findings": fixed.findings} for fixed in report.fixed],
        "not_written": [{"file": document, "reason": reason} for document, reason in report.not_written],
        **({"verified": [_verdict(verdict) for verdict in report.verdicts]} if report.verdicts else {}),
        "notes": list(report.notes),
        **({"readers": [_reading(reading) for reading in report.readers]} if report.readers else {}),
    }
    head = _encoded(data, indent=2).removesuffix("\n}")
    found = lines(to_dict(finding) for finding in report.findings)
    suppressed = lines(suppressed_dict(finding) for finding in report.suppressed)
    ready = _readiness(report.readiness)
    parts = {"readiness": ready, "findings": found, "suppressed": suppressed, "outcomes": lines(outcomes)}
    return head + "".join(f',\n  "{key}": {part}' for key, part in parts.items()) + "\n}\n"
