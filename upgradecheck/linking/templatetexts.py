"""Which texts of a file are templates elsewhere: constants that another file hands to an operator, arguments of a
function of another file that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.methods import Methods
from upgradecheck.linking.project import Project
from upgradecheck.linking.starts import Starts
from upgradecheck.rulebook.facts import cells, index_lines, own_rules

_MAX_HOPS = 3


class TemplateTexts:
    """Answers from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.callees = project.linked(Callees)
        self.methods = project.linked(Methods)
        self.starts = project.linked(Starts)
        self._fields = index_lines(own_rules() / "tables" / "template_fields.csv")
        self._known: dict[tuple[str, str, str, bool], bool] = {}

    def elsewhere(self, file: str) -> tuple[str, ...]:
        """The names of a file whose values other files hand to operators as templates."""
        return self._elsewhere.get(file, ())

    @cached_property
    def _elsewhere(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for file, summary in self.project.summaries.items():
            for show in summary.shown:
                if not show.what.endswith(")") or show.what.endswith("()"):
                    for home, name in self._homes(file, show.what):
                        if name not in found.get(home, ()) and self.renders(file, show.callee, show.slot):
                            found.setdefault(home, set()).add(name)
        return {file: tuple(sorted(names)) for file, names in found.items()}

    def _homes(self, file: str, what: str) -> Iterator[tuple[str, str]]:
        if what.partition(".")[0] in self.project.foreign:
            return
        called = "()" if what.endswith("()") else ""
        for found in self.project.resolve(file, what.removesuffix("()")):
            home, colon, name = found.name.partition(":")
            if colon and name and home != file:
                yield home, name + called

    def renders(self, file: str, callee: str, slot: str, from_files: bool = False) -> bool:
        """Whether an argument of a call is a templated field in the end.

        ``from_files``: of a class that takes templates from files.
        """
        key = (file, callee, slot, from_files)
        if key not in self._known:
            self._known[key] = False  # for what hangs on itself
            self._known[key] = self._is_rendered(file, callee, slot, from_files, 0)
        return self._known[key]

    def _is_rendered(self, file: str, callee: str, slot: str, from_files: bool, hops: int) -> bool:
        names = [found.name for found in self.callees.called(file, callee) if slot not in found.kept]
        if any(slot in self._row(name, from_files) for name in names) or slot in self.methods.templated(
            file, callee
        ):
            return True
        for spot in self.methods.spots(file, callee) if hops < _MAX_HOPS else ():
            if parameter := self.starts.parameter(spot, slot):
                what = f"{spot[1]}({parameter})"
                for show in self._shows.get((spot[0], what), ()):
                    if self._is_rendered(spot[0], show[0], show[1], from_files, hops + 1):
                        return True
        return False

    @cached_property
    def _shows(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """The calls that get what a parameter holds."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for file, summary in self.project.summaries.items():
            for show in summary.shown:
                if show.what.endswith(")") and not show.what.endswith("()"):
                    found.setdefault((file, show.what), []).append((show.callee, show.slot))
        return found

    def _row(self, name: str, from_files: bool) -> frozenset[str]:
        """The templated fields of a class."""
        for ancestor in self.project.lineage(name):
            if lines := self._fields.get(ancestor):
                fields, suffixes = cells(lines[0])[1:3]
                return frozenset(fields.split()) if suffixes or not from_files else frozenset()
        return frozenset()
