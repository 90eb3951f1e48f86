"""What a run found, as one value that every format prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.discover import TEMPLATE
from upgradecheck.model import (
    CATEGORY,
    Crashed,
    Directive,
    Finding,
    Fix,
    Fixed,
    NoFix,
    Outcome,
    Passed,
    Patch,
    Severity,
    Skipped,
    Suppressed,
    Unparsable,
    Verdict,
)
from upgradecheck.readings import Reading, added, readings

if TYPE_CHECKING:
    from upgradecheck.discover import Tree
    from upgradecheck.readiness.readiness import Readiness
    from upgradecheck.target import Versions

Progress = Callable[[str, int, int], None]
PAGES = "https://github.com/upgradecheck/upgradecheck/blob/main/rules"


class Report(Struct, frozen=True):
    """``findings`` are the open ones, sorted by place; with ``--fix`` those that are left."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    target: str
    target_source: str
    from_version: str
    from_source: str
    fail_on: str = "error"
    fixed: tuple[Fixed, ...] = ()
    not_written: tuple[tuple[str, str], ...] = ()  # (document, why a fix could not be written)
    fixable: int = 0  # among the findings: those that --fix would resolve
    fixable_unsafe: int = 0
    verdicts: tuple[Verdict, ...] = ()  # of DAG files that load what was fixed, where --verify looked at them
    notes: tuple[str, ...] = ()
    advice: str = ""  # what to do before anything else
    suppressed: tuple[Suppressed, ...] = ()  # sorted by place, like the findings
    selection: str = ""  # what of the paths was asked for: "staged", "changed since main"
    readers: tuple[Reading, ...] = ()  # where every reader was asked for
    readiness: Readiness | None = None  # None: not asked for
    rule_packs: tuple[str, ...] = ()
    patches: Mapping[tuple[str, str], tuple[Patch, ...]] = field(default_factory=dict)  # by folder and fingerprint

    @property
    def counts(self) -> Counter[Severity]:
        """Findings by severity."""
        return Counter(finding.severity for finding in self.findings)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What was asked for and could not be checked, or not be written, less what is suppressed."""
        known = {s.finding.fingerprint for s in self.suppressed}
        bad = [
            o.document
            for o in self.outcomes
            if isinstance(o, Crashed)
            or (isinstance(o, Unparsable) and o.finding.fingerprint not in known)
            or (isinstance(o, Skipped) and o.unchecked)
        ]
        bad += [verdict.document for verdict in self.verdicts if verdict.state == "not_compared"]
        return (*bad, *(document for document, _ in self.not_written))

    @property
    def checked(self) -> int:
        """How many documents were looked at."""
        return sum(not isinstance(o, Skipped) for o in self.outcomes)


class Settled(Struct, frozen=True):
    """The findings of a project, in report order: the open ones, and those that something suppresses."""

    open: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    parts: tuple[Finding, ...] = ()  # open ones that others among the findings stand for


def assemble(tree: Tree, outcomes: Sequence[Outcome], settled: Settled, found: Versions) -> Report:
    """The outcomes of one project, in order."""
    fixes = [finding.fix for finding in settled.open if isinstance(finding.fix, Fix)]
    folder = tree.folder
    told = (o for o in outcomes if not (isinstance(o, Passed) and _is_data(tree, o.document)))
    return Report(
        findings=tuple(replace(f, folder=folder) for f in settled.open) if folder else settled.open,
        outcomes=tuple(sorted([*told, *tree.apart, *tree.skipped], key=lambda outcome: outcome.document)),
        target=found.target,
        target_source=found.target_source,
        from_version=found.from_version,
        from_source=found.from_source,
        fail_on=tree.options.fail_on or "error",
        fixable=sum(fix.safety == "safe" for fix in fixes),
        fixable_unsafe=sum(fix.safety == "unsafe" for fix in fixes),
        suppressed=tuple(replace(s, finding=replace(s.finding, folder=folder)) for s in settled.suppressed),
        selection=tree.selection,
        rule_packs=tree.options.rule_packs,
        readers=readings(tree.documents, outcomes, tree.unread, tree.apart) if tree.options.run_all else (),
    )


def _is_data(tree: Tree, name: str) -> bool:
    """Whether a file in which nothing was looked for is not told of: most that may be templates are data. One that
    was asked for by its name is."""
    document = tree.documents[name]
    return document.kind == TEMPLATE and document.path not in tree.asked


def merged(reports: Sequence[Report]) -> Report:
    """Several projects' reports as one; versions are the first project's, the others' are noted."""
    first, *rest = reports
    for other in rest:
        first = replace(
            first,
            findings=(*first.findings, *other.findings),
            outcomes=(*first.outcomes, *other.outcomes),
            fixed=(*first.fixed, *other.fixed),
            not_written=(*first.not_written, *other.not_written),
            verdicts=(*first.verdicts, *other.verdicts),
            fixable=first.fixable + other.fixable,
            fixable_unsafe=first.fixable_unsafe + other.fixable_unsafe,
            notes=(*first.notes, *other.notes),
            advice=first.advice or other.advice,
            suppressed=(*first.suppressed, *other.suppressed),
            selection=first.selection or other.selection,
            readers=added(first.readers, other.readers),
            rule_packs=tuple(dict.fromkeys((*first.rule_packs, *other.rule_packs))),
            patches={**first.patches, **other.patches},
            readiness=first.readiness and other.readiness and first.readiness.joined(other.readiness),
        )
    return first


def findings_of(outcome: Outcome) -> Sequence[Finding]:
    """The findings that an outcome carries."""
    if isinstance(outcome, Unparsable):
        return (outcome.finding,)
    return () if isinstance(outcome, Skipped | Passed) else outcome.findings


def directives_of(outcome: Outcome) -> tuple[Directive, ...]:
    """The suppressing comments that an outcome carries."""
    return () if isinstance(outcome, Skipped | Passed) else outcome.directives


def finding_key(finding: Finding) -> tuple[str, int, int, str, str]:
    """The order of reports."""
    span = finding.span
    return (
        finding.document,
        span.line if span else 0,
        span.column if span else 0,
        finding.rule_id,
        finding.subject,
    )


def once_a_line(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in report order, each (rule, subject) once a line: the worst, of equals the first.

    Where the same place was judged twice, the judgement that offers no fix counts.
    """
    ranks = list(Severity)
    worst = sorted(findings, key=lambda f: (ranks.index(f.severity), finding_key(f), isinstance(f.fix, Fix)))
    kept: dict[tuple[str, str, str, int], Finding] = {}
    for finding in worst:
        line = finding.span.line if finding.span else 0
        kept.setdefault((finding.document, finding.rule_id, finding.subject, line), finding)
    return sorted(kept.values(), key=finding_key)


def fingerprinted(findings: Iterable[Finding], line_of: dict[int, str]) -> list[Finding]:
    """Findings of one document with their fingerprint: the same wherever in the file the code moves."""
    import hashlib  # a run without findings does without

    ordinals: Counter[str] = Counter()
    marked = []
    for finding in findings:
        excerpt = line_of.get(finding.span.line, "") if finding.span else ""
        line = " ".join(excerpt.split())
        parts = (finding.rule_id, finding.subject, finding.document, line)
        text = "\x1f".join(parts)
        ordinals[text] += 1
        digest = hashlib.sha256(f"{text}\x1f{ordinals[text]}".encode("utf-8", "surrogatepass")).hexdigest()
        url = rule_page(finding.rule_id)
        marked.append(replace(finding, fingerprint=digest[:16], url=url, excerpt=excerpt))
    return marked


def rule_page(rule_id: str) -> str:
    """The address of a rule's page."""
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in rule_id.removesuffix("Rule"))
    return f"{PAGES}/{words.lstrip('_')}.md"


def to_dict(finding: Finding) -> dict[str, object]:
    """A finding with the keys that product reports promise, in their order."""
    span = finding.span
    return {
        "rule_id": finding.rule_id,
        "severity": finding.severity.value,
        "dag_id": finding.dag_id,
        "file": finding.document,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "cell": finding.cell or None,
        "subject": finding.subject,
        "message": finding.message,
        "advice": finding.advice,
        "category": CATEGORY[finding.severity],
        "since": finding.since,
        "fix": _fix_dict(finding.fix),
        "runs": finding.runs.value,
        "fingerprint": finding.fingerprint,
        "url": finding.url,
    }


def suppressed_dict(suppressed: Suppressed) -> dict[str, object]:
    """A suppressed finding: the finding's keys, and what suppresses it."""
    by = suppressed.by
    told = {"kind": by.kind, "reason": by.reason, "file": by.document, "line": by.line}
    extra = {key: value for key, value in (("until", by.until), ("owner", by.owner)) if value}
    return {**to_dict(suppressed.finding), "suppression": {**told, **extra}}


def _fix_dict(fix: Fix | NoFix) -> dict[str, str]:
    if isinstance(fix, NoFix):
        return {"safety": "none", "reason": fix.reason, **({"when": fix.when} if fix.when else {})}
    described = {"safety": fix.safety, "description": fix.description, "when": fix.when}
    return {**described, "caution": fix.caution} if fix.caution else described


def outcome_dict(outcome: Outcome) -> dict[str, str]:
    """A document's outcome: its kind, and the reason where there is one."""
    kind = type(outcome).__name__.lower()
    found = {"file": outcome.document, "outcome": kind}
    for name in ("reason", "error", "rule_id", "traceback"):
        if value := getattr(outcome, name, ""):
            found[name] = value
    return found
