"""Findings about suppressions: malformed, without a reason, expired, of no use.

What cannot be known is not said: a suppression is of no use only where its rule had its turn on
everything that it may be about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.config import meets
from upgradecheck.model import (
    DATABASE,
    Checked,
    Directive,
    Finding,
    NoFix,
    Outcome,
    Passed,
    Severity,
    Skipped,
    Span,
    Unparsable,
)
from upgradecheck.report import directives_of, fingerprinted
from upgradecheck.suppression.baseline import Recorded
from upgradecheck.suppression.ignorefile import Entry, no_rule
from upgradecheck.suppression.means import Mean, Rulings, Scope

MALFORMED = "MalformedSuppressionRule"
UNEXPLAINED = "UnexplainedSuppressionRule"
EXPIRED = "ExpiredSuppressionRule"
_OWN = (MALFORMED, UNEXPLAINED, EXPIRED, judge.UNUSED)


class Told(Struct, frozen=True):
    """What there is to say about a project's suppressions."""

    outcomes: Sequence[Outcome]
    rulings: Rulings
    scope: Scope
    used: set[Mean]  # grows between the first and the second pass

    def first(self) -> list[Finding]:
        """What may be suppressed in its turn."""
        return _marked([*self._slips(), *self._expired(), *self._unused(about_own=False)])

    def last(self) -> list[Finding]:
        """What is known when all suppressions had their turn."""
        return _marked([*self._unused(about_own=True), *self._stale()])

    def judged(self, rule_id: str, path: str) -> bool:
        """Whether all is known that the rule finds in these files (a glob; "": anywhere)."""
        about = {name for name in self.scope.documents if meets(name, path)} if path else set()
        if not about and not self.scope.whole:
            return False
        asked = {outcome.document for outcome in self.outcomes if not isinstance(outcome, Skipped)}
        return self.scope.ran(rule_id) and (about or asked) <= self._checked(rule_id)

    def _checked(self, rule_id: str) -> set[str]:
        known = (Checked, Passed, Unparsable) if rule_id == judge.UNREADABLE else (Checked, Passed)
        unknown = {outcome.document for outcome in self.outcomes if not isinstance(outcome, known)}
        return {outcome.document for outcome in self.outcomes} - unknown

    # -- comments ------------------------------------------------------------------------------------------

    def _comments(self) -> Iterator[tuple[Outcome, Directive]]:
        for outcome in self.outcomes:
            for directive in directives_of(outcome):
                yield outcome, directive

    def _slips(self) -> Iterator[Finding]:
        for outcome, directive in self._comments():
            name, subject = outcome.document, ", ".join(directive.codes) or "ignore"
            if directive.error:
                yield _useless(name, directive, subject, directive.error)
            elif not directive.reason:
                what = "This comment suppresses findings without saying why"
                yield _comment(UNEXPLAINED, name, directive, subject, what, "write the reason behind the bracket")
            for code in directive.codes:
                rule_id = judge.split(code)[0]
                if self.scope.rule(rule_id) is None:
                    yield _useless(name, directive, code, no_rule(rule_id, [rule.id for rule in self.scope.rules]))

    def _unused_comments(self) -> Iterator[tuple[str, Finding]]:
        for outcome, directive in self._comments():
            for code in directive.codes:
                rule_id, name = judge.split(code)[0], outcome.document
                known = self.scope.ran(rule_id) and name in self._checked(rule_id)
                if known and (name, directive, code) not in self.used:
                    what = f"This comment suppresses nothing: there is no finding of {code} "
                    what += "here" if directive.first else "in this file"
                    yield rule_id, _comment(judge.UNUSED, name, directive, code, what, "delete it")

    # -- ignore-file and baseline --------------------------------------------------------------------------

    def _entry(self, rule_id: str, entry: Entry, message: str, remedy: str) -> Finding:
        subject = f"{entry.rule}[{entry.subject}]" if entry.subject else entry.rule
        return _finding(rule_id, self.rulings.ignore_file, entry.line, subject, message, remedy)

    def _expired(self) -> Iterator[Finding]:
        for entry in self.rulings.entries:
            if entry.expired(self.rulings.today):
                owner = f" ({entry.owner})" if entry.owner else ""
                what = f"This entry held until {entry.until} and suppresses nothing any more: {entry.reason}{owner}"
                yield self._entry(EXPIRED, entry, what, "correct what it is about, or set another date")

    def _unused_entries(self) -> Iterator[tuple[str, Finding]]:
        for entry in self.rulings.entries:
            live = not entry.expired(self.rulings.today)
            if live and entry not in self.used and self.judged(entry.rule, entry.path):
                where = f" in {entry.path}" if entry.path else ""
                what = f"This entry suppresses nothing: there is no such finding{where}"
                yield entry.rule, self._entry(judge.UNUSED, entry, what, "delete it")

    def _unused(self, about_own: bool) -> Iterator[Finding]:
        for rule_id, finding in (*self._unused_comments(), *self._unused_entries()):
            if (rule_id in _OWN) == about_own:
                yield finding

    def stale(self) -> list[Recorded]:
        """The baseline's findings that are there no more."""
        recorded = self.rulings.recorded.values()
        return [r for r in recorded if r not in self.used and self.gone(r)]

    def gone(self, recorded: Recorded) -> bool:
        """Whether this run would have found it."""
        if recorded.file in self.scope.documents:
            return self.scope.ran(recorded.rule) and recorded.file in self._checked(recorded.rule)
        if recorded.file.startswith(DATABASE) and not self._read(recorded):
            return False
        return self.scope.ran(recorded.rule) and self.scope.whole

    def _read(self, recorded: Recorded) -> bool:
        """Whether the table of the database that a recorded finding is about was read, and all of it."""
        return recorded.file in self._checked(recorded.rule)

    def _stale(self) -> Iterator[Finding]:
        if stale := self.stale():
            some = ", ".join(sorted({f"{r.rule} in {r.file}" for r in stale})[:3])
            what = f"{len(stale)} finding{'s' * (len(stale) != 1)} of the baseline are there no more (as {some})"
            remedy = "write it anew with `upgradecheck baseline`, so that they do not come back unseen"
            name = self.rulings.baseline
            yield _finding(judge.UNUSED, name, None, name, what, remedy, Severity.INFO)


def _useless(name: str, directive: Directive, subject: str, error: str) -> Finding:
    what, _, remedy = error.partition(": ")
    return _comment(MALFORMED, name, directive, subject, f"This comment suppresses nothing: {what}", remedy)


def _comment(rule_id: str, name: str, directive: Directive, subject: str, message: str, remedy: str) -> Finding:
    found = _finding(rule_id, name, directive.line, subject, message, remedy)
    return replace(found, span=Span(directive.line, directive.column, directive.line, directive.end_column))


def _finding(
    rule_id: str,
    document: str,
    line: int | None,
    subject: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.WARNING,
) -> Finding:
    return Finding(
        rule_id=rule_id,
        severity=severity,
        subject=subject,
        message=message,
        advice=f"{remedy[:1].upper()}{remedy[1:]}".removesuffix("?") + ("?" if remedy.endswith("?") else "."),
        since="",
        document=document,
        span=Span(line, 1, line, 1) if line else None,
        fix=NoFix("whether the suppression is right, a person decides"),
    )


def _marked(findings: list[Finding]) -> list[Finding]:
    return fingerprinted(findings, {})
