"""What to do before anything else, and what it would bring: said at the head of a report."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from upgradecheck.discover import Tree
from upgradecheck.linking.project import Project
from upgradecheck.model import Finding, Fix, Outcome, Unparsable
from upgradecheck.report import findings_of
from upgradecheck.rulebook.bridges import early, proven
from upgradecheck.ruleset import Ruleset, ruleset


def first_step(tree: Tree, outcomes: Iterable[Outcome], project: Project, rules: Ruleset) -> str:
    """To upgrade to the version on which bridges are proven, where the project comes from an older one."""
    options = rules.options
    if not early(options):
        return ""
    from upgradecheck.checking import check_text  # as in `stages`

    there = ruleset(replace(options, from_version=proven()))
    more, plainer = 0, 0
    for outcome in outcomes:
        found = findings_of(outcome)
        document = tree.documents.get(outcome.document)
        if not found or document is None or isinstance(outcome, Unparsable):
            continue
        later = {_key(f): f for f in findings_of(check_text(document, document.content(), project, there)[0])}
        for finding in found:
            fix, better = finding.fix, later.get(_key(finding), finding).fix
            more += isinstance(better, Fix) and not isinstance(fix, Fix)
            plainer += isinstance(better, Fix) and isinstance(fix, Fix) and _guards(fix) and not _guards(better)
    return (
        f"Upgrade to {proven()} first, where bridges are proven and today's providers run: {more} more of these "
        f"findings could then be fixed before the cutover, and {plainer} of the fixes would need no guarded import."
    )


def _key(finding: Finding) -> tuple[str, str, object]:
    return finding.rule_id, finding.subject, finding.span


def _guards(fix: Fix) -> bool:
    return any(need.fallback for need in fix.needs)
