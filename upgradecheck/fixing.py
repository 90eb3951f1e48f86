"""Fixes: choose → edit → plan imports → reparse → recheck, in rounds, until nothing is left to do.

The only place where text, imports and, through `writing`, files change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from upgradecheck import imports
from upgradecheck.checker import Ruleset, check_text, parse
from upgradecheck.model import Checked, Document, Edit, Finding, Fix, Free, Need
from upgradecheck.project import Project
from upgradecheck.scopes import free_names
from upgradecheck.scopewalk import scan
from upgradecheck.source import BOM, Unreadable, from_text
from upgradecheck.summary import summarise

MAX_ROUNDS = 10
MAX_BYTES = 1_000_000


class Unsound(Exception):
    """A rewrite came out wrong; nothing of it is kept. The message says how."""


@dataclass(slots=True)
class Text:
    """A document's text while it is being fixed."""

    document: Document
    before: str
    now: str
    encoding: str
    bom: bool
    declined: set[str] = field(default_factory=set)  # fingerprints of fixes that came out wrong

    @property
    def data(self) -> bytes:
        """The bytes that the text stands for."""
        return self._encode(self.now)

    @property
    def old(self) -> bytes:
        """The bytes as they were read."""
        return self._encode(self.before)

    def _encode(self, text: str) -> bytes:
        return (BOM if self.bom else b"") + text.encode(self.encoding)


@dataclass(slots=True)
class Batch:
    """The fixes chosen for one round, by document."""

    edits: dict[str, list[Edit]] = field(default_factory=dict)
    needs: dict[str, list[Need]] = field(default_factory=dict)
    frees: dict[str, list[Free]] = field(default_factory=dict)

    def add(self, finding: Finding, fix: Fix) -> bool:
        """Take a fix in, whole, unless it collides with one that is in already."""
        home = finding.document
        if any(_overlap(edit, other) for edit in fix.edits for other in self.edits.get(edit.document, ())):
            return False
        if any(_clash(need, other) for need in fix.needs for other in self.needs.get(home, ())):
            return False
        for edit in fix.edits:
            _put(self.edits.setdefault(edit.document, []), [edit])
        _put(self.needs.setdefault(home, []), fix.needs)
        _put(self.frees.setdefault(home, []), fix.frees)
        return True

    def documents(self) -> list[str]:
        """The documents that this batch changes."""
        return sorted({*self.edits, *self.needs, *self.frees})


def fix_all(
    documents: dict[str, Document],
    findings: Iterable[Finding],
    project: Project,
    rules: Ruleset,
    unsafe: bool,
) -> dict[str, Text]:
    """The texts of all documents that fixes change. Nothing is written here."""
    texts: dict[str, Text] = {}
    current = list(findings)
    summaries = dict(project.summaries)
    for _ in range(MAX_ROUNDS):
        batch = _choose(current, texts, documents, unsafe)
        changed = [name for name in batch.documents() if _apply(texts[name], batch, current)]
        if not changed:
            break
        for name in changed:
            summaries[name] = summarise(parse(texts[name].data)[1])
        project = Project(summaries, project.foreign)
        current = [f for f in current if f.document not in changed]
        for name in changed:
            outcome, _ = check_text(documents[name], texts[name].data, project, rules)
            current += outcome.findings if isinstance(outcome, Checked) else ()
    return {name: text for name, text in texts.items() if text.now != text.before}


def _choose(
    findings: Iterable[Finding], texts: dict[str, Text], documents: dict[str, Document], unsafe: bool
) -> Batch:
    batch = Batch()
    for finding in findings:
        fix = finding.fix
        if not isinstance(fix, Fix) or (fix.safety == "unsafe" and not unsafe):
            continue
        homes = {finding.document, *(edit.document for edit in fix.edits)}
        if not all(name in documents and documents[name].selected for name in homes):
            continue
        loaded = [_load(texts, documents[name]) for name in homes]
        if all(text and finding.fingerprint not in text.declined for text in loaded):
            batch.add(finding, fix)
    return batch


def _load(texts: dict[str, Text], document: Document) -> Text | None:
    if document.name not in texts:
        try:
            source, _ = parse(document.content())
        except (OSError, Unreadable):
            return None  # it changed under our hands: the next run will say what is wrong with it
        texts[document.name] = Text(document, source.text, source.text, source.encoding, source.bom)
    return texts[document.name]


def _apply(text: Text, batch: Batch, findings: list[Finding]) -> bool:
    """Apply a document's part of a batch; where it comes out wrong, its fixes one by one."""
    name = text.document.name
    part = (batch.edits.get(name, []), batch.needs.get(name, []), batch.frees.get(name, []))
    try:
        after = rewrite(text.now, name, *part)
    except Unsound:
        return _one_by_one(text, findings)
    changed = after != text.now
    text.now = after
    return changed


def _one_by_one(text: Text, findings: list[Finding]) -> bool:
    for finding in findings:
        fix = finding.fix
        if finding.document != text.document.name or not isinstance(fix, Fix):
            continue
        try:
            text.now = rewrite(text.now, finding.document, fix.edits, fix.needs, fix.frees)
        except Unsound:
            text.declined.add(finding.fingerprint)
        else:
            return True  # positions moved: the others have their turn in the next round
    return False


def rewrite(text: str, name: str, edits: Iterable[Edit], needs: Iterable[Need], frees: Iterable[Free]) -> str:
    """A document's text with edits made and imports planned. Raises `Unsound`."""
    source = from_text(text)
    _, tree = parse(text.encode("utf-8", "surrogatepass"))
    scopes = scan(tree)
    own = list(edits)
    try:
        every = [*own, *imports.plan(source, scopes, name, own, needs, frees)]
        after = splice(text, every)
        _, new_tree = parse(after.encode("utf-8", "surrogatepass"))
    except (Unreadable, StopIteration, AssertionError) as error:
        raise Unsound(f"the rewritten file would not be sound: {error!r}") from error
    lost = free_names(scan(new_tree)) - free_names(scopes)
    if lost and not any(alias.name == "*" for node, _, _ in scopes.imports for alias in node.names):
        raise Unsound(f"it would leave {', '.join(sorted(lost))} undefined")
    return after


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Text with non-overlapping edits made."""
    parts: list[str] = []
    done = 0
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        if edit.start < done:
            raise Unsound("two edits overlap")
        parts += [text[done : edit.start], edit.new]
        done = edit.end
    return "".join([*parts, text[done:]])


def _overlap(one: Edit, other: Edit) -> bool:
    if one.document != other.document or one == other:
        return False
    return (one.start < other.end and other.start < one.end) or one.start == other.start


def _clash(one: Need, other: Need) -> bool:
    return one.bound == other.bound and (one.module, one.name) != (other.module, other.name)


def _put(items: list, more: Iterable) -> None:  # type: ignore[type-arg]
    items.extend(item for item in more if item not in items)
