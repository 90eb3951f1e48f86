"""YAML files of any kind: variables, options, commands and images wherever they stand.

What a key means is the same in compose files, manifests, values of charts, CI pipelines and playbooks:
``environment:`` and ``env:`` hold variables as a mapping, as ``NAME=value`` or as ``name:`` and ``value:``,
``command:`` a command, ``script:`` shell text, ``image:`` an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec.structs import replace

from upgradecheck.linking.deployment import (
    Chart,
    ChartValue,
    Image,
    Moved,
    Option,
    Probe,
    Requirement,
    ShellCommand,
    Variable,
)
from upgradecheck.model import Edit
from upgradecheck.readers import charts, embedded
from upgradecheck.readers.images import image, parts
from upgradecheck.readers.moving import Entry, Mover
from upgradecheck.readers.requirements import python, python_keys, requirement
from upgradecheck.readers.shell import commands, read_text
from upgradecheck.readers.yamltree import MappingNode, Node, ScalarNode, SequenceNode, Tree, entries, parse, scalars
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.page import Page
from upgradecheck.texts.texts import Text, joined

__all__ = ["parse", "read"]
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=")
_ARGV = frozenset({"command", "entrypoint", "args", "cmd", "exec", "test"})
_LINES = {"run", "script", "before_script", "after_script", "shell", "bash", "commands", "cmds", "inline"}
_STARTUP = {"user_data", "UserData", "startup-script", "startup_script", "metadata_startup_script"}
_SCRIPT = frozenset({*_LINES, *_STARTUP, "Fn::Base64", "Fn::Sub"})
_NOT_RUN = frozenset({"CMD", "CMD-SHELL", "NONE"})
_OF_CONTAINER = frozenset({"image", "build"})
_KEYED = (("data",), ("stringData",))
_DEPTH = 100
_URL = "url"
_PIP = "pip"  # of an environment of conda
Found = Chart | ChartValue | Probe | Requirement | Variable | Option | ShellCommand | Image


def read(page: Page, tree: Tree) -> Iterator[Found]:
    """What all documents of the file set, run and name."""
    seen: set[int] = set()
    for root in tree.roots:
        yield from _Walk(page, tree, seen).node(root, ())


class _Walk:
    """One document that is being read. A node that anchors stand for is read once, where it is written."""

    def __init__(self, page: Page, tree: Tree, seen: set[int]) -> None:
        self.page, self.tree, self.seen = page, tree, seen
        self._container: tuple[MappingNode, tuple[str, ...]] | None = None
        self._told: dict[int, str] = {}

    def node(self, node: Node, path: tuple[str, ...]) -> Iterator[Found]:
        """All that stands in a node; ``path``: the keys above it."""
        if id(node) in self.seen or len(path) > _DEPTH:
            return
        self.seen.add(id(node))
        if isinstance(node, MappingNode):
            outer = self._container
            if any(key.value in _OF_CONTAINER for key, _ in entries(node)):
                self._container = (node, path)
            yield from self._mapping(node, path)
            self._container = outer
        elif isinstance(node, SequenceNode):
            yield from self._items(node)
            if path[-1:] == (_PIP,):
                for item in (item for item in node.value if isinstance(item, ScalarNode)):
                    yield from requirement(self.tree.scalar(item))
            for item in node.value:
                yield from self.node(item, (*path, ""))

    def _mapping(self, node: MappingNode, path: tuple[str, ...]) -> Iterator[Found]:
        yield from self._named(node)
        yield from charts.values(node, path, self.tree.scalar)
        names = frozenset(key.value for key, _ in entries(node))
        for key, value in entries(node):
            if isinstance(value, ScalarNode) and _NAME.fullmatch(key.value):
                entry = self._entry(node, key, value)
                yield Variable(self.tree.scalar(key), self._value(value), entry, names, path[-1:] in _KEYED)
            if key.value in _ARGV:
                yield from self._placed(self._argv(value))
            elif key.value in _SCRIPT:
                yield from self._placed(self._script(value))
            elif key.value == "image" and isinstance(value, ScalarNode):
                yield from image(self.tree.scalar(value))
            elif key.value == "request":
                yield from self._request(value)
            if isinstance(value, ScalarNode) and key.value not in (*_SCRIPT, *_ARGV):
                yield from self._embedded(key.value, value)
            if key.value in python_keys():
                for each in value.value if isinstance(value, SequenceNode) else [value]:
                    if isinstance(each, ScalarNode):
                        yield from python(self.tree.scalar(each))
            if key.value in _packages():
                for name, version in entries(value):
                    texts = [self.tree.scalar(each) for each in (name, version) if isinstance(each, ScalarNode)]
                    yield from requirement(joined(texts))
            if key.value in _mappings():
                yield from self._options(value, _mappings()[key.value])
            if key.value not in _switches():
                yield from self.node(value, (*path, key.value))
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                yield from self.node(value, (*path, ""))

    def _placed(self, found: Iterator[Variable | ShellCommand]) -> Iterator[Variable | ShellCommand]:
        """Commands, with what is said of the container that runs them."""
        for each in found:
            yield replace(each, container=self._around()) if isinstance(each, ShellCommand) else each

    def _around(self) -> str:
        """All that is said of the container in which something stands: the keys above it, and what it holds."""
        if self._container is None:
            return ""
        node, path = self._container
        if id(node) not in self._told:
            self._told[id(node)] = "\n".join((*path, *scalars(node)))
        return self._told[id(node)]

    def _named(self, node: MappingNode) -> Iterator[Found]:
        """``name: NAME`` beside ``value: …``, and ``repository:`` beside ``tag:``."""
        told = {key.value.lower(): value for key, value in entries(node) if isinstance(value, ScalarNode)}
        if "name" in told and _NAME.fullmatch(told["name"].value):
            yield Variable(self.tree.scalar(told["name"]), self._value(told["value"]) if "value" in told else None)
        yield from charts.chart(told, self.tree.scalar)
        if "path" in told and "content" in told:
            yield from self._embedded(told["path"].value, told["content"])
        if "engine" in told and "engine_version" in told:
            yield from parts(self.tree.scalar(told["engine"]), self.tree.scalar(told["engine_version"]))
        if "path" in told and "port" in told:
            yield Probe(self.tree.scalar(told["path"]), told["port"].value, self._around())
        if "repository" in told and "tag" in told:
            yield from parts(self.tree.scalar(told["repository"]), self.tree.scalar(told["tag"]))

    def _request(self, node: Node) -> Iterator[ShellCommand]:
        """A request of a collection, as the words of a command that would make it."""
        given = {key.value: value for key, value in entries(node)}
        for name, inner in ((_URL, "raw"), ("body", "raw"), ("auth", "type")):
            if isinstance(given.get(name), MappingNode):
                given[name] = {key.value: value for key, value in entries(given[name])}.get(inner, given[name])
        words = [given.get(name) for name in ("method", _URL, "body")]
        found = [self.tree.scalar(word) for word in words if isinstance(word, ScalarNode)]
        if isinstance(auth := given.get("auth"), ScalarNode):
            text = self.tree.scalar(auth)
            found.append(Text(f"Authorization: {text.value.title()}", text.start, text.end, (), False))
        for header in getattr(given.get("header"), "value", ()):
            told = {key.value: value for key, value in entries(header) if isinstance(value, ScalarNode)}
            if {"key", "value"} <= told.keys():
                text = self.tree.scalar(told["value"])
                found.append(Text(f"{told['key'].value}: {text.value}", text.start, text.end, (), False))
        if isinstance(given.get(_URL), ScalarNode):
            yield ShellCommand(tuple(found))

    def _embedded(self, name: str, node: ScalarNode) -> Iterator[Found]:
        """A file that is written out in a scalar."""
        if embedded.kind_of(name, text := self.tree.scalar(node)):
            yield from embedded.read(name, text)  # type: ignore[misc]

    def _items(self, node: SequenceNode) -> Iterator[Variable]:
        """``- NAME=value`` and ``- NAME``."""
        texts = [(item, self.tree.scalar(item)) for item in node.value if isinstance(item, ScalarNode)]
        names = frozenset(text.value.partition("=")[0] for _, text in texts)
        for item, text in texts:
            if found := _ASSIGNED.match(text.value):
                name, value = text.part(0, found.end() - 1), text.part(found.end(), len(text.value))
                yield Variable(name, value, self._item_entry(node, item), names)
            elif _NAME.fullmatch(text.value) and text.value.isupper():
                yield Variable(text, None, self._item_entry(node, item), names)

    def _value(self, node: ScalarNode) -> Text:
        return self.tree.scalar(node)

    def _entry(self, node: MappingNode, key: ScalarNode, value: ScalarNode) -> tuple[int, int] | None:
        """The lines of an entry that has them for itself, in a block that holds others."""
        if node.flow_style or len(node.value) < 2:
            return None
        return self._lines(key.start_mark.index, value)

    def _item_entry(self, node: SequenceNode, item: ScalarNode) -> tuple[int, int] | None:
        if node.flow_style or len(node.value) < 2:
            return None
        dash = self.tree.text.rfind("-", 0, item.start_mark.index)
        return self._lines(dash, item)

    def _lines(self, start: int, last: ScalarNode) -> tuple[int, int] | None:
        first, _ = self.tree.line_of(start)
        end = last.end_mark.index
        if last.style in ("|", ">"):
            return None
        _, behind = self.tree.line_of(end)
        before, after = self.tree.text[first:start], self.tree.text[end:behind].strip()
        anchored = "&" in self.tree.text[start:end]
        return None if before.strip() or (after and not after.startswith("#")) or anchored else (first, behind)

    def _argv(self, node: Node) -> Iterator[Variable | ShellCommand]:
        """A command as text for a shell, or as a list of words."""
        if isinstance(node, ScalarNode):
            for found in read_text(self.tree.scalar(node), self.page.source.text):
                yield replace(found, entry=True) if isinstance(found, ShellCommand) else found
        elif isinstance(node, SequenceNode) and id(node) not in self.seen:
            words = [self.tree.scalar(item) if isinstance(item, ScalarNode) else None for item in node.value]
            if words and words[0] is not None and words[0].value in _NOT_RUN:
                kind = words.pop(0)
                if kind is not None and kind.value == "CMD-SHELL" and words and words[0] is not None:
                    yield from read_text(words[0], self.page.source.text)
                    return
            flag = next(
                (word for word in words[:1] if word is not None and word.value in ("-c", "-ec", "-lc")), None
            )
            if flag is not None and len(words) > 1 and words[1] is not None:
                yield from read_text(words[1], self.page.source.text)  # the shell is the entrypoint
            else:
                yield from commands(words, self.page.source.text, entry=True)

    def _script(self, node: Node) -> Iterator[Variable | ShellCommand]:
        """Shell text, or a list of its lines."""
        nodes = node.value if isinstance(node, SequenceNode) and id(node) not in self.seen else [node]
        for item in nodes:
            if isinstance(item, ScalarNode):
                yield from read_text(self.tree.scalar(item), self.page.source.text)
            elif isinstance(item, SequenceNode):
                yield from self._script(item)

    def _options(self, node: Node, separator: str) -> Iterator[Option]:
        """Options below a key that holds them: by section, or with the section in their name."""
        for key, value in entries(node):
            if separator and isinstance(value, ScalarNode) and separator in key.value:
                text = self.tree.scalar(key)
                at = text.value.index(separator)
                section, name = text.value[:at], text.part(at + len(separator), len(text.value))
                yield Option(section, name, self._value(value), _joined(self.page, text, separator))
            elif not separator:
                yield from self._section(node, key, value)

    def _section(self, node: Node, key: ScalarNode, value: Node) -> Iterator[Option]:
        names = frozenset((outer.value, name.value) for outer, inner in entries(node) for name, _ in entries(inner))
        for name, inner in entries(value):
            if isinstance(inner, ScalarNode) and isinstance(value, MappingNode) and isinstance(node, MappingNode):
                entry = self._entry(value, name, inner)
                move = Entry(self.page, self.tree, node, value, name, inner).move
                yield Option(key.value, self.tree.scalar(name), self._value(inner), move, entry, names)


def _joined(page: Page, text: Text, separator: str) -> Mover:
    """Writes an option whose section stands in its name."""

    def move(section: str, option: str, edits: tuple[Edit, ...]) -> Moved:
        if not text.editable:
            return "its name is not written in one piece"
        return (text.edit(page.document.name, f"{section}{separator}{option}"), *edits)

    return move


@cache
def _switches() -> frozenset[str]:
    """Keys whose entries only look like variables."""
    return frozenset(row["key"] for row in lookup("switch_keys"))


@cache
def _packages() -> frozenset[str]:
    """Keys whose entries are packages with the versions that are asked for."""
    return frozenset(row["key"] for row in lookup("requirement_mappings"))


@cache
def _mappings() -> dict[str, str]:
    """Keys whose entries are options → what stands between section and name; "" where sections are mappings."""
    return {row["key"]: row["separator"] for row in lookup("option_mappings")}
