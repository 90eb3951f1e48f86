"""Readiness as a stage: finds the DAG files, checks what they import, rehearses the safe fixes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck import rulings, stages
from upgradecheck.cache import Cache
from upgradecheck.checker import Problem
from upgradecheck.config import Options
from upgradecheck.discover import Tree
from upgradecheck.linking.project import Project
from upgradecheck.model import Crashed, Finding, Outcome
from upgradecheck.readiness.dagfiles import dag_files, imports, reached
from upgradecheck.readiness.readiness import Readiness, assess, held
from upgradecheck.rulebook.facts import lookup
from upgradecheck.ruleset import Ruleset
from upgradecheck.rulings import settled
from upgradecheck.suppression import suppress
from upgradecheck.texts import loadlist
from upgradecheck.texts.formats import PYTHON
from upgradecheck.texts.source import Unreadable, decode


class Ground(Struct, frozen=True):
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
    from upgradecheck.fixes.rehearsal import safe, waits

    stay = held(project, ground.dags, (finding for finding in blocking if not (safe(finding) or waits(finding))))
    hopeful = (now.loading - stay.loading) | (now.running - stay.running)
    after = held(project, ground.dags, _rehearsed(ground, project, hopeful)) if hopeful else now
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
    dags = frozenset(f for f in dag_files(project, makers) & asked if tree.documents[f].kind == PYTHON)
    dags -= _left_out(tree, rules.options, dags)
    beside = reached(dags, imports(project, later=True)) - asked
    more = {name: replace(tree.documents[name], selected=True) for name in sorted(beside)}
    found, _ = stages.read(replace(tree, documents=more), project, unread, rules, cache, lambda *_: None)
    everything = replace(tree, documents={**tree.documents, **more}, whole=False, only=None)
    return Ground(dags, everything, (*outcomes, *found), rules)


def _left_out(tree: Tree, options: Options, names: frozenset[str]) -> frozenset[str]:
    """Those of these files that ignore-files keep from being loaded today."""
    texts: dict[str, str] = {}
    for document in tree.documents.values():
        if document.kind == loadlist.KIND:
            with contextlib.suppress(OSError, Unreadable):  # it has an outcome that says so
                texts[document.name] = decode(document.content()).text
    found = loadlist.ignore_files(texts)
    return loadlist.left_out(names, found, loadlist.syntax(options.from_version, options.settings))


def _rehearsed(ground: Ground, project: Project, dags: Iterable[str]) -> list[Finding]:
    """The findings that count after the safe fixes for ERRORs in what these DAG files import."""
    from upgradecheck.fixes.rehearsal import left_by_safe_fixes, matters

    tree, rules = ground.tree, ground.rules
    fresh = stages.with_edits(tree.documents, ground.outcomes, project, rules)
    before = settled(tree, fresh, rules.options)
    kept = suppress.kept(rulings.load(tree.root, rules.options), rulings.scope(tree, rules.options), before)
    kept = replace(kept, chosen=matters)
    needed = reached(dags, imports(project, later=True))
    todo = [f for f in before.open if f.document in needed and matters(f)]
    chosen = {(f.document, f.fingerprint) for f in todo}
    others = [f for f in ground.blocking(fresh) if (f.document, f.fingerprint) not in chosen]
    return [*others, *left_by_safe_fixes(tree.documents, todo, project, rules, kept)]
