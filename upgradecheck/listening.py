"""Readers and handlers, brought together for one document: what the first find, the others judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from upgradecheck.crashes import crashed
from upgradecheck.discover import TEMPLATE
from upgradecheck.linking import templates
from upgradecheck.linking.deployment import Deployment, ShellCommand
from upgradecheck.linking.endpoints import Endpoint, Request
from upgradecheck.linking.reached import Reached
from upgradecheck.linking.sql import Query
from upgradecheck.model import Crashed, Finding
from upgradecheck.occurrences import (
    Call,
    Command,
    ContextKey,
    EntryRead,
    ImportGuard,
    Member,
    Occurrence,
    Override,
    Word,
)
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.ruleset import Listeners
from upgradecheck.scene import Scene
from upgradecheck.texts import formats
from upgradecheck.texts.formats import CODE

if TYPE_CHECKING:
    from upgradecheck.readers.yamltree import Tree


def listen(scene: Scene, rules: Listeners) -> tuple[list[Finding], Crashed | None]:
    """What all handlers find in a document; a bug in one of them ends that, and is told.

    ``rules``: those that the document may concern.
    """
    findings: list[Finding] = []
    crash: Crashed | None = None
    rule_id = reader = f"reader {scene.document.kind}"
    try:
        for occurrence in _occurrences(scene, rules):
            for rule, handler in rules.handlers.get(type(occurrence), ()):
                rule_id = rule.id
                findings.extend(_told(scene, occurrence, handler))
            rule_id = reader
    except Exception:  # any bug in a rule: it becomes the document's outcome, the other documents go on
        crash = crashed(scene.document.name, rule_id)
    return findings, crash


def _told(scene: Scene, occurrence: Occurrence, handler: Handler) -> Iterator[Finding]:
    """What a handler finds; less sure where it counts only if a task renders the document."""
    rendered = scene.document.kind == TEMPLATE and isinstance(occurrence, ContextKey | Member)
    for finding in handler(occurrence, scene):
        yield templates.doubted(finding, scene.project.standing()) if rendered else finding


def _occurrences(scene: Scene, rules: Listeners) -> Iterator[Occurrence]:
    """What the readers find that some rule listens to."""
    if scene.document.kind == TEMPLATE:
        from upgradecheck.readers import queries, words
        from upgradecheck.readers import templates as reader

        yield from reader.of_file(scene, rules.arguments)
        if Query in rules.handlers:
            yield from queries.of_file(scene)
        if Word in rules.handlers:
            yield from words.read(scene, rules.words)
    form, content = scene.content
    if form:
        yield from _deployed(formats.reader(form).read(scene, content))
    if form == formats.YAML:
        from upgradecheck.readers import dagyaml

        yield from dagyaml.read(scene, cast("Tree", content), rules.arguments)
    if scene.document.kind in CODE:
        yield from _of_python(scene, rules)


def _deployed(found: Iterator[Occurrence]) -> Iterator[Occurrence]:
    """What a reader finds, and at the end all that the file starts, taken together."""
    started: list[ShellCommand] = []
    for each in found:
        if isinstance(each, ShellCommand):
            started.append(each)
        yield each
    if started:
        yield Deployment(tuple(started))


def _of_python(scene: Scene, rules: Listeners) -> Iterator[Occurrence]:
    from upgradecheck.readers import (
        calls,
        commands,
        contexts,
        endpoints,
        import_guards,
        members,
        overrides,
        python,
        queries,
        reached,
        subscripts,
        templates,
        words,
    )

    yield from python.read(scene)
    if ImportGuard in rules.handlers:
        yield from import_guards.read(scene)
    if {Endpoint, Request} & rules.handlers.keys():
        yield from endpoints.read(scene)
    if Call in rules.handlers:
        yield from calls.read(scene)
    if {Command, ShellCommand} & rules.handlers.keys() and rules.programs:
        yield from commands.read(scene, rules.programs)
    if ContextKey in rules.handlers:
        yield from contexts.read(scene, rules.arguments)
    for kind, found in ((Override, overrides), (Query, queries), (Reached, reached), (EntryRead, subscripts)):
        if kind in rules.handlers:
            yield from found.read(scene)
    if {ContextKey, Member} & rules.handlers.keys():
        yield from templates.read(scene, rules.arguments)
    if Word in rules.handlers:
        yield from words.read(scene, rules.words)
    if Member in rules.handlers:
        yield from members.read(scene, rules.arguments)
