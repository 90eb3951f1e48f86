"""The flow, from paths to a report: discover → summarise → link → read → judge → fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from upgradecheck import pool
from upgradecheck.checker import Ruleset, check_text, matters, parse, ruleset, summary_of, unparsable
from upgradecheck.config import Options
from upgradecheck.discover import Tree, discover
from upgradecheck.model import Document, Finding, Fix, Fixed, Outcome, Passed, Skipped, Unparsable
from upgradecheck.project import Project
from upgradecheck.report import Report, finding_key
from upgradecheck.source import decode
from upgradecheck.summary import EMPTY, Summary, summarise
from upgradecheck.target import Versions, settle, versions

if TYPE_CHECKING:
    from upgradecheck.fixing import Text

Progress = Callable[[str, int, int], None]


def run(options: Options, progress: Progress = lambda stage, done, total: None) -> Report:
    """Check what the options ask for. Raises `ConfigError`, `facts.RuleError`."""
    reports = [check_tree(tree, progress) for tree in discover(options)]
    return merged(reports)


def run_text(options: Options, data: bytes, name: str) -> tuple[Report, bytes]:
    """Check one text as if it were the file ``name``; also returns it as fixes would leave it.

    Raises `ConfigError`, `facts.RuleError`.
    """
    path = Path.cwd() / name
    tree = only(discover(replace(options, paths=(str(path.parent),)))[0], path, data)
    tree.options = replace(tree.options, fix=False, diff=True)
    report = check_tree(tree, lambda stage, done, total: None)
    texts = [fixed.after for fixed in report.fixed]
    if not texts:
        return report, data
    source = decode(data)
    return report, source.encode(texts[0])


def only(tree: Tree, path: Path, data: bytes) -> Tree:
    """The project with one document's content given, and no other asked for."""
    for name, document in tree.documents.items():
        tree.documents[name] = replace(document, selected=False)
    name = path.relative_to(tree.root).as_posix()
    tree.documents[name] = Document(path, name, "python", data=data)
    tree.skipped.clear()
    return tree


def check_tree(tree: Tree, progress: Progress) -> Report:
    """One project."""
    found = versions(tree.root, tree.options)
    options = settle(tree.options, found)
    rules = ruleset(options)
    project, unread = link(summaries(tree, options, progress), rules)
    outcomes = read(tree, project, unread, rules, progress)
    if not (options.fix or options.diff):
        return report(tree, outcomes, found)
    return fixed(tree, outcomes, project, rules, found)


def summaries(tree: Tree, options: Options, progress: Progress) -> dict[str, Summary | str]:
    """Every document of the project in short, or why it cannot be read."""
    documents = list(tree.documents.values())
    sizes = [_size(document) for document in documents]
    found: dict[str, Summary | str] = {}
    for document, summary in zip(
        documents, pool.spread(_summarise, None, documents, sizes, options.jobs), strict=True
    ):
        found[document.name] = summary
        progress("summarise", len(found), len(documents))
    return found


def link(found: dict[str, Summary | str], rules: Ruleset) -> tuple[Project, dict[str, str]]:
    """The project, and the documents that could not be read."""
    unread = {name: summary for name, summary in found.items() if isinstance(summary, str)}
    known = {name: EMPTY if isinstance(summary, str) else summary for name, summary in found.items()}
    return Project(known, rules.symbols.packages), unread


def read(tree: Tree, project: Project, unread: dict[str, str], rules: Ruleset, progress: Progress) -> list[Outcome]:
    """An outcome for each document that was asked for."""
    outcomes: list[Outcome] = []
    todo: list[Document] = []
    for document in tree.documents.values():
        if not document.selected:
            continue
        if document.name in unread:
            outcomes.append(unparsable(document, unread[document.name]))
        elif matters(project.summaries[document.name], document, project, rules.triggers):
            todo.append(document)
        else:
            outcomes.append(Passed(document.name))
    sizes = [_size(document) for document in todo]
    for outcome in pool.spread(_check, (project, rules), todo, sizes, rules.options.jobs):
        outcomes.append(outcome)
        progress("check", len(outcomes), len(tree.documents))
    return outcomes


def fixed(tree: Tree, outcomes: list[Outcome], project: Project, rules: Ruleset, found: Versions) -> Report:
    """The report of what is left, once fixes are made (``--fix``) or thought through (``--diff``)."""
    from upgradecheck.fixing import fix_all
    from upgradecheck.writing import Write, write_all

    options = rules.options
    findings = [f for outcome in outcomes for f in findings_of(outcome)]
    texts = fix_all(tree.documents, findings, project, rules, options.unsafe_fixes)
    failed: list[tuple[str, str]] = []
    if options.fix and not options.diff:
        failed = write_all(Write(name, t.document.path, t.old, t.data) for name, t in texts.items())
        lost = {name for name, _ in failed}
        texts = {name: text for name, text in texts.items() if name not in lost}
        outcomes = _checked_again(tree, outcomes, texts, project, rules)
    before = Counter(f.document for f in findings)
    after = Counter(f.document for outcome in outcomes for f in findings_of(outcome))
    done = [Fixed(n, before[n] - after[n], t.before, t.now) for n, t in sorted(texts.items())]
    return replace(report(tree, outcomes, found), fixed=tuple(done), not_written=tuple(failed))


def _checked_again(
    tree: Tree, outcomes: list[Outcome], texts: dict[str, Text], project: Project, rules: Ruleset
) -> list[Outcome]:
    """The outcomes with those of fixed documents, and of documents they may bear on, taken anew."""
    changed = {name: summarise(parse(text.data)[1]) for name, text in texts.items()}
    project = Project({**project.summaries, **changed}, project.foreign)
    return [
        _check((project, rules), tree.documents[outcome.document]) if findings_of(outcome) else outcome
        for outcome in outcomes
    ]


def report(tree: Tree, outcomes: list[Outcome], found: Versions) -> Report:
    """The outcomes of one project, in order."""
    findings = sorted((f for outcome in outcomes for f in findings_of(outcome)), key=finding_key)
    fixes = [finding.fix for finding in findings if isinstance(finding.fix, Fix)]
    return Report(
        findings=tuple(findings),
        outcomes=tuple(sorted([*outcomes, *tree.skipped], key=lambda outcome: outcome.document)),
        target=found.target,
        target_source=found.target_source,
        from_version=found.from_version,
        from_source=found.from_source,
        fail_on=tree.options.fail_on or "error",
        fixable=sum(fix.safety == "safe" for fix in fixes),
        fixable_unsafe=sum(fix.safety == "unsafe" for fix in fixes),
    )


def findings_of(outcome: Outcome) -> Sequence[Finding]:
    """The findings that an outcome carries."""
    if isinstance(outcome, Unparsable):
        return (outcome.finding,)
    return () if isinstance(outcome, Skipped | Passed) else outcome.findings


def merged(reports: Sequence[Report]) -> Report:
    """Several projects' reports as one; versions are the first project's, the others' are noted."""
    first, *rest = reports
    for other in rest:
        first = replace(
            first,
            findings=(*first.findings, *other.findings),
            outcomes=(*first.outcomes, *other.outcomes),
            fixed=(*first.fixed, *other.fixed),
            not_written=(*first.not_written, *other.not_written),
            fixable=first.fixable + other.fixable,
            fixable_unsafe=first.fixable_unsafe + other.fixable_unsafe,
            notes=(*first.notes, *other.notes),
        )
    return first


def _summarise(_: None, document: Document) -> Summary | str:
    return summary_of(document)


def _check(state: tuple[Project, Ruleset], document: Document) -> Outcome:
    project, rules = state
    try:
        data = document.content()
    except OSError as error:
        return unparsable(document, f"it cannot be read ({error.strerror}): it was there a moment ago")
    return check_text(document, data, project, rules)[0]


def _size(document: Document) -> int:
    try:
        return document.path.stat().st_size
    except OSError:  # reading it will say what is wrong with it
        return 0
