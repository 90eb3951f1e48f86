"""What each safe fix would change, as replacements of text, its imports planned: for reports that offer fixes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from upgradecheck import pool, stages
from upgradecheck.discover import Tree
from upgradecheck.fixes.rehearsal import alone, safe
from upgradecheck.linking.project import Project
from upgradecheck.model import Document, Finding, Fix, Outcome, Patch, Severity
from upgradecheck.report import findings_of
from upgradecheck.ruleset import Ruleset
from upgradecheck.texts.source import from_text

Patches = dict[tuple[str, str], tuple[Patch, ...]]
# Each fix is planned alone, which parses its file anew (some 20 ms for each): not for huge files, not for all of
# very many.
MOST_CHARACTERS = 200_000
MOST_FIXES = 5_000
_State = tuple[dict[str, Document], list[Finding], Project, Ruleset]


def patches(
    tree: Tree, outcomes: Iterable[Outcome], wanted: Iterable[Finding], project: Project, rules: Ruleset
) -> Patches:
    """The replacements of each wanted finding's safe fix, by folder and fingerprint. Nothing is written."""
    ranks = list(Severity)
    worst = sorted(filter(safe, wanted), key=lambda finding: ranks.index(finding.severity))
    chosen = {finding.fingerprint for finding in worst[:MOST_FIXES]}
    todo: defaultdict[str, list[Finding]] = defaultdict(list)
    for outcome in stages.with_edits(tree.documents, outcomes, project, rules):
        for finding in findings_of(outcome):
            if safe(finding) and finding.fingerprint in chosen:
                todo[finding.document].append(finding)
    work = list(todo.values())
    tied = [f for found in work for f in found if isinstance(f.fix, Fix) and f.fix.ties]
    state = (tree.documents, tied, project, rules)
    sizes = [len(found) * stages.size(tree.documents[found[0].document]) for found in work]
    folder = tree.folder
    found: Patches = {}
    for result in pool.spread(_of_document, state, work, sizes, rules.options.jobs):
        found.update(((folder, mark), made) for mark, made in result.items())
    return found


def _of_document(state: _State, findings: Sequence[Finding]) -> dict[str, tuple[Patch, ...]]:
    documents, tied, project, rules = state
    found: dict[str, tuple[Patch, ...]] = {}
    known: dict[int, tuple[Patch, ...]] = {}  # by the fix's identity: one may be that of many findings
    for finding in findings:
        if stages.size(documents[finding.document]) > MOST_CHARACTERS:
            continue
        if id(finding.fix) not in known:
            texts = alone(documents, finding, tied, project, rules)
            known[id(finding.fix)] = tuple(p for t in texts for p in replacements(t.document.name, *t.shown))
        if made := known[id(finding.fix)]:
            found[finding.fingerprint] = made
    return found


def replacements(document: str, before: str, after: str) -> Iterator[Patch]:
    """The smallest runs of whole lines that differ, each without what it has in common at either end."""
    source = from_text(before)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    same = _common(old, new)
    tail = _common(old[same:][::-1], new[same:][::-1])
    middle = old[same : len(old) - tail], new[same : len(new) - tail]
    starts = [sum(map(len, old[:same]))]
    for line in middle[0]:
        starts.append(starts[-1] + len(line))
    for kind, first, last, a, b in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        if kind != "equal":
            was, becomes = "".join(middle[0][first:last]), "".join(middle[1][a:b])
            head = _common(was, becomes)
            foot = _common(was[head:][::-1], becomes[head:][::-1])
            span = source.span(starts[first] + head, starts[last] - foot)
            yield Patch(document, span, becomes[head : len(becomes) - foot])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items two sequences begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
