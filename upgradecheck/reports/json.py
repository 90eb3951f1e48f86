"""``--format json``: the open findings as one list; ``--format report``: the same, wrapped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from upgradecheck import __version__
from upgradecheck.report import Report, outcome_dict, suppressed_dict, to_dict


def findings(report: Report) -> str:
    """The findings alone."""
    return lines(to_dict(finding) for finding in report.findings) + "\n"


def lines(items: Iterable[object]) -> str:
    """A JSON list with one item a line: easy to grep, and quick (an indented dump is not done in C)."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    rows = [encode(item) for item in items]
    return "[\n" + ",\n".join(rows) + "\n]" if rows else "[]"


def whole(report: Report) -> str:
    """Everything that is known about the run."""
    outcomes = [outcome_dict(outcome) for outcome in report.outcomes]
    data = {
        "version": __version__,
        "target": {"version": report.target, "source": report.target_source},
        "from": {"version": report.from_version, "source": report.from_source},
        "selection": report.selection,
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
        "notes": list(report.notes),
    }
    head = json.dumps(data, indent=2, ensure_ascii=False).removesuffix("\n}")
    found = lines(to_dict(finding) for finding in report.findings)
    suppressed = lines(suppressed_dict(finding) for finding in report.suppressed)
    return f'{head},\n  "findings": {found},\n  "suppressed": {suppressed},\n  "outcomes": {lines(outcomes)}\n}}\n'
