"""The stages between documents and outcomes: summarise → link → read → judge, and fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from upgradecheck import pool, rulings
from upgradecheck.cache import Cache
from upgradecheck.checker import (
    Problem,
    cannot_be_read,
    concerned,
    matters,
    summarised,
    summary_of,
    unparsable,
)
from upgradecheck.config import Options
from upgradecheck.discover import TEMPLATE, Tree
from upgradecheck.distribution import built
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import decorators
from upgradecheck.linking.project import Project
from upgradecheck.model import (
    Checked,
    Crashed,
    Document,
    Finding,
    Fix,
    Fixed,
    NoFix,
    Outcome,
    Passed,
    Unparsable,
)
from upgradecheck.python.summary import EMPTY, Summary
from upgradecheck.report import Progress, Report, Settled, assemble, findings_of
from upgradecheck.ruleset import Ruleset
from upgradecheck.rulings import settled
from upgradecheck.target import Versions
from upgradecheck.texts.formats import CODE, form

if TYPE_CHECKING:
    from upgradecheck.fixes.fixing import Text
    from upgradecheck.verification import Proof

Answers = dict[str, dict[str, str]]
Unread = Problem | Crashed


def summarise_all(tree: Tree, options: Options, cache: Cache, progress: Progress) -> dict[str, Summary | Unread]:
    """Every document of the project in short, or why it cannot be read."""
    found: dict[str, Summary | Unread] = {}
    todo: list[Document] = []
    for document in tree.documents.values():
        known = cache.summary(document.name) if cache.unchanged(document) else None
        if known is None:
            todo.append(document)
        else:
            found[document.name] = known
    sizes = [size(document) for document in todo]
    for document, summary in zip(todo, pool.spread(_summarise, None, todo, sizes, options.jobs), strict=True):
        found[document.name] = summary
        progress("summarise", len(found), len(tree.documents))
    return found


def link(tree: Tree, found: dict[str, Summary | Unread], rules: Ruleset) -> tuple[Project, dict[str, Unread]]:
    """The project, and the documents that could not be read."""
    unread = {name: summary for name, summary in found.items() if isinstance(summary, Unread)}
    known = {name: EMPTY if isinstance(summary, Unread) else summary for name, summary in found.items()}
    lineage = rules.symbols.linked(Classes).lineage
    return Project(known, rules.symbols.packages, built(tree.root, known), decorators(), lineage), unread


def read(
    tree: Tree, project: Project, unread: dict[str, Unread], rules: Ruleset, cache: Cache, progress: Progress
) -> tuple[list[Outcome], Answers]:
    """An outcome for each document that was asked for, and what its rules asked of the project."""
    outcomes: list[Outcome] = []
    answers: Answers = {}
    todo: list[Document] = []
    for document in tree.documents.values():
        if not document.selected:
            continue
        if document.name in unread:
            reason = unread[document.name]
            outcomes.append(reason if isinstance(reason, Crashed) else unparsable(document, reason))
        elif known := _still_good(document, project, rules, cache):
            outcomes.append(known)
            answers[document.name] = cache.answers(document.name) or {}
        elif form(document) or document.kind not in (*CODE, TEMPLATE) or matters(document, project, rules):
            todo.append(document)
        else:
            outcomes.append(Passed(document.name))
    sizes = [size(document) for document in todo]
    for outcome, asked in pool.spread(_check, (project, rules), todo, sizes, rules.options.jobs):
        outcomes.append(outcome)
        answers[outcome.document] = asked
        progress("check", len(outcomes), len(tree.documents))
    return outcomes, answers


def _still_good(document: Document, project: Project, rules: Ruleset, cache: Cache) -> Outcome | None:
    """The outcome of an earlier run, if neither the document nor any answer it was given changed."""
    answers = dict((cache.answers(document.name) if cache.unchanged(document) else None) or {})
    if not answers:
        return None
    from upgradecheck.linking.asked import CONCERNED, Asked  # where an earlier run has asked something

    before = answers.pop(CONCERNED, None)
    if before is None or (not form(document) and before != str(concerned(document, project, rules))):
        return None
    view = Asked(project, document.name)
    if any(view.again(question) != answer for question, answer in answers.items()):
        return None
    return cache.outcome(document.name)


def still_good(tree: Tree, project: Project, rules: Ruleset, cache: Cache) -> list[str]:
    """The documents that were not asked for and whose outcomes of earlier runs hold in the project as it is now."""
    others = (document for document in tree.documents.values() if not document.selected)
    return [document.name for document in others if _still_good(document, project, rules, cache)]


def fix(
    tree: Tree,
    outcomes: list[Outcome],
    project: Project,
    rules: Ruleset,
    found: Versions,
    proof: Proof | None = None,
) -> tuple[Report, list[Outcome], Project]:
    """Fixes made (``--fix``) or thought through (``--diff``): the report, what is left, and the project then.

    ``proof``: what ``--verify`` reads DAGs with.
    """
    from upgradecheck.fixes.fixing import fix_project
    from upgradecheck.suppression.suppress import kept
    from upgradecheck.verification import Written, write, write_verified

    options = rules.options
    before = settled(tree, outcomes, options)
    left_alone = kept(rulings.load(tree.root, options), rulings.scope(tree, options), before)
    asked = [f for f in (*before.open, *before.parts) if f.document in tree.documents]
    texts, declined = fix_project(tree.documents, asked, project, rules, options.unsafe_fixes, left_alone)
    written = Written()
    if not options.diff:
        written = write_verified(tree, texts, project, proof) if proof else Written(write(texts.items()))
        texts = {name: text for name, text in texts.items() if name not in dict(written.failed)}
        declined.update({f.fingerprint: why for f in asked if (why := written.taken.get(f.document))})
    left, fixed = checked_again(tree, outcomes, texts, project, rules)
    after = settled(tree, left, options)
    told = [_explained(o, declined) for o in (outcomes if options.diff else left)]
    report = assemble(tree, told, settled(tree, told, options), found)
    report = replace(
        report, fixed=_fixed(texts, before, after), not_written=tuple(written.failed), verdicts=written.verdicts
    )
    return (report, outcomes, project) if options.diff else (report, left, fixed)


def _fixed(texts: dict[str, Text], before: Settled, after: Settled) -> tuple[Fixed, ...]:
    """What was done to each document."""
    once, now = (Counter(f.document for f in (*s.open, *s.parts) if f.span) for s in (before, after))
    return tuple(Fixed(name, once[name] - now[name], *t.shown) for name, t in sorted(texts.items()))


def _explained(outcome: Outcome, declined: dict[str, str]) -> Outcome:
    """The outcome, with the reason at each finding whose fix turned out not to be possible."""
    if not isinstance(outcome, Checked | Crashed) or not declined:
        return outcome
    findings = [
        replace(f, fix=NoFix(declined[f.fingerprint])) if f.fingerprint in declined else f for f in outcome.findings
    ]
    return replace(outcome, findings=tuple(findings))


def with_edits(
    documents: dict[str, Document], outcomes: Iterable[Outcome], project: Project, rules: Ruleset
) -> list[Outcome]:
    """The outcomes, those that came from the cache, where fixes lose their edits, taken anew."""
    state = (project, rules)
    return [_check(state, documents[o.document])[0] if any(map(_bare, findings_of(o))) else o for o in outcomes]


def _bare(finding: Finding) -> bool:
    fix = finding.fix
    return isinstance(fix, Fix) and not (fix.edits or fix.needs or fix.frees)


def checked_again(
    tree: Tree, outcomes: list[Outcome], texts: dict[str, Text], project: Project, rules: Ruleset
) -> tuple[list[Outcome], Project]:
    """The outcomes, those with findings taken anew with the fixed texts, and the project with these."""
    changed = {name: summarised(text.document, text.now) for name, text in texts.items()}
    project = project.updated(changed)
    left: list[Outcome] = []
    for outcome in outcomes:
        if findings_of(outcome) and not isinstance(outcome, Unparsable):
            document = tree.documents[outcome.document]
            text = texts.get(outcome.document)
            fixed = replace(document, data=text.data) if text else document
            left.append(_check((project, rules), fixed)[0])
        else:
            left.append(outcome)
    return left, project


def _summarise(_: None, document: Document) -> Summary | Unread:
    return summary_of(document)


def _check(state: tuple[Project, Ruleset], document: Document) -> tuple[Outcome, dict[str, str]]:
    project, rules = state
    try:
        data = document.content()
    except OSError as error:
        return unparsable(document, cannot_be_read(error)), {}
    from upgradecheck.checking import check_text  # where a document has to be looked into

    outcome, asked = check_text(document, data, project, rules)
    return outcome, asked.answers


def size(document: Document) -> int:
    """A document's size in bytes, about."""
    try:
        return document.path.stat().st_size
    except OSError:  # reading it will say what is wrong with it
        return 0
