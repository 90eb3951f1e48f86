"""``--statistics``: how often each subject of each rule was found, most frequent first."""

from __future__ import annotations

import json
from collections import Counter

from upgradecheck.report import Report


def render(report: Report, form: str) -> str:
    """A line for each (rule, subject), or the same as a JSON list."""
    counts = Counter((f.severity.value, f.rule_id, f.subject) for f in report.findings)
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if form != "text":
        keys = ("severity", "rule_id", "subject")
        data = [{"count": count, **dict(zip(keys, row, strict=True))} for row, count in rows]
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    lines = [f"{count:6}  {severity:7}  {rule}[{subject}]\n" for (severity, rule, subject), count in rows]
    if report.suppressed:
        lines.append(f"{len(report.suppressed):6}  suppressed\n")
    return "".join(lines)
