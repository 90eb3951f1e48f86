"""What suppresses a finding: a comment in its file, an entry of the ignore-file, or the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property

from msgspec import Struct, field

from upgradecheck import judge
from upgradecheck.config import meets
from upgradecheck.model import DATABASE, Directive, Finding, Outcome, Suppressed, Suppression
from upgradecheck.report import directives_of, findings_of
from upgradecheck.rulebook.facts import Rule
from upgradecheck.suppression.baseline import Recorded
from upgradecheck.suppression.ignorefile import Entry

IN_BASELINE = "recorded in the baseline"
Mean = tuple[str, Directive, str] | Entry | Recorded  # a comment counts once for each rule that it names


class Rulings(Struct, frozen=True):
    """What a project says about its findings outside of the files in question. Names are as reports print them."""

    today: date
    entries: tuple[Entry, ...] = ()
    ignore_file: str = ""
    recorded: dict[str, Recorded] = field(default_factory=dict)
    baseline: str = ""


class Scope(Struct, frozen=True, dict=True):
    """What was asked for, and so, what can be known to be unused.

    ``documents``: all of the project. ``whole``: what is not among them does not exist.
    ``only``: the files whose findings are told, where not all are.
    """

    rules: tuple[Rule, ...]
    select: tuple[str, ...]
    deselect: tuple[str, ...]
    from_version: str
    documents: frozenset[str]
    whole: bool
    only: frozenset[str] | None = None
    narrowed: tuple[str, ...] = ()  # selectors that count for nothing in some files

    @property
    def running(self) -> tuple[str, ...]:
        """The selectors by which rules ran."""
        return judge.to_run(self.rules, self.select, self.deselect)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id."""
        return self._by_id.get(rule_id)

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    def ran(self, rule_id: str) -> bool:
        """Whether a rule had its turn on all of its subjects."""
        rule = self.rule(rule_id)
        if rule is None or not judge.complete(rule, self.running, (*self.deselect, *self.narrowed)):
            return False
        return judge.concerns(rule, self.from_version)

    def wanted(self, finding: Finding) -> bool:
        """Whether a finding was asked for. (What cannot be read is always told.)"""
        if (
            self.only is not None
            and finding.document not in self.only
            and not finding.document.startswith(DATABASE)
        ):
            return False
        rule = self.rule(finding.rule_id)
        if rule is None or finding.rule_id == judge.UNREADABLE or not (self.select or self.deselect):
            return True
        return judge.wanted(finding, rule, self.select, self.deselect)


class Pass(Struct):
    """Findings sorted into open and suppressed ones, and the means that were of use."""

    rulings: Rulings
    directives: dict[str, tuple[Directive, ...]]
    open: list[Finding] = field(default_factory=list)
    suppressed: list[Suppressed] = field(default_factory=list)
    used: set[Mean] = field(default_factory=set)
    entries: dict[str, list[Entry]] = field(default_factory=dict)  # those in force, by rule

    def __post_init__(self) -> None:
        for entry in self.rulings.entries:
            if not entry.expired(self.rulings.today):
                self.entries.setdefault(entry.rule, []).append(entry)

    def sort(self, findings: Iterable[Finding]) -> None:
        """Take findings in."""
        for finding in findings:
            means = list(self._means(finding))
            self.used.update(mean for mean, _ in means)
            if means:
                self.suppressed.append(Suppressed(finding, means[0][1]))
            else:
                self.open.append(finding)

    def _means(self, finding: Finding) -> Iterator[tuple[Mean, Suppression]]:
        name, rulings = finding.document, self.rulings
        for directive in self.directives.get(name, ()):
            for code in directive.codes:
                if _speaks(directive, finding) and _fits(code, finding):
                    yield (name, directive, code), Suppression("inline", directive.reason, name, directive.line)
        for entry in self.entries.get(finding.rule_id, ()):
            if _covers(entry, finding):
                until = entry.until.isoformat() if entry.until else ""
                place = (rulings.ignore_file, entry.line)
                yield entry, Suppression("ignore-file", entry.reason, *place, until, entry.owner)
        if recorded := rulings.recorded.get(finding.fingerprint):
            yield recorded, Suppression("baseline", IN_BASELINE, rulings.baseline, recorded.line)


def _speaks(directive: Directive, finding: Finding) -> bool:
    """Whether a comment speaks about the lines on which a finding begins or ends."""
    if not directive.first:
        return True
    span = finding.span
    lines = range(directive.first, directive.last + 1)
    return span is not None and (span.line in lines or span.end_line in lines)


def _fits(code: str, finding: Finding) -> bool:
    rule, glob = judge.split(code)
    return rule == finding.rule_id and fnmatchcase(finding.subject, glob)


def _covers(entry: Entry, finding: Finding) -> bool:
    """Whether an entry of the ignore-file is about a finding of its rule."""
    if entry.path and not meets(finding.document, entry.path):
        return False
    return not entry.subject or fnmatchcase(finding.subject, entry.subject)


def first_pass(outcomes: Iterable[Outcome], rulings: Rulings) -> Pass:
    """The findings of outcomes, sorted."""
    known = list(outcomes)
    found = Pass(rulings, {outcome.document: marks for outcome in known if (marks := directives_of(outcome))})
    found.sort(finding for outcome in known for finding in findings_of(outcome))
    return found
