"""Everything that the rules find in one document: read, told to the rules, placed. What a worker process does.

Apart from `checker`: a document that no rule concerns needs none of it.
"""

from __future__ import annotations

import ast
from contextlib import closing

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.checker import concerned, is_of_other_things, matters, parse, problem, unparsable
from upgradecheck.crashes import crashed
from upgradecheck.discover import TEMPLATE
from upgradecheck.linking.asked import Asked
from upgradecheck.linking.project import Project
from upgradecheck.listening import listen
from upgradecheck.model import Checked, Crashed, Document, Finding, Outcome, Passed, Runs, Skipped
from upgradecheck.python.scopewalk import scan
from upgradecheck.report import fingerprinted, once_a_line
from upgradecheck.rulebook.facts import Rule
from upgradecheck.ruleset import Listeners, Ruleset
from upgradecheck.scene import Scene
from upgradecheck.suppression import MARK
from upgradecheck.suppression.directives import directives
from upgradecheck.texts import formats
from upgradecheck.texts.formats import CODE
from upgradecheck.texts.source import Source, ToRender, Unreadable, decode
from upgradecheck.texts.standpoint import in_file, said


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
        return unparsable(document, problem(document, data, error)), asked
    except ToRender as error:
        if document.kind != TEMPLATE or not matters(document, project, rules):
            return Skipped(document.name, str(error)), asked
        form = ""
    marks = tuple(said(source, mark) for mark in directives(document.kind, source.text)) if MARK in data else ()
    try:
        listeners = rules.listeners(asked.concerning(rules.every if form else concerned(document, project, rules)))
        outcome: Checked | Crashed = _checked(document, source, tree, (form, content), asked, (rules, listeners))
    except Exception:  # as in `summary_of`
        outcome = crashed(document.name, "checker")
    return replace(outcome, directives=marks), asked


def _says_nothing(document: Document, form: str, data: bytes, project: Project, rules: Ruleset) -> bool:
    """Whether a document that is no code speaks of nothing that any rule is about."""
    if is_of_other_things(document, data):
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
    from upgradecheck.readers.dags import dags_of

    dags = dags_of(scene)
    return [replace(f, dag_id=dags.around(f.span.line), runs=_runs(f, scene)) if f.span else f for f in findings]


def _runs(finding: Finding, scene: Scene) -> Runs:
    """When what a finding tells strikes: where it stands, unless the rule knows better."""
    told = finding.runs is not Runs.IMPORT or finding.span is None
    return finding.runs if told or finding.span is None else scene.runs(finding.span.line, finding.span.column)


def _rule(rules: Ruleset, finding: Finding) -> Rule:
    return next(rule for rule in rules.rules if rule.id == finding.rule_id)
