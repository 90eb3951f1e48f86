"""Severity and selection: the one place that says how bad something is and whether it was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from upgradecheck.config import Options
from upgradecheck.hints import near
from upgradecheck.model import Finding, Runs, Severity
from upgradecheck.rulebook.facts import Rule, number

UNREADABLE = "UnreadableFileRule"
UNUSED = "UnusedSuppressionRule"
_SEVERITY = {"broken": Severity.ERROR, "warns": Severity.WARNING, "changed": Severity.WARNING}
_SELECTOR = r"[^\[\]]+(\[.+\])?"
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def severity(status: str, runs: Runs) -> Severity | None:
    """A fact's status on the target as a severity; None where there is nothing to say.

    Code that only type checkers see does not run on any version: cleaning it up is advice.
    """
    found = _SEVERITY.get(status)
    return Severity.INFO if found and runs is Runs.TYPING else found


def at_least(finding: Finding, level: str) -> bool:
    """Whether a finding is at or above ``error``, ``warning``, ``info``; ``never`` is above all."""
    if level == "never":
        return False
    return _ORDER.index(finding.severity) <= _ORDER.index(Severity(level.upper()))


def split(selector: str) -> tuple[str, str]:
    """``RuleId[glob]`` → (rule id or tag, glob); the glob is ``*`` where there is none."""
    name, _, rest = selector.partition("[")
    return name, rest.removesuffix("]") or "*"


def unknown(selectors: Iterable[str], rules: Iterable[Rule]) -> list[str]:
    """The selectors that name neither a rule nor a tag, or are written wrongly."""
    known = {rule.id for rule in rules} | {tag for rule in rules for tag in rule.tags}
    return [s for s in selectors if split(s)[0] not in known or not re.fullmatch(_SELECTOR, s)]


def unknown_rule(name: str, rules: Iterable[Rule]) -> str:
    """What to say to somebody who named a rule that is none."""
    if not re.fullmatch(_SELECTOR, name):
        return f"{name!r} is no selector: write a rule id, a tag, or RuleId[subject-glob]"
    bare = split(name)[0]
    known = {word.lower(): word for rule in rules for word in (*rule.tags, rule.id)}
    meant = near(bare.lower(), known)
    hint = f"did you mean {known[meant]}?" if meant else "`upgradecheck rules` lists them"
    return f"there is no rule or tag {bare!r}: {hint}"


def chosen(rule: Rule, select: tuple[str, ...], deselect: tuple[str, ...]) -> bool:
    """Whether a rule has to run at all."""
    names = {rule.id, *rule.tags}
    wanted = not select or any(split(s)[0] in names for s in select)
    return wanted and names.isdisjoint(_wholly(deselect))


@lru_cache(maxsize=8)  # asked for each rule
def _wholly(selectors: tuple[str, ...]) -> frozenset[str]:
    """The rules and tags that are selected with all their subjects."""
    return frozenset(name for name, glob in map(split, selectors) if glob == "*")


def concerns(rule: Rule, from_version: str) -> bool:
    """Whether a rule has something to say to projects that run this version today."""
    early = rule.least_from and number(from_version) < number(rule.least_from)
    late = rule.before and number(rule.before) <= number(from_version)
    return not (early or late)


def passed_over(rules: Iterable[Rule], options: Options) -> tuple[str, ...]:
    """The selectors of what does not run: what was left out, and, unless asked for, rules on request."""
    named = {split(selector)[0] for selector in options.select}
    quiet = (rule.id for rule in rules if rule.on_request and not named.intersection((rule.id, *rule.tags)))
    mute = (rule.id for rule in rules if rule.reads and not options.metadata_db)
    return (*options.deselect, *mute, *(() if options.run_all else quiet))


def to_run(rules: Iterable[Rule], select: tuple[str, ...], deselect: tuple[str, ...]) -> tuple[str, ...]:
    """The selectors by which rules have to run: none (all rules) where unused suppressions are selected.

    Only a rule that ran can tell that it found nothing.
    """
    tracked = select and any(rule.id == UNUSED and chosen(rule, select, deselect) for rule in rules)
    return () if tracked else select


def complete(rule: Rule, select: tuple[str, ...], deselect: tuple[str, ...]) -> bool:
    """Whether a rule runs on all of its subjects."""
    narrowed = {split(selector)[0] for selector in (*select, *deselect) if split(selector)[1] != "*"}
    return chosen(rule, select, deselect) and narrowed.isdisjoint((rule.id, *rule.tags))


def wanted(finding: Finding, rule: Rule, select: tuple[str, ...], deselect: tuple[str, ...]) -> bool:
    """Whether a finding of a chosen rule was asked for: the subjects' globs decide."""
    if select and not _meets(finding, _globs(rule.id, rule.tags, select)):
        return False
    return not _meets(finding, _globs(rule.id, rule.tags, deselect))


def _meets(finding: Finding, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(finding.subject, glob) for glob in globs)


@lru_cache(maxsize=512)  # asked for each finding, and the same for all of a rule
def _globs(rule_id: str, tags: tuple[str, ...], selectors: tuple[str, ...]) -> tuple[str, ...]:
    """The globs of those selectors that mean a rule."""
    return tuple(glob for name, glob in map(split, selectors) if name == rule_id or name in tags)
