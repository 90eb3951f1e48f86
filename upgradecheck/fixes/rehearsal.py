"""Fixes made on copies, to see what would come of them; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from upgradecheck.fixes.fixing import MAX_ROUNDS, Fixer, Text
from upgradecheck.fixes.units import joined
from upgradecheck.linking.project import Project
from upgradecheck.model import Document, Finding, Fix, NoFix, Severity
from upgradecheck.ruleset import Ruleset
from upgradecheck.suppression.suppress import Kept


def safe(finding: Finding) -> bool:
    """Whether a finding has a safe fix."""
    return isinstance(finding.fix, Fix) and finding.fix.safety == "safe"


def waits(finding: Finding) -> bool:
    """Whether a finding has no fix before the cutover as things are: another fix may make room for one."""
    return isinstance(finding.fix, NoFix) and finding.fix.when == "cutover"


def matters(finding: Finding) -> bool:
    """Whether a finding stops something, or is one end of a fix that others have part in."""
    return finding.severity is Severity.ERROR or (isinstance(finding.fix, Fix) and bool(finding.fix.ties))


def left_by_safe_fixes(
    documents: dict[str, Document], findings: Iterable[Finding], project: Project, rules: Ruleset, kept: Kept
) -> list[Finding]:
    """Of these findings those that safe fixes would leave.

    A fix that could be made resolved its finding; only documents in which some could not are looked at
    again, since the others may have made room for them.
    """
    work = Fixer(documents, project, rules, unsafe=False, kept=kept)
    left = list(findings)
    for _ in range(MAX_ROUNDS):
        changed = work.round(left)
        left = [finding for finding in left if finding.fingerprint not in work.made]
        again = {f.document for f in left if safe(f) or (waits(f) and f.document in changed)}
        if not (changed and again):
            break
        left = [finding for finding in left if finding.document not in again] + work.found(again)
        work.made.clear()
        work.declined.clear()
    return left


def alone(
    documents: dict[str, Document],
    finding: Finding,
    tied: Sequence[Finding],
    project: Project,
    rules: Ruleset,
) -> list[Text]:
    """What a finding's safe fix, and no other, would make of its documents; empty where it cannot be made.

    ``tied``: the findings whose fixes have to be made together, the finding among them if its fix has to.
    """
    work = Fixer(documents, project, rules, unsafe=False)
    units, _ = joined([unit for f in (tied if finding in tied else (finding,)) if (unit := work.unit(f))])
    changed = [name for unit in units if finding.fingerprint in unit.fingerprints for name in work.make([unit])]
    return [work.texts[name] for name in sorted(changed)]
