"""``--format sarif``: SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from upgradecheck import __version__
from upgradecheck.model import CATEGORY, Crashed, Finding, Fix, Patch, Severity, Span, Suppression, Unparsable
from upgradecheck.report import Report
from upgradecheck.reports.json import lines
from upgradecheck.reports.masking import masked
from upgradecheck.reports.words import in_a_file, located, many, suppressed_why, unwritten
from upgradecheck.rulebook import facts

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/upgradecheck/upgradecheck"
MOST = 25_000  # GitHub refuses a run with more results
SHOWN = 5_000  # of which it shows the worst
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
Told = tuple[Finding, Suppression | None]


def render(report: Report, most: int = MOST) -> str:
    """One run. Where there are more findings than ``most``, the worst, and a notification that says so."""
    every: list[Told] = [(finding, None) for finding in report.findings]
    every += [(suppressed.finding, suppressed.by) for suppressed in report.suppressed]
    told = _worst(every, most)
    ids = sorted({finding.rule_id for finding, _ in told})
    notes = (_notice("note", note) for note in (report.advice, *report.notes) if note)
    notices = [*_unchecked(report), *notes, *_cut(len(every), most), *_unplanned(report)]
    run: dict[str, Any] = {
        "tool": {"driver": _driver(ids, told, report.rule_packs)},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": not report.unchecked, "toolExecutionNotifications": notices},
        ],
        "properties": {"target": report.target, "from": report.from_version},
    }
    head = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False)
    results = lines(_result(finding, by, ids, report) for finding, by in told)
    return f'{head.removesuffix("}]}")}, "results": {results}}}]}}\n'


def limits(count: int, most: int = MOST) -> str:
    """What GitHub will not show of so many results, "" if it shows all."""
    if count > most:
        gone = many(count - most, "finding")
        return f"{gone} left out of the SARIF file, the worst {most} kept: GitHub takes no more"
    if count > SHOWN:
        return f"GitHub shows the worst {SHOWN} of the {count} results in the SARIF file"
    return ""


def _worst(every: list[Told], most: int) -> list[Told]:
    """The first ``most``: open before suppressed, ERROR before WARNING; in report order."""
    if len(every) <= most:
        return every
    ranks = list(Severity)
    order = sorted(range(len(every)), key=lambda at: (every[at][1] is not None, ranks.index(every[at][0].severity)))
    return [every[at] for at in sorted(order[:most])]


def _cut(count: int, most: int) -> list[dict[str, Any]]:
    said = limits(count, most)
    return [_notice("warning", said)] if said else []


def _unplanned(report: Report) -> Iterable[dict[str, Any]]:
    """Safe fixes are told as text to replace, where they can be made alone; who wants the others takes --fix."""
    safe = [f for f in report.findings if isinstance(f.fix, Fix) and f.fix.safety == "safe"]
    if left := sum((f.folder, f.fingerprint) not in report.patches for f in safe):
        why = "they cannot be made alone, or there are too many, or in too large files"
        yield _notice("note", f"{many(left, 'safe fix', 'safe fixes')} not in this file: {why}")


def _unchecked(report: Report) -> Iterable[dict[str, Any]]:
    for outcome in report.outcomes:
        if isinstance(outcome, Unparsable):
            yield _notice("error", f"{outcome.document}: {outcome.error}")
        elif isinstance(outcome, Crashed):
            yield _notice("error", f"{outcome.document}: {outcome.rule_id} crashed\n{outcome.traceback}")
    yield from (_notice("error", f"{name}: {reason}") for name, reason in unwritten(report))


def _notice(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _message(text)}}


def _driver(ids: Sequence[str], told: Iterable[Told], packs: tuple[str, ...]) -> dict[str, Any]:
    rules = {rule.id: rule for rule in facts.load_all(packs)}
    worst: dict[str, str] = {}
    for finding, _ in sorted(told, key=lambda item: list(Severity).index(item[0].severity), reverse=True):
        worst[finding.rule_id] = _LEVELS[finding.severity]
    pages = {finding.rule_id: finding.url for finding, _ in told}
    return {
        "name": "upgradecheck",
        "version": __version__,
        "informationUri": HOME,
        "rules": [_rule(rules[name], pages[name], worst[name]) for name in ids],
    }


def _rule(rule: facts.Rule, page: str, level: str) -> dict[str, Any]:
    text = rule.text.partition("\n## Example")[0].strip().partition("\n")[2].strip()
    first = text.partition("\n\n")[0].removeprefix("**What changed**").replace("\n", " ").strip()
    summary = re.sub(r"[*`]", "", first)
    described = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": summary or rule.title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["airflow", *rule.tags][:10], "problem.severity": _PROBLEM[level]},
    }
    return {**described, "helpUri": page} if page else described


def _result(finding: Finding, by: Suppression | None, ids: list[str], report: Report) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(located(finding))}
    if not in_a_file(finding):
        place = {"artifactLocation": {"uri": quote(finding.document, safe=":/")}}
    if finding.span:
        place["region"] = _region(finding.span)
    kept = {"subject": finding.subject, "category": CATEGORY[finding.severity], "since": finding.since}
    result: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": ids.index(finding.rule_id),
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(f"{finding.message}. {finding.advice}")},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {
            "upgradecheck/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:1",  # the one that GitHub reads
        },
        "properties": {**kept, **({"dagId": finding.dag_id} if finding.dag_id else {})},
    }
    patches = report.patches.get((finding.folder, finding.fingerprint))
    secret = any(
        masked(patch.new, patch.document) != patch.new for patch in patches or ()
    )  # with stars it would be no fix
    if patches and isinstance(finding.fix, Fix) and not secret:
        result["fixes"] = [_fix(finding.fix, finding.folder, patches)]
    if by:
        kind = "inSource" if by.kind == "inline" else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": suppressed_why(by)}]
    return result


def _fix(fix: Fix, folder: str, patches: Sequence[Patch]) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for patch in patches:
        replaced = {"deletedRegion": _region(patch.span), "insertedContent": {"text": patch.new}}
        changes.setdefault(folder + patch.document, []).append(replaced)
    files = [{"artifactLocation": _artifact(name), "replacements": found} for name, found in changes.items()]
    return {"description": {"text": _message(fix.description)}, "artifactChanges": files}


def _artifact(name: str) -> dict[str, str]:
    uri = quote(name.encode("utf-8", "surrogateescape"), safe="/")
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _message(text: str) -> str:
    """Text in which nothing is a placeholder or a link, as the standard wants it spelled."""
    plain = text.encode("utf-8", "replace").decode().replace("{", "{{").replace("}", "}}")
    return plain.replace("[", "\\[") if re.search(r"\[[^]]*\]\(", plain) else plain
