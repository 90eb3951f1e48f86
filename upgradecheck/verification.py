"""Fixes written, looked at and, where a DAG is no longer the same, taken back (``--fix --verify``).

Files are read where they are, as a deployment reads them: before the fixes are written and afterwards. What reads
them is handed in by the command: the linter itself never runs code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.discover import Tree
from upgradecheck.fixes.fixing import Text
from upgradecheck.fixes.writing import Write, write_all
from upgradecheck.linking.project import Project
from upgradecheck.model import Verdict
from upgradecheck.readiness.dagfiles import dag_files, imports, reached
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.formats import PYTHON

SHOWN = 3  # differences of a file that its reason names


class Proof(Protocol):
    """What reads DAG files."""

    def read(self, root: Path, files: Sequence[str]) -> Mapping[str, Any]:
        """What each file makes; its ``error`` is "" unless that is not known. ``absent``: packages without which it
        was read."""

    def changes(self, before: Any, after: Any, again: Any, announced: frozenset[str]) -> tuple[str, ...]:
        """What differs and was not announced, in words."""


class Written(Struct):
    """What became of the texts. ``failed``: (document, why it was not written); ``taken``: those taken back."""

    failed: list[tuple[str, str]] = []
    verdicts: tuple[Verdict, ...] = ()
    taken: dict[str, str] = {}


def write(texts: Iterable[tuple[str, Text]]) -> list[tuple[str, str]]:
    """Write texts, but those that came from standard input: these go back to standard output."""
    return write_all(_write(name, text) for name, text in texts if text.document.data is None)


def _write(name: str, text: Text) -> Write:
    return Write(name, text.document.path, text.old, text.data, frozenset(text.together))


def write_verified(tree: Tree, texts: dict[str, Text], project: Project, proof: Proof) -> Written:
    """Write texts and keep those with which the DAGs that they reach are the same as before."""
    work = _Work(tree, project, proof, texts)
    files = work.files()
    before = proof.read(tree.root, files)
    failed = write(texts.items())
    work.kept = {name for name in texts if name not in dict(failed)}
    try:
        work.look(before, [file for file in files if not before[file].error])
    except BaseException:  # also Ctrl-C: what was not looked at does not stay, and the error goes on
        work.take_back(work.kept, "it was not verified")
        raise
    verdicts = [*work.verdicts.values(), *(_unknown(file, before[file]) for file in files if before[file].error)]
    told = tuple(sorted(verdicts, key=lambda verdict: verdict.document))
    return Written([*failed, *work.taken.items()], told, work.taken)


def _unknown(file: str, shape: Any) -> Verdict:
    return Verdict(file, "not_compared", shape.error.splitlines()[0])


class _Work(Struct):
    """Fixes on disk, some taken back."""

    tree: Tree
    project: Project
    proof: Proof
    texts: dict[str, Text]
    kept: set[str] = field(default_factory=set)
    taken: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)  # DAG file → the texts that it reaches

    def files(self) -> list[str]:
        """The DAG files that load a changed text."""
        edges = imports(self.project, later=True)
        makers = (row["callable"] for row in lookup("dag_callables"))
        found = (f for f in dag_files(self.project, makers) if self.tree.documents[f].kind == PYTHON)
        self.needs = {file: reached([file], edges) & set(self.texts) for file in found}
        self.needs = {file: names for file, names in self.needs.items() if names}
        return sorted(self.needs)

    def look(self, before: Mapping[str, Any], files: Sequence[str]) -> None:
        """Read the files again, until nothing more has to be taken back."""
        pending = list(files)
        while pending:
            after = self.proof.read(self.tree.root, pending)
            odd = [file for file in pending if self.changes(before[file], after[file], after[file], file)]
            again = self.proof.read(self.tree.root, odd)
            touched: set[str] = set()
            for file in pending:
                found = self.changes(before[file], after[file], again.get(file, after[file]), file)
                if found and self.needs[file] & self.kept:
                    touched |= self._refuse(file, found)
                else:
                    self.verdicts.setdefault(file, Verdict(file, "same", _without(after[file])))
            pending = [file for file in files if self.needs[file] & touched]

    def changes(self, before: Any, after: Any, again: Any, file: str) -> tuple[str, ...]:
        """What is not as it was, and was not announced by a fix in what the file loads."""
        announced = {word for name in self.needs[file] & self.kept for word in self.texts[name].announced}
        return self.proof.changes(before, after, again, frozenset(announced))

    def _refuse(self, file: str, found: Sequence[str]) -> set[str]:
        """Take back what may have changed a file's DAGs: its own fixes first, else those of what it loads."""
        guilty = self.needs[file] & self.kept
        reason = f"rolled back: it would change more than the fix says: {_listed(found)}"
        self.verdicts[file] = Verdict(file, "changed", _listed(found))
        return self.take_back({file} if file in guilty else guilty, reason)

    def take_back(self, names: Iterable[str], reason: str) -> set[str]:
        """Give documents, and what was fixed together with them, their old content; returns all of them."""
        group = reached(names, {name: text.together for name, text in self.texts.items()}) & self.kept
        self.kept -= group
        back = [(name, self.texts[name]) for name in sorted(group)]
        done = dict(write_all(_backwards(_write(name, text)) for name, text in back))
        for name in group:
            lost = f"; it could not be restored: {done[name]}" if name in done else ""
            self.taken.setdefault(name, f"{reason}{lost}")
        return group


def _without(shape: Any) -> str:
    """What a verdict does not cover: what files make of packages that are not there."""
    return f"read without {', '.join(shape.absent)}" if shape.absent else ""


def _backwards(write: Write) -> Write:
    return replace(write, old=write.new, new=write.old)


def _listed(found: Sequence[str]) -> str:
    more = len(found) - SHOWN
    return "; ".join(found[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
