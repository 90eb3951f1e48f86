"""Fixes as they are made: what belongs together, and what can be made at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from upgradecheck.model import Edit, Finding, Fix, Free, Need


class Unit(Struct, frozen=True):
    """Fixes that are made together or not at all, with their findings, and the documents that they change."""

    parts: tuple[tuple[Finding, Fix], ...]
    homes: tuple[str, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Those of the findings."""
        return tuple(finding.fingerprint for finding, _ in self.parts)

    @property
    def announced(self) -> set[str]:
        """The names that its fixes say they change: the findings' subjects, their last words, what names become."""
        subjects = {finding.subject for finding, _ in self.parts}
        new = {edit.new.removesuffix("=") for _, fix in self.parts for edit in fix.edits}
        return subjects | {subject.rpartition(".")[2] for subject in subjects} | set(filter(str.isidentifier, new))


class Batch(Struct):
    """Units that are made at the same time, by document. Imports stand in the document of their finding."""

    edits: dict[str, dict[Edit, None]] = field(default_factory=dict)  # each once, in order
    needs: dict[str, dict[Need, None]] = field(default_factory=dict)
    frees: dict[str, dict[Free, None]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)  # identities of fixes: one may be that of many findings

    def add(self, unit: Unit) -> bool:
        """Take a unit in, unless it meets one that is in already: its turn is in the next round."""
        if any(self._meets(finding, fix) for finding, fix in unit.parts):
            return False
        for finding, fix in unit.parts:
            if id(fix) in self.taken:
                continue
            self.taken.add(id(fix))
            for edit in fix.edits:
                self.edits.setdefault(edit.document, {})[edit] = None
            self.needs.setdefault(finding.document, {}).update(dict.fromkeys(fix.needs))
            self.frees.setdefault(finding.document, {}).update(dict.fromkeys(fix.frees))
        return True

    def _meets(self, finding: Finding, fix: Fix) -> bool:
        if id(fix) in self.taken:
            return False
        for edit in fix.edits:
            if any(_overlap(edit, other) for other in self.edits.get(edit.document, ())):
                return True
        return any(_clash(need, other) for need in fix.needs for other in self.needs.get(finding.document, ()))


def joined(units: Sequence[Unit]) -> tuple[list[Unit], dict[str, str]]:
    """Units with those that their ties bind them to, and (by fingerprint) why some cannot be made."""
    found: list[Unit] = []
    torn: dict[str, str] = {}
    for group in _components(units, lambda unit: {tie.name for _, fix in unit.parts for tie in fix.ties}):
        parts = tuple(part for unit in group for part in unit.parts)
        missing = sorted(_missing(parts))
        if missing:
            reason = f"it goes together with a change to {missing[0]} that cannot be made"
            torn.update(dict.fromkeys((finding.fingerprint for finding, _ in parts), reason))
        else:
            found.append(Unit(parts, tuple(dict.fromkeys(home for unit in group for home in unit.homes))))
    return found, torn


def _missing(parts: Iterable[tuple[Finding, Fix]]) -> set[str]:
    """Documents in which a tie's other ends are not there."""
    ties = [tie for _, fix in parts for tie in fix.ties]
    offered = {(tie.name, tie.end) for tie in ties}
    wanted = {(tie.name, other) for tie in ties for other in tie.others}
    return {document for _, (_, document) in wanted - offered}


def grouped(units: Sequence[Unit]) -> list[list[Unit]]:
    """Units that have documents in common, directly or by way of others."""
    return _components(units, lambda unit: set(unit.homes))


def _components(units: Sequence[Unit], marks_of: Callable[[Unit], set[str]]) -> list[list[Unit]]:
    """Units that share marks, directly or by way of others; one without marks stands alone."""
    groups: list[tuple[set[str], list[Unit]]] = []
    for unit in units:
        marks, members = marks_of(unit), [unit]
        for group in [g for g in groups if g[0] & marks]:
            groups.remove(group)
            marks, members = marks | group[0], [*group[1], *members]
        groups.append((marks, members))
    return [members for _, members in groups]


def _overlap(one: Edit, other: Edit) -> bool:
    if one.document != other.document or one == other:
        return False
    return (one.start < other.end and other.start < one.end) or one.start == other.start


def _clash(one: Need, other: Need) -> bool:
    return one.bound == other.bound and (one.module, one.name) != (other.module, other.name)
