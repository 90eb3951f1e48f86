"""Options in nested mappings of a YAML file, written under another section."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from upgradecheck.linking.deployment import Moved
from upgradecheck.model import Edit
from upgradecheck.readers.yamltree import MappingNode, Node, ScalarNode, Tree, entries
from upgradecheck.texts.page import Page
from upgradecheck.texts.texts import edited

Mover = Callable[[str, str, tuple[Edit, ...]], Moved]
_SHARED = "what stands around it has to stay: write it by hand"


class Entry(Struct, frozen=True, eq=False):
    """An option: its key and value in ``home``, which is one of the ``sections``."""

    page: Page
    tree: Tree
    sections: MappingNode
    home: MappingNode
    key: ScalarNode
    value: ScalarNode

    @property
    def start(self) -> int:
        """Where its line begins."""
        return self.tree.line_of(self.key.start_mark.index)[0]

    @property
    def behind(self) -> int:
        """Where the next line begins."""
        return self.tree.line_of(self.value.end_mark.index)[1]

    @property
    def alone(self) -> bool:
        """Whether it has a line for itself, in blocks."""
        flow = self.sections.flow_style or self.home.flow_style
        text = self.tree.text
        shared = text[self.start : self.key.start_mark.index].strip() or not text[: self.behind].endswith("\n")
        return not (flow or shared) and _one_line(self.value)

    def move(self, section: str, option: str, edits: tuple[Edit, ...]) -> Moved:
        """Write it under other names."""
        key = self.tree.scalar(self.key)
        named = {name.value: value for name, value in entries(self.sections)}
        target = named.get(section)
        if not key.editable:
            return "its name is not written in one piece"
        if any(name.value == option for name, _ in entries(target)) if target else False:
            return f"[{section}] {option} is set there"
        if target is self.home:
            return (key.edit(self.page.document.name, option), *edits)
        if not self.alone:
            return _SHARED
        line = edited(self.page.source.text, self.key.end_mark.index, self.behind, edits)
        if target is None:
            return self._to_new(section, f"{option}{line}")
        return self._to(target, f"{option}{line}")

    def _to(self, target: Node, line: str) -> Moved:
        """Put the line at the end of a section that is there."""
        if not isinstance(target, MappingNode) or target.flow_style or not target.value:
            return _SHARED
        last_key, last = target.value[-1]
        if not isinstance(last, ScalarNode) or not _one_line(last):
            return _SHARED
        place = self.tree.line_of(last.end_mark.index)[1]
        if not self.tree.text[:place].endswith("\n"):
            return _SHARED
        return self._cut(), self._put(place, f"{' ' * last_key.start_mark.column}{line}")

    def _to_new(self, section: str, line: str) -> Moved:
        """Make a section behind this one, and put the line there."""
        last = self.home.value[-1][1]
        if not isinstance(last, ScalarNode) or not _one_line(last):
            return _SHARED
        place = self.tree.line_of(last.end_mark.index)[1]
        outer, inner = self._head.start_mark.column, self.key.start_mark.column
        new = f"{' ' * outer}{section}:{self.page.source.newline}{' ' * inner}{line}"
        return self._cut(), self._put(place, new)

    @property
    def _head(self) -> ScalarNode:
        return next(name for name, value in entries(self.sections) if value is self.home)

    def _cut(self) -> Edit:
        """Take the line out, and the section with its last one."""
        alone = len(self.home.value) == 1
        start = self.tree.line_of(self._head.start_mark.index)[0] if alone else self.start
        return Edit(self.page.document.name, start, self.behind, "")

    def _put(self, place: int, new: str) -> Edit:
        return Edit(self.page.document.name, place, place, new)


def _one_line(value: ScalarNode) -> bool:
    return value.style not in ("|", ">") and value.start_mark.line == value.end_mark.line
