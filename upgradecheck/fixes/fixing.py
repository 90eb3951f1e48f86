"""Fixes: choose → edit → plan imports → reparse → recheck, in rounds, until nothing is left to do.

The only place where text, imports and, through `writing`, files change. A fix is a unit, however many
documents it spans: all of it is made, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from upgradecheck.checker import source_of, summarised
from upgradecheck.checking import check_text
from upgradecheck.discover import TEMPLATE
from upgradecheck.fixes import imports
from upgradecheck.fixes.importparts import NoRoom
from upgradecheck.fixes.units import Batch, Unit, grouped, joined
from upgradecheck.fixes.writing import forbidden
from upgradecheck.linking import templates
from upgradecheck.linking.project import Project
from upgradecheck.linking.soundness import Unsound, compiles, same_names, still_offered, tree_of
from upgradecheck.model import Document, Edit, Finding, Fix, Free, Need
from upgradecheck.python.scopewalk import scan
from upgradecheck.python.summary import Summary
from upgradecheck.report import findings_of
from upgradecheck.ruleset import Ruleset
from upgradecheck.suppression.suppress import Kept
from upgradecheck.texts import formats
from upgradecheck.texts.formats import CODE
from upgradecheck.texts.source import Source, Unreadable, Unwritable, from_text

MAX_ROUNDS = 100  # a round that makes no fix is the last, so only fixes that undo each other get this far


class Text(Struct):
    """A document's text while it is being fixed."""

    document: Document
    before: str
    now: str
    source: Source  # as it was read
    together: set[str] = field(default_factory=set)  # documents that were changed by the same fix
    announced: set[str] = field(default_factory=set)  # the names of which its fixes said that they change

    @property
    def data(self) -> bytes:
        """The bytes that the text stands for."""
        return self.source.encode(self.now)

    @property
    def old(self) -> bytes:
        """The bytes as they were read."""
        return self.source.encode(self.before)

    @property
    def shown(self) -> tuple[str, str]:
        """The file's text as it was read, and as it is now."""
        return self.source.shown(self.before), self.source.shown(self.now)


class Fixer(Struct):
    """The texts of a project between rounds. ``declined``: fingerprint → why a fix was not made."""

    documents: dict[str, Document]
    project: Project
    rules: Ruleset
    unsafe: bool
    kept: Kept | None = None
    texts: dict[str, Text] = field(default_factory=dict)
    declined: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)  # fingerprints
    seen: set[tuple[str, str]] = field(default_factory=set)  # what the texts once were

    def rounds(self, findings: Sequence[Finding]) -> None:
        """Make fixes until none is left that can be made."""
        current, fresh = list(findings), True
        for _ in range(MAX_ROUNDS):
            changed = self.round(current)
            if not changed and fresh:
                return
            if changed:
                self.declined.clear()  # what could not be done may be possible now
            # what changed elsewhere may allow more here: look at everything once before the end
            again = {f.document for f in current if not changed or _meets(f, changed)} | changed
            current = [f for f in current if f.document not in again] + self.found(again)
            fresh = not changed

    def round(self, findings: Iterable[Finding]) -> set[str]:
        """One round: fixes that do not touch each other. The documents that changed."""
        changed: set[str] = set()
        units, torn = joined([unit for finding in findings if (unit := self.unit(finding))])
        self.declined.update(torn)
        for group in grouped(units):
            changed |= self.make(group)
        return changed

    def unit(self, finding: Finding) -> Unit | None:
        """A finding's fix, if it is asked for and may be made."""
        fix = finding.fix
        if not isinstance(fix, Fix) or (fix.safety == "unsafe" and not self.unsafe):
            return None
        homes = tuple(dict.fromkeys([*(edit.document for edit in fix.edits), finding.document]))
        if finding.fingerprint in self.declined:
            return None
        for name in homes:
            held = self.kept.holds(name, finding.rule_id) if self.kept and name != finding.document else ""
            if reason := held or self._locked(name, alone=len(homes) == 1):
                self.declined[finding.fingerprint] = reason
                return None
        return Unit(((finding, fix),), homes)

    def _locked(self, name: str, alone: bool) -> str:
        """Why a document cannot be changed, "" if it can. (Writing tells of those that stand alone.)"""
        document = self.documents.get(name)
        if document is None or not document.selected:
            return f"it would also change {name}, which lies outside of the paths that were asked for"
        if document.locked:
            return document.locked if alone else f"it would also change {name}: {document.locked}"
        if not alone and document.data is None and (reason := forbidden(document.path)):
            return f"it would also change {name}: {reason}"
        return "" if self._load(document) else f"{name} cannot be read and written back as it was"

    def _load(self, document: Document) -> Text | None:
        if document.name not in self.texts:
            try:
                data = document.content()
                source = source_of(document.kind, data)
                text = Text(document, source.text, source.text, source)
                if text.old != data:
                    return None  # an encoding with several spellings of the same text
            except (OSError, Unreadable, UnicodeError):
                return None  # it changed under our hands: the next run will say what is wrong with it
            self.texts[document.name] = text
        return self.texts[document.name]

    def make(self, units: Sequence[Unit]) -> set[str]:
        """Make as many of these fixes as go together; what fails alone is declined. The documents that changed."""
        made: list[Unit] = []
        result: dict[str, str] = {}
        pending = [list(units)]
        while pending:
            part = pending.pop()
            batch = Batch()
            taken = [unit for unit in [*made, *part] if batch.add(unit)]
            try:
                after = self._rewritten(batch, taken)
            except Unsound as error:
                if len(part) > 1:
                    pending += [part[len(part) // 2 :], part[: len(part) // 2]]
                elif not made:
                    self.declined.update(dict.fromkeys(part[0].fingerprints, str(error)))
            else:
                made, result = taken, after
        for name, text in result.items():
            self.seen.add((name, self.texts[name].now))
            self.texts[name].now = text
        for unit in made:
            self.made.update(unit.fingerprints)
            for name in unit.homes:
                self.texts[name].together.update(unit.homes)
                self.texts[name].announced |= unit.announced
        return set(result)

    def _rewritten(self, batch: Batch, units: Iterable[Unit]) -> dict[str, str]:
        """The texts of all documents of a batch, which has to change each. Raises `Unsound`."""
        result: dict[str, str] = {}
        for name in dict.fromkeys(home for unit in units for home in unit.homes):
            part = (batch.edits.get(name, ()), batch.needs.get(name, ()), batch.frees.get(name, ()))
            kind, form = self.documents[name].kind, formats.form(self.documents[name])
            if kind in CODE:
                result[name] = after = rewrite(self.texts[name].now, name, *part)
                written_back(self.texts[name].source, after)
            else:
                result[name] = after = respelled(self.texts[name].now, kind, form, part[0])
            if (name, after) in self.seen:
                raise Unsound("it would undo another fix")
            still_offered(self.project, name, self._summary(name), summarised(self.documents[name], after))
        told = (finding.document for unit in units for finding, _ in unit.parts)
        if any(result[name] == self.texts[name].now for name in told):
            raise Unsound("it would change nothing")
        return result

    def _summary(self, name: str) -> Summary:
        return summarised(self.documents[name], self.texts[name].now)

    def found(self, names: Iterable[str]) -> list[Finding]:
        """The findings of documents as they are now."""
        changed = {name: self._summary(name) for name, text in self.texts.items() if text.now != text.before}
        self.project = self.project.updated(changed)
        found: list[Finding] = []
        for name in sorted(names):
            if text := self._load(self.documents[name]):
                outcome = check_text(text.document, text.data, self.project, self.rules)[0]
                found += self.kept.open_in(outcome) if self.kept else findings_of(outcome)
        return found


def fix_project(
    documents: dict[str, Document],
    findings: Iterable[Finding],
    project: Project,
    rules: Ruleset,
    unsafe: bool,
    kept: Kept | None = None,
) -> tuple[dict[str, Text], dict[str, str]]:
    """The changed texts in the order of writing, and why (by fingerprint) a fix that a finding offers was not made.

    Nothing is written here. ``kept``: what is suppressed, and so left alone.
    """
    work = Fixer(documents, project, rules, unsafe, kept)
    work.rounds(list(findings))
    return {name: text for name, text in work.texts.items() if text.now != text.before}, work.declined


def _meets(finding: Finding, changed: set[str]) -> bool:
    """Whether a finding's fix has edits in one of these documents: their places are no longer right."""
    return isinstance(finding.fix, Fix) and any(edit.document in changed for edit in finding.fix.edits)


def rewrite(
    text: str,
    name: str,
    edits: Iterable[Edit],
    needs: Iterable[Need],
    frees: Iterable[Free],
) -> str:
    """A document's text with edits made and imports planned. Raises `Unsound`."""
    tree, own = tree_of(text), list(edits)
    scopes = scan(tree)
    try:
        after = splice(text, [*own, *imports.plan(from_text(text), scopes, name, own, needs, frees)])
    except NoRoom as error:
        raise Unsound(str(error)) from error
    except (StopIteration, AssertionError, IndexError, ValueError, SyntaxError) as error:
        raise Unsound(f"its imports are not as the fix expects them: {error!r}") from error
    new_tree = tree_of(after)
    compiles(tree, new_tree)
    same_names(scopes, scan(new_tree))
    return after


def respelled(text: str, kind: str, form: str, edits: Iterable[Edit]) -> str:
    """The text of a document that is no code, with edits made. Raises `Unsound`."""
    after = splice(text, edits)
    if kind == TEMPLATE:
        templates.sound(text, after)
    if form and not formats.fault(form, text) and (fault := formats.fault(form, after)):
        raise Unsound(f"the rewritten file would not be whole: {fault}")
    return after


def written_back(source: Source, text: str) -> None:
    """Raises `Unsound` for a text that cannot be put back into its file."""
    try:
        source.shown(text)
    except Unwritable as error:
        raise Unsound(str(error)) from error


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Text with non-overlapping edits made. Insertions at one place keep their order."""
    parts: list[str] = []
    done = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda e: (e.start, e.end)):
        if not done <= edit.start <= edit.end <= len(text):
            raise Unsound("two edits overlap")
        parts += [text[done : edit.start], edit.new]
        done = edit.end
    return "".join([*parts, text[done:]])
