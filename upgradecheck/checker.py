"""One document, parsed and in short; and whether any rule may find something in it. What a worker process does."""

from __future__ import annotations

import ast
import re
import sys
from typing import NamedTuple

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.crashes import crashed
from upgradecheck.discover import TEMPLATE
from upgradecheck.linking.project import Project
from upgradecheck.linking.turned import Rules
from upgradecheck.model import (
    Crashed,
    Directive,
    Document,
    Finding,
    NoFix,
    Severity,
    Span,
    Unparsable,
)
from upgradecheck.python import borrowed, packages
from upgradecheck.python.summary import EMPTY, Summary, summarise
from upgradecheck.report import fingerprinted
from upgradecheck.ruleset import Ruleset
from upgradecheck.suppression import MARK
from upgradecheck.texts import formats
from upgradecheck.texts.formats import CODE, NOTEBOOK, PYTHON
from upgradecheck.texts.source import Source, Unreadable, decode, parse_text

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PYTHON_2 = r"\s*(print|exec)\s|\s*(raise|except)\s.*,|.*\b0\d+\b|.*<>"


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
    elif re.match(_PYTHON_2, line):
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
        summary = _of_template(data) if document.kind == TEMPLATE else EMPTY
        return _with_needs(summary, document, data)
    if is_of_other_things(document, data):
        return EMPTY
    try:
        _, tree = parse(data, document.kind)
    except Unreadable as error:
        return problem(document, data, error)
    try:
        summary = summarise(tree)
    except Exception:  # any bug in it: it becomes the document's outcome, the other documents go on
        return crashed(document.name, "summary")
    summary = _with_needs(summary, document, data)
    return replace(summary, directives=True) if MARK in data else summary


def _of_template(data: bytes) -> Summary:
    from upgradecheck.linking import templates  # where there are any

    return templates.summary_of(data)


def cannot_be_read(error: OSError) -> Problem:
    """What is wrong with a document whose content cannot be had."""
    remedy = "mend it, or exclude it"
    if isinstance(error, FileNotFoundError):
        remedy = "run again if it was just moved, remove it if it is a link to nowhere"
    elif isinstance(error, PermissionError):
        remedy = "give read permission, or exclude it"
    return Problem(f"it cannot be read ({error.strerror})", remedy, 0)


def problem(document: Document, data: bytes, error: Unreadable) -> Problem:
    """What is wrong with a document that cannot be parsed; comments are read as far as they go."""
    from upgradecheck.suppression.directives import directives

    try:
        found = directives(document.kind, source_of(document.kind, data).text) if MARK in data else ()
    except Unreadable:  # no text at all: no comments either
        found = ()
    return Problem(error.why, error.remedy, error.line, found)


def summarised(document: Document, text: str) -> Summary:
    """The summary of a document with this text. Raises `soundness.Unsound` where that is no Python."""
    from upgradecheck.linking import templates
    from upgradecheck.linking.soundness import tree_of

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


def is_of_other_things(document: Document, data: bytes) -> bool:
    """Whether a document is a notebook that speaks of nothing that rules are about: many hold half a thought."""
    return document.kind == NOTEBOOK and not formats.concerns(NOTEBOOK, data)


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
