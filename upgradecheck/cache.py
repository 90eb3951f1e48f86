"""What earlier runs found: content → summary; (content, options, answers of the project) → outcome.

Two files in ``.upgradecheck_cache`` under the project root. ``outcomes.json`` alone answers a run in
which nothing changed; ``summaries.json`` is read only when something did. Whatever does not fit
(another version, another option, damage) counts as no cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import astuple

from upgradecheck import facts
from upgradecheck.config import Options
from upgradecheck.discover import CACHE_FOLDER
from upgradecheck.model import (
    Checked,
    Directive,
    Document,
    Finding,
    Fix,
    NoFix,
    Outcome,
    Passed,
    Runs,
    Severity,
    Span,
    Unparsable,
)

if TYPE_CHECKING:
    from upgradecheck.readiness import Readiness
    from upgradecheck.summary import Summary

_YOUNG = 2_000_000_000  # ns: a file this young when the cache was written may change without a new mtime
Stamp = tuple[int, int, str]  # mtime (ns), size, SHA-256 of the content


class Cache:
    """One project's cache for one set of options."""

    def __init__(self, root: Path, options: Options) -> None:
        self.folder = root / CACHE_FOLDER
        self.key = _key(options)
        self.wanted = options.cache
        data = _load(self.folder / "outcomes.json", self.key) if options.cache else {}
        self._written: int = data.get("written", 0)
        self._stamps: dict[str, list[Any]] = data.get("stamps", {})
        self._outcomes: dict[str, list[Any]] = data.get("outcomes", {})
        self._readiness: list[Any] = data.get("readiness", [])
        self._details: dict[str, Any] | None = None
        self._hashed = False

    def complete(self, documents: Mapping[str, Document]) -> list[Outcome] | None:
        """All outcomes asked for, if no file of the project changed, came or went; else None."""
        if not self._stamps or self._stamps.keys() != documents.keys():
            return None
        if any(document.selected and name not in self._outcomes for name, document in documents.items()):
            return None
        if not all(map(self.unchanged, documents.values())):
            return None
        if self._hashed:
            self._confirm(documents)
        return [_outcome(name, self._outcomes[name]) for name, d in documents.items() if d.selected]

    def _confirm(self, documents: Mapping[str, Document]) -> None:
        """Note that files with new or young times hold what they held, so that times will do next time."""
        self._stamps = {name: list(stamp) for name, d in documents.items() if (stamp := _stamp(d))}
        with suppress(OSError):  # as in `save`
            self._write_light(self._stamps, self._outcomes)

    def unchanged(self, document: Document) -> bool:
        """Whether a document is what it was: by time and size, else by content."""
        known = self._stamps.get(document.name)
        if known is None or document.data is not None:
            return False
        try:
            stat = os.stat(document.location)
        except OSError:  # it vanished: reading it will say so
            return False
        young = stat.st_mtime_ns > self._written - _YOUNG
        if known[0] == stat.st_mtime_ns and known[1] == stat.st_size and not young:
            return True
        self._hashed = True
        return bool(known[1] == stat.st_size and known[2] == _digest(document))

    def readiness(self, basis: str) -> Readiness | None:
        """The readiness of an earlier run, if no document changed (see `complete`) and it had the same basis."""
        if not self._readiness or self._readiness[0] != basis:
            return None
        from upgradecheck.readiness import from_json as standing_from_json

        return standing_from_json(self._readiness[1])

    def summary(self, name: str) -> Summary | None:
        """An unchanged document's summary."""
        data = self._detail().get("summaries", {}).get(name)
        if data is None:
            return None
        from upgradecheck.summary import from_json

        return from_json(data)

    def answers(self, name: str) -> dict[str, str] | None:
        """What an unchanged document's rules asked of the project, with the answers they got."""
        found: dict[str, str] | None = self._detail().get("answers", {}).get(name)
        return found

    def outcome(self, name: str) -> Outcome | None:
        """An unchanged document's outcome, good as long as the project's answers are the same."""
        data = self._outcomes.get(name)
        return None if data is None else _outcome(name, data)

    def _detail(self) -> dict[str, Any]:
        if self._details is None:
            self._details = _load(self.folder / "summaries.json", self.key) if self._stamps else {}
        return self._details

    def save(
        self,
        documents: Iterable[Document],
        summaries: Mapping[str, object],
        outcomes: Iterable[Outcome],
        answers: Mapping[str, Mapping[str, str]],
        still_good: Iterable[str] = (),
        readiness: tuple[str, Readiness] | None = None,
    ) -> None:
        """Keep a run, and of earlier ones the outcomes that are still good.

        ``readiness`` comes with all that it depends on besides the documents. A folder that cannot be
        written leaves things as they were.
        """
        self._readiness = [readiness[0], readiness[1].to_json()] if readiness else []
        stamps = {d.name: stamp for d in documents if (stamp := _stamp(d))}
        found = {o.document: data for o in outcomes if (data := _plain(o)) is not None}
        kept = {name: self._outcomes[name] for name in still_good if name in stamps and name not in found}
        old = {name: a for name in kept if (a := self.answers(name)) is not None}
        from upgradecheck.summary import Summary

        plain = {n: s.to_json() for n, s in summaries.items() if n in stamps and isinstance(s, Summary)}
        with suppress(OSError):  # read-only checkouts and full disks are no reason to fail a check
            self.folder.mkdir(exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", "utf-8")
            details = {"key": self.key, "summaries": plain, "answers": {**old, **answers}}
            _write(self.folder / "summaries.json", details)
            self._write_light(stamps, {**kept, **found})

    def _write_light(self, stamps: Mapping[str, Any], outcomes: Mapping[str, Any]) -> None:
        light = {
            "key": self.key,
            "written": time.time_ns(),
            "stamps": stamps,
            "outcomes": outcomes,
            "readiness": self._readiness,
        }
        _write(self.folder / "outcomes.json", light)


def _key(options: Options) -> str:
    parts = (
        facts.stamp(tuple(Path(pack).resolve() for pack in options.rule_packs)),
        sys.version_info[:2],
        options.target,
        options.from_version,
        options.bridge,
        options.pins,
        options.select,
        options.deselect,
        options.rule_packs,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _load(path: Path, key: str) -> dict[str, Any]:
    """A cache file's content; empty where there is none, or one that is not ours."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and data.get("key") == key else {}


def _write(path: Path, data: dict[str, Any]) -> None:
    staged = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        staged.write_text(json.dumps(data, separators=(",", ":")), "utf-8", "surrogatepass")
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def _stamp(document: Document) -> Stamp | None:
    if document.data is not None:
        return None
    try:
        stat = os.stat(document.location)
        return stat.st_mtime_ns, stat.st_size, _digest(document)
    except OSError:  # it vanished since it was read: not to be kept
        return None


def _digest(document: Document) -> str:
    return hashlib.sha256(document.content()).hexdigest()


def _plain(outcome: Outcome) -> list[Any] | None:
    """An outcome as lists; None for those that are not worth keeping."""
    if isinstance(outcome, Passed):
        return []
    if isinstance(outcome, Checked):
        marks = [astuple(directive) for directive in outcome.directives]
        return ["checked", marks, *(_plain_finding(finding) for finding in outcome.findings)]
    if isinstance(outcome, Unparsable):
        marks = [astuple(directive) for directive in outcome.directives]
        return ["unparsable", marks, outcome.error, _plain_finding(outcome.finding)]
    return None


def _outcome(name: str, data: list[Any]) -> Outcome:
    if not data:
        return Passed(name)
    kind, marks, *rest = data
    directives = tuple(_directive(mark) for mark in marks)
    if kind == "checked":
        return Checked(name, tuple(_finding(name, finding) for finding in rest), directives)
    return Unparsable(name, rest[0], _finding(name, rest[1]), directives)


def _directive(data: list[Any]) -> Directive:
    line, column, end_column, codes, *rest = data
    return Directive(line, column, end_column, tuple(codes), *rest)


def _plain_finding(finding: Finding) -> list[Any]:
    fix, span = finding.fix, finding.span
    if isinstance(fix, NoFix):
        plain_fix = [fix.reason, fix.when]
    else:
        plain_fix = [fix.description, fix.safety, fix.when, fix.caution]
    place = [span.line, span.column, span.end_line, span.end_column] if span else []
    return [
        finding.rule_id, finding.severity.value, finding.subject, finding.message, finding.advice, finding.since,
        place, plain_fix, finding.dag_id, finding.fingerprint, finding.url, finding.excerpt, finding.runs.value,
    ]  # fmt: skip


_SEVERITY = {severity.value: severity for severity in Severity}
_RUNS = {runs.value: runs for runs in Runs}


def _finding(name: str, data: list[Any]) -> Finding:
    rule_id, severity, subject, message, advice, since, place, fix, dag_id, mark, url, excerpt, runs = data
    known: Fix | NoFix = NoFix(*fix) if len(fix) == 2 else Fix(fix[0], fix[1], fix[2], caution=fix[3])
    span = Span(*cast("list[int]", place)) if place else None
    return Finding(
        rule_id, _SEVERITY[severity], subject, message, advice, since, name, span, known, dag_id, mark, url,
        excerpt, _RUNS[runs],
    )  # fmt: skip
