"""Readiness as a stage: finds the DAG files, checks what they import, rehearses the safe fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from upgradecheck import rulings, stages, suppress
from upgradecheck.cache import Cache
from upgradecheck.checker import Problem, Ruleset
from upgradecheck.dagfiles import dag_files, imports, reached
from upgradecheck.discover import Tree
from upgradecheck.facts import lookup
from upgradecheck.model import Crashed, Finding, Fix, Outcome, Severity
from upgradecheck.project import Project
from upgradecheck.readiness import Readiness, assess, held
from upgradecheck.rulings import settled


@dataclass(frozen=True, slots=True)
class Ground:
    """What readiness is judged on: the DAG files asked for, and all outcomes of what they import."""

    dags: frozenset[str]
    tree: Tree
    outcomes: tuple[Outcome, ...]
    rules: Ruleset

    def blocking(self, outcomes: Sequence[Outcome]) -> list[Finding]:
        """The findings that count: the open ones, and those in the baseline, which were put off, not refuted."""
        found = settled(self.tree, outcomes, self.rules.options)
        return [*found.open, *(s.finding for s in found.suppressed if s.by.kind == "baseline")]


def readiness_of(
    tree: Tree,
    project: Project,
    outcomes: Sequence[Outcome],
    unread: dict[str, Problem | Crashed],
    rules: Ruleset,
    cache: Cache,
) -> Readiness:
    """As the files are, and as safe fixes would leave them."""
    ground = _ground(tree, project, outcomes, unread, rules, cache)
    blocking = ground.blocking(ground.outcomes)
    now = held(project, ground.dags, blocking)
    stay = held(project, ground.dags, (finding for finding in blocking if not _helps(finding)))
    hopeful = (now.loading - stay.loading) | (now.running - stay.running)
    after = now
    if hopeful:
        left, fixed = _rehearsed(ground, project, hopeful)
        after = held(fixed, ground.dags, ground.blocking(left))
    return assess(now, after, ground.dags)


def _ground(
    tree: Tree,
    project: Project,
    outcomes: Sequence[Outcome],
    unread: dict[str, Problem | Crashed],
    rules: Ruleset,
    cache: Cache,
) -> Ground:
    """The DAG files among the paths; what they import from elsewhere in the project is checked as well."""
    asked = {name for name, document in tree.documents.items() if document.selected}
    makers = (row["callable"] for row in lookup("dag_callables"))
    dags = dag_files(project, makers) & asked
    beside = reached(dags, imports(project, later=True)) - asked
    more = {name: replace(tree.documents[name], selected=True) for name in sorted(beside)}
    found, _ = stages.read(replace(tree, documents=more), project, unread, rules, cache, lambda *_: None)
    everything = replace(tree, documents={**tree.documents, **more}, whole=False, only=None)
    return Ground(dags, everything, (*outcomes, *found), rules)


def _helps(finding: Finding) -> bool:
    return isinstance(finding.fix, Fix) and finding.fix.safety == "safe"


def _errors(findings: Iterable[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.severity is Severity.ERROR)


def _rehearsed(ground: Ground, project: Project, dags: Iterable[str]) -> tuple[list[Outcome], Project]:
    """The outcomes and the project after the safe fixes in what these DAG files import; nothing is written."""
    from upgradecheck.fixing import fix_project

    tree, rules = ground.tree, ground.rules
    fresh = stages.with_edits(tree.documents, ground.outcomes, project, rules)
    before = settled(tree, fresh, rules.options)
    kept = suppress.kept(rulings.load(tree.root, rules.options), rulings.scope(tree, rules.options), before)
    only_errors = replace(kept, severities=frozenset({Severity.ERROR}))
    needed = reached(dags, imports(project, later=True))
    findings = [finding for finding in _errors(before.open) if finding.document in needed]
    texts, _ = fix_project(tree.documents, findings, project, rules, False, only_errors)
    again, fixed = stages.checked_again(
        tree, [outcome for outcome in fresh if outcome.document in needed], texts, project, rules
    )
    return [*again, *(outcome for outcome in fresh if outcome.document not in needed)], fixed
