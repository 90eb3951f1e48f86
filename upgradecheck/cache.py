"""What earlier runs found: content → summary; (content, options, answers of the project) → outcome.

Two files in ``.upgradecheck_cache`` under the project root. ``outcomes`` alone answers a run in which
nothing changed; ``details`` is read only when something did. Whatever does not fit (another version,
another option, damage) counts as no cache.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import MsgspecError, Raw, Struct, msgpack
from msgspec.structs import replace

from upgradecheck.config import Options
from upgradecheck.discover import CACHE_FOLDER
from upgradecheck.model import Checked, Document, Fix, NoFix, Outcome, Passed, Skipped, Unparsable
from upgradecheck.rulebook import facts

if TYPE_CHECKING:
    from upgradecheck.details import Details
    from upgradecheck.python.summary import Summary
    from upgradecheck.readiness.readiness import Readiness

_YOUNG = 2_000_000_000  # ns: a file this young when the cache was written may change without a new mtime
Stamp = tuple[int, int, str]  # mtime (ns), size, SHA-256 of the content
Kept: TypeAlias = Checked | Passed | Skipped | Unparsable
_T = TypeVar("_T", bound=Struct)


class Outcomes(Struct, array_like=True):
    """The file that a run without news reads. ``basis``: what the readiness depends on besides the documents."""

    key: str
    written: int = 0
    stamps: dict[str, Stamp] = {}
    outcomes: dict[str, Kept] = {}
    basis: str = ""
    readiness: Raw = Raw(msgpack.encode(None))


class Cache:
    """One project's cache for one set of options."""

    def __init__(self, root: Path, options: Options) -> None:
        self.folder = root / CACHE_FOLDER
        self.wanted = options.cache
        self.key = _key(options) if options.cache else ""
        known = _load(self.folder / "outcomes", self.key, Outcomes) if options.cache else None
        self._light = known or Outcomes("")
        self._details: Details | None = None
        self._hashed = False

    def complete(self, documents: Mapping[str, Document]) -> list[Outcome] | None:
        """All outcomes asked for, if no file of the project changed, came or went; else None."""
        stamps, outcomes = self._light.stamps, self._light.outcomes
        if not stamps or stamps.keys() != documents.keys():
            return None
        if any(document.selected and name not in outcomes for name, document in documents.items()):
            return None
        if not all(map(self.unchanged, documents.values())):
            return None
        if self._hashed:
            self._confirm(documents)
        return [outcomes[name] for name, document in documents.items() if document.selected]

    def _confirm(self, documents: Mapping[str, Document]) -> None:
        """Note that files with new or young times hold what they held, so that times will do next time."""
        self._light.stamps = {name: stamp for name, d in documents.items() if (stamp := _stamp(d))}
        with suppress(OSError):  # as in `save`
            self._write_light()

    def unchanged(self, document: Document) -> bool:
        """Whether a document is what it was: by time and size, else by content."""
        known = self._light.stamps.get(document.name)
        if known is None or document.data is not None:
            return False
        try:
            stat = os.stat(document.location)
        except OSError:  # it vanished: reading it will say so
            return False
        young = stat.st_mtime_ns > self._light.written - _YOUNG
        if known[0] == stat.st_mtime_ns and known[1] == stat.st_size and not young:
            return True
        self._hashed = True
        return bool(known[1] == stat.st_size and known[2] == _digest(document))

    def readiness(self, basis: str) -> Readiness | None:
        """The readiness of an earlier run, if no document changed (see `complete`) and it had the same basis."""
        if not self._light.basis or self._light.basis != basis:
            return None
        from upgradecheck.readiness.readiness import Readiness

        return msgpack.decode(self._light.readiness, type=Readiness)

    def summary(self, name: str) -> Summary | None:
        """An unchanged document's summary."""
        return self._detail().summaries.get(name)

    def answers(self, name: str) -> dict[str, str] | None:
        """What an unchanged document's rules asked of the project, with the answers they got."""
        return self._detail().answers.get(name)

    def outcome(self, name: str) -> Outcome | None:
        """An unchanged document's outcome, good as long as the project's answers are the same."""
        return self._light.outcomes.get(name)

    def _detail(self) -> Details:
        if self._details is None:
            from upgradecheck.details import Details

            known = _load(self.folder / "details", self.key, Details) if self._light.stamps else None
            self._details = known or Details("")
        return self._details

    def save(
        self,
        documents: Iterable[Document],
        summaries: Mapping[str, object],
        outcomes: Iterable[Outcome],
        answers: Mapping[str, dict[str, str]],
        still_good: Iterable[str] = (),
        readiness: tuple[str, Readiness] | None = None,
    ) -> None:
        """Keep a run, and of earlier ones the outcomes that are still good.

        ``readiness`` comes with all that it depends on besides the documents. A folder that cannot be
        written leaves things as they were, and so does a name that is no text.
        """
        from upgradecheck.details import Details
        from upgradecheck.python.summary import Summary

        stamps = {d.name: stamp for d in documents if (stamp := _stamp(d))}
        found = {o.document: _lean(o) for o in outcomes if isinstance(o, Kept)}
        before = self._light.outcomes
        kept = {name: before[name] for name in still_good if name in stamps and name not in found}
        old = {name: a for name in kept if (a := self.answers(name)) is not None}
        known = {name: s for name, s in summaries.items() if name in stamps and isinstance(s, Summary)}
        self._light = Outcomes(self.key, 0, stamps, {**kept, **found}, readiness[0] if readiness else "")
        if readiness:
            self._light.readiness = Raw(msgpack.encode(readiness[1]))
        with suppress(OSError, UnicodeEncodeError):  # read-only checkouts and full disks are no reason to fail
            self.folder.mkdir(exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", "utf-8")
            _write(self.folder / "details", Details(self.key, known, {**old, **answers}))
            self._write_light()

    def _write_light(self) -> None:
        self._light.written = time.time_ns()
        _write(self.folder / "outcomes", self._light)


def _key(options: Options) -> str:
    parts = (
        facts.stamp(tuple(Path(pack).resolve() for pack in options.rule_packs)),
        sys.version_info[:2],
        options.target,
        options.from_version,
        options.bridge,
        options.pins,
        options.settings,
        options.run_all,
        options.select,
        options.deselected_anywhere,
        options.per_file_deselect,
        options.rule_packs,
    )
    return repr(parts)


def _load(path: Path, key: str, kind: type[_T]) -> _T | None:
    """A cache file's content; None where there is none, or one that is not ours."""
    try:
        data = msgpack.decode(path.read_bytes(), type=kind)
    except (OSError, MsgspecError, UnicodeDecodeError):
        return None
    return data if data.key == key else None  # type: ignore[attr-defined]


def _write(path: Path, data: Struct) -> None:
    staged = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        staged.write_bytes(msgpack.encode(data))
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
    import hashlib

    return hashlib.sha256(document.content()).hexdigest()


def _lean(outcome: Kept) -> Kept:
    """An outcome without the edits of its fixes: what made them has to be asked again anyway."""
    if not isinstance(outcome, Checked):
        return outcome
    return replace(outcome, findings=tuple(replace(f, fix=_bare(f.fix)) for f in outcome.findings))


def _bare(fix: Fix | NoFix) -> Fix | NoFix:
    return replace(fix, edits=(), needs=(), frees=(), ties=()) if isinstance(fix, Fix) else fix
