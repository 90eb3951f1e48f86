"""One document through reader and verbs: parse, find, judge. What a worker process does."""

from __future__ import annotations

import ast
import re
import sys
from contextlib import closing
from typing import NamedTuple

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.discover import TEMPLATE
from upgradecheck.linking import templates
from upgradecheck.linking.asked import Asked
from upgradecheck.linking.project import Project
from upgradecheck.linking.soundness import tree_of
from upgradecheck.linking.turned import Rules
from upgradecheck.listening import listen, traceback_text
from upgradecheck.model import (
    Checked,
    Crashed,
    Directive,
    Document,
    Finding,
    NoFix,
    Outcome,
    Passed,
    Runs,
    Severity,
    Skipped,
    Span,
    Unparsable,
)
from upgradecheck.python import borrowed, packages
from upgradecheck.python.scopewalk import scan
from upgradecheck.python.summary import EMPTY, Summary, summarise
from upgradecheck.report import fingerprinted, once_a_line
from upgradecheck.rulebook.facts import Rule
from upgradecheck.ruleset import Listeners, Ruleset
from upgradecheck.scene import Scene
from upgradecheck.suppression.directives import MARK, directives
from upgradecheck.texts import formats
from upgradecheck.texts.formats import CODE, NOTEBOOK, PYTHON
from upgradecheck.texts.source import Source, ToRender, Unreadable, decode, parse_text
from upgradecheck.texts.standpoint import in_file, said

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PYTHON_2 = re.compile(r"\s*(print|exec)\s|\s*(raise|except)\s.*,|.*\b0\d+\b|.*<>")


class Problem(NamedTuple):
    """Why a document has no summary, what to do about it, and on which line (0: none in particular)."""

    why: str
    remedy: str
    line: int
    directives: tuple[Directive, ...] = ()


def source_of(kind: str, data: bytes) -> Source:
    """The text of a document of this kind. Raises `Unreadable`."""
    if kind != NOTEBOOK:
        return decode(data)
    from upgradecheck.texts.notebook import read

    return read(data)


def parse(data: bytes, kind: str = PYTHON) -> tuple[Source, ast.Module]:
    """The text and tree of a file that holds Python. Raises `Unreadable`."""
    source = source_of(kind, data)
    try:
        return source, parse_text(source.text)
    except SyntaxError as error:
        raise _explained(error, source) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"it cannot be parsed ({error})", "exclude it or split it up") from error


def _explained(error: SyntaxError, source: Source) -> Unreadable:
    line = source.line(error.lineno or 0)
    if "{{" in source.text or "{%" in source.text:
        hint = "it looks like a template: exclude it, and check what it is rendered to"
    elif _PYTHON_2.match(line):
        hint = "it looks like Python 2: port it to Python 3 first, or exclude it"
    else:
        hint = (
            f"correct it or exclude it; where it is newer than Python {_PYTHON}, run upgradecheck with a newer one"
        )
    number = error.lineno or 1
    place = source.told(Span(number, 1, number, 1)).line
    within = f"in cell {cell}, line {place}" if (cell := source.cell(number)) else f"line {place}"
    return Unreadable(f"{within} is no valid Python ({error.msg})", hint, place)


def summary_of(document: Document) -> Summary | Problem | Crashed:
    """A document's summary, or why there is none."""
    try:
        data = document.content()
    except OSError as error:
        return cannot_be_read(error)
    if document.kind not in CODE:
        summary = templates.summary_of(data) if document.kind == TEMPLATE else EMPTY
        return _with_needs(summary, document, data)
    if _is_of_other_things(document, data):
        return EMPTY
    try:
        _, tree = parse(data, document.kind)
    except Unreadable as error:
        return _problem(document, data, error)
    try:
        summary = summarise(tree)
    except Exception:  # any bug in it: it becomes the document's outcome, the other documents go on
        return Crashed(document.name, "summary", traceback_text())
    summary = _with_needs(summary, document, data)
    return replace(summary, directives=True) if MARK in data else summary


def cannot_be_read(error: OSError) -> Problem:
    """What is wrong with a document whose content cannot be had."""
    remedy = "mend it, or exclude it"
    if isinstance(error, FileNotFoundError):
        remedy = "run again if it was just moved, remove it if it is a link to nowhere"
    elif isinstance(error, PermissionError):
        remedy = "give read permission, or exclude it"
    return Problem(f"it cannot be read ({error.strerror})", remedy, 0)


def _problem(document: Document, data: bytes, error: Unreadable) -> Problem:
    """What is wrong with a document that cannot be parsed; comments are read as far as they go."""
    try:
        found = directives(document.kind, source_of(document.kind, data).text) if MARK in data else ()
    except Unreadable:  # no text at all: no comments either
        found = ()
    return Problem(error.why, error.remedy, error.line, found)


def summarised(document: Document, text: str) -> Summary:
    """The summary of a document with this text. Raises `soundness.Unsound` where that is no Python."""
    if document.kind in CODE:
        summary = summarise(tree_of(text))
    else:
        summary = templates.summarise(text) if document.kind == TEMPLATE else EMPTY
    return _with_needs(summary, document, text.encode("utf-8", "surrogatepass"))


def _with_needs(summary: Summary, document: Document, data: bytes) -> Summary:
    """A summary with the packages and variables that the document names."""
    form = formats.form(document)
    needs = packages.required(data) if form or packages.declares(document.name) else ()
    if form or document.kind in CODE:
        needs = (*needs, *borrowed.asked_for(data, form))
    return replace(summary, requires=needs) if needs else summary


def matters(document: Document, project: Project, rules: Ruleset) -> bool:
    """Whether any rule can find something in a document, or a comment suppresses something there."""
    return project.summaries[document.name].directives or bool(concerned(document, project, rules))


def concerned(document: Document, project: Project, rules: Ruleset) -> Rules:
    """The rules that may find something in a document: by its summary, where it has one that tells."""
    summary = project.summaries.get(document.name)
    if summary is None or document.kind not in (*CODE, TEMPLATE):
        return rules.every
    return rules.every & rules.concerns.rules_for(document.name, summary, project)


def check_text(document: Document, data: bytes, project: Project, rules: Ruleset) -> tuple[Outcome, Asked]:
    """Everything the rules find in one document, and what they asked of the project."""
    asked = Asked(project, document.name)
    form = formats.form(document)
    form = form if form and formats.concerns(form, data) else ""
    if _says_nothing(document, form, data, project, rules):
        return Passed(document.name), asked
    content: object = None
    try:
        source, tree = parse(data, document.kind) if document.kind in CODE else (decode(data), ast.Module([], []))
        content = formats.parse(form, source) if form else None
    except Unreadable as error:
        return unparsable(document, _problem(document, data, error)), asked
    except ToRender as error:
        if document.kind != TEMPLATE or not matters(document, project, rules):
            return Skipped(document.name, str(error)), asked
        form = ""
    marks = tuple(said(source, mark) for mark in directives(document.kind, source.text)) if MARK in data else ()
    try:
        listeners = rules.listeners(asked.concerning(rules.every if form else concerned(document, project, rules)))
        outcome: Checked | Crashed = _checked(document, source, tree, (form, content), asked, (rules, listeners))
    except Exception:  # as in `summary_of`
        outcome = Crashed(document.name, "checker", traceback_text())
    return replace(outcome, directives=marks), asked


def _is_of_other_things(document: Document, data: bytes) -> bool:
    """Whether a document is a notebook that speaks of nothing that rules are about: many hold half a thought."""
    return document.kind == NOTEBOOK and not formats.concerns(NOTEBOOK, data)


def _says_nothing(document: Document, form: str, data: bytes, project: Project, rules: Ruleset) -> bool:
    """Whether a document that is no code speaks of nothing that any rule is about."""
    if _is_of_other_things(document, data):
        return True
    if document.kind in CODE or form or MARK in data:
        return False
    return document.kind != TEMPLATE or not matters(document, project, rules)


def _checked(
    document: Document,
    source: Source,
    tree: ast.Module,
    content: tuple[str, object],
    asked: Asked,
    chosen: tuple[Ruleset, Listeners],
) -> Checked | Crashed:
    rules, listeners = chosen
    options = rules.options
    scene = Scene(
        document, source, tree, scan(tree), asked, rules.symbols,
        options.target, options.from_version, options.bridge, options.settings, content,
    )  # fmt: skip
    with closing(scene):
        found, crash = listen(scene, listeners)
        deselected = options.deselected_in(document.name)
        found = [f for f in found if judge.wanted(f, _rule(rules, f), rules.select, deselected)]
        lines = {f.span.line: source.line(f.span.line) for f in found if f.span}
        findings = tuple(in_file(source, f) for f in _placed(scene, fingerprinted(once_a_line(found), lines)))
    return replace(crash, findings=findings) if crash else Checked(document.name, findings)


def _placed(scene: Scene, findings: list[Finding]) -> list[Finding]:
    """The findings, each with the DAG that it lies in and when its code runs."""
    if not findings or scene.document.kind not in CODE:
        return findings
    from upgradecheck.readers.dags import Dags

    dags = Dags(scene)
    return [replace(f, dag_id=dags.around(f.span.line), runs=_runs(f, scene)) if f.span else f for f in findings]


def _runs(finding: Finding, scene: Scene) -> Runs:
    """When what a finding tells strikes: where it stands, unless the rule knows better."""
    told = finding.runs is not Runs.IMPORT or finding.span is None
    return finding.runs if told or finding.span is None else scene.runs(finding.span.line, finding.span.column)


def _rule(rules: Ruleset, finding: Finding) -> Rule:
    return next(rule for rule in rules.rules if rule.id == finding.rule_id)


def unparsable(document: Document, problem: Problem) -> Unparsable:
    """The outcome and finding of a document that cannot be read."""
    line = max(problem.line, 1)
    finding = Finding(
        rule_id=judge.UNREADABLE,
        severity=Severity.ERROR,
        subject=document.name,
        message=f"This file was not checked: {problem.why}",
        advice=f"{problem.remedy[:1].upper()}{problem.remedy[1:]}.",
        since="",
        document=document.name,
        span=Span(line, 1, line, 1),
        fix=NoFix("nothing was read"),
    )
    told = fingerprinted([finding], {})[0]
    return Unparsable(document.name, f"{problem.why}: {problem.remedy}", told, problem.directives)
