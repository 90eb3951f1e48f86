"""Which findings are open, and which are suppressed, by what and why; and what is wrong with the suppressions.

A finding is marked, never dropped. The means, strongest first: a comment in the file, an entry of the
ignore-file, the baseline. All that fit a finding count as used; the first one is told. Findings about
suppressions are findings: they are computed from the first pass and go through a second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from upgradecheck.model import Finding, Outcome, Suppressed
from upgradecheck.report import Settled, finding_key
from upgradecheck.suppression.baseline import Recorded
from upgradecheck.suppression.means import Rulings, Scope, first_pass
from upgradecheck.suppression.suppression_rules import Told

Together = Callable[[Iterable[Finding]], tuple[list[Finding], list[Finding]]]


def _apart(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    return list(findings), []


def settle(outcomes: Sequence[Outcome], rulings: Rulings, scope: Scope, together: Together = _apart) -> Settled:
    """All findings of a project as open or suppressed ones, those about suppressions included.

    ``together``: which of the open ones are told as they are, and what is told in place of the others.
    """
    found = first_pass(outcomes, rulings)
    parts = tuple(finding for finding in found.open if finding.setting and scope.wanted(finding))
    found.open, instead = together(found.open)
    found.sort(instead)
    told = Told(outcomes, rulings, scope, found.used)
    found.sort(told.first())
    found.open += told.last()
    suppressed = (s for s in found.suppressed if scope.wanted(s.finding))
    return Settled(
        tuple(sorted(filter(scope.wanted, found.open), key=finding_key)),
        tuple(sorted(suppressed, key=lambda s: finding_key(s.finding))),
        parts,
    )


def unjudged(
    outcomes: Sequence[Outcome], rulings: Rulings, scope: Scope, found: Iterable[Finding]
) -> list[Recorded]:
    """What the baseline holds beyond these findings and the run cannot know to be gone."""
    known = {finding.fingerprint for finding in found}
    told = Told(outcomes, rulings, scope, set())
    return [r for mark, r in rulings.recorded.items() if mark not in known and not told.gone(r)]


class Kept(Struct, frozen=True):
    """What fixes leave alone: suppressed findings, also where a fix nearby changed their line.

    The baseline knows findings by their line, so between rounds a finding counts as recorded when one
    of that rule and subject in that file is, unless it was open from the start.
    """

    rulings: Rulings
    scope: Scope
    open: frozenset[str]  # by fingerprint
    suppressed: tuple[Suppressed, ...]
    recorded: frozenset[tuple[str, str, str]]
    chosen: Callable[[Finding], bool] = lambda finding: True  # those that fixes are wanted for

    def open_in(self, outcome: Outcome) -> list[Finding]:
        """The findings of a document as it is now that fixes may be made for."""
        passed = first_pass([outcome], self.rulings).open
        found = (f for f in passed if self.chosen(f) and self.scope.wanted(f))
        return [f for f in found if _key(f) not in self.recorded or f.fingerprint in self.open]

    def holds(self, document: str, rule_id: str) -> str:
        """Why a fix for this rule must not change a document as well, "" if it may."""
        for s in self.suppressed:
            if (s.finding.document, s.finding.rule_id) == (document, rule_id):
                return f"it would also change {document}, where {rule_id} is suppressed: {s.by.reason}"
        return ""


def kept(rulings: Rulings, scope: Scope, settled: Settled) -> Kept:
    """What fixes leave alone in a project whose findings are settled."""
    recorded = frozenset(_key(s.finding) for s in settled.suppressed if s.by.kind == "baseline")
    known = frozenset(finding.fingerprint for finding in settled.open)
    return Kept(rulings, scope, known, settled.suppressed, recorded)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.document, finding.rule_id, finding.subject
