"""Terraform and other HCL: what blocks and objects set, as the reader of YAML sees mappings.

The grammar is tree-sitter's: it keeps the place of every string. Its tree becomes nodes of YAML, so that a
variable, an option or a command means the same in every format. Text between ``<<EOT`` and ``EOT`` that is YAML or
JSON is read as such: values of a chart, definitions of containers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_hcl
from tree_sitter import Language, Parser
from tree_sitter import Node as Syntax
from yaml import YAMLError
from yaml.error import Mark

from upgradecheck.readers.yamls import read
from upgradecheck.readers.yamltree import MappingNode, Node, ScalarNode, SequenceNode, Tree, composed
from upgradecheck.texts.source import Source, Unreadable

__all__ = ["parse", "read"]
_DEPTH = 100
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}
_DECLARES = "variable"  # a block of which the label is the name and an entry the value
_VALUE = "default"
_SETS = frozenset({"set", "set_sensitive"})  # blocks that name a value of a chart by its path
_HOLDS = frozenset({"object", "tuple", "heredoc_template", "function_call"})
_TEXT = frozenset({"string_lit", "quoted_template"})


def parse(source: Source) -> Tree:
    """The file's blocks as nodes. Raises `Unreadable`."""
    data = source.text.encode("utf-8", "surrogatepass")
    root = Parser(_language()).parse(data).root_node
    if root.has_error:
        line = next((n.start_point[0] + 1 for n in _all(root) if n.parent and (n.is_error or n.is_missing)), 1)
        raise Unreadable(f"line {line} is no valid HCL", "correct it, or exclude it", line)
    work = _Work(source.text, data)
    bodies = [child for child in root.named_children if child.type == "body"]
    return Tree(tuple(work.body(body, 0) for body in bodies), source.text)


@cache
def _language() -> Language:
    return Language(tree_sitter_hcl.language())


def _all(root: Syntax) -> Iterator[Syntax]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(node.children)


class _Work:
    """One file, of which nodes are made."""

    def __init__(self, text: str, data: bytes) -> None:
        self.text, self.data = text, data
        self.ascii = len(text) == len(data)

    def body(self, node: Syntax, depth: int) -> MappingNode:
        """The attributes and blocks of a body."""
        found: list[tuple[Node, Node]] = []
        for child in node.named_children if depth < _DEPTH else ():
            if child.type == "attribute":
                key, value = child.named_children[0], child.named_children[-1]
                found.append((self._scalar(key, self._text(key)), self.value(value, depth + 1)))
            elif child.type == "block":
                found += self._block(child, depth + 1)
        return self._mapping(node, found)

    def _block(self, node: Syntax, depth: int) -> Iterator[tuple[Node, Node]]:
        kind, *labels = [child for child in node.named_children if child.type in ("identifier", "string_lit")]
        body = next((child for child in node.named_children if child.type == "body"), None)
        if body is None:
            return
        inner = self.body(body, depth)
        given = {key.value: value for key, value in inner.value if isinstance(key, ScalarNode)}
        name, label = self._text(kind), labels[-1] if labels else None
        if name == _DECLARES and label is not None and _VALUE in given:
            yield self._scalar(label, self._text(label).strip('"')), given[_VALUE]
        elif name in _SETS and isinstance(given.get("name"), ScalarNode) and "value" in given:
            yield self._by_path(given["name"], given["value"])
        yield self._scalar(kind, name), inner

    def _by_path(self, name: Node, value: Node) -> tuple[Node, Node]:
        """``config.core.executor`` as the mappings that it stands for."""
        *outer, last = re.split(r"(?<!\\)\.", name.value)
        at = name.start_mark.index + len(name.value) - len(last) + 1
        key = ScalarNode(name.tag, last, _mark(at), _mark(at + len(last)), style=None)
        for part in reversed(outer):
            value = MappingNode("", [(key, value)], value.start_mark, value.end_mark, flow_style=True)
            key = ScalarNode(name.tag, part, name.start_mark, name.start_mark, style=None)
        return key, value

    def value(self, node: Syntax, depth: int) -> Node:
        """What an expression comes to; text with ``${…}`` in it where only Terraform knows."""
        while node.type in ("expression", "literal_value", "collection_value", "template_expr") and (
            len(node.named_children) == 1
        ):
            node = node.named_children[0]
        if depth >= _DEPTH:
            return self._unknown(node)
        if node.type == "object":
            return self._mapping(node, list(self._entries(node, depth)))
        if node.type == "tuple":
            return self._sequence(node, [self.value(child, depth + 1) for child in node.named_children[1:-1]])
        if node.type == "heredoc_template":
            return self._heredoc(node)
        if node.type in ("string_lit", "quoted_template"):
            raw = self._text(node)[1:-1]
            return self._scalar(node, _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), raw), '"')
        if node.type in ("numeric_lit", "bool_lit", "null_lit"):
            return self._scalar(node, self._text(node))
        return self._called(node, depth) or self._unknown(node)

    def _entries(self, node: Syntax, depth: int) -> Iterator[tuple[Node, Node]]:
        for element in node.named_children:
            if element.type == "object_elem":
                key, value = element.named_children[0], element.named_children[-1]
                name = self._text(key)
                written = self.value(key, depth + 1) if name.startswith(('"', "(")) else self._scalar(key, name)
                yield written, self.value(value, depth + 1)

    def _called(self, node: Syntax, depth: int) -> Node | None:
        """What a function is given, where that holds more than names: ``jsonencode([…])``, ``merge({…}, …)``."""
        if node.type != "function_call" and not any(child.type == "function_call" for child in node.named_children):
            return None
        call = (
            node
            if node.type == "function_call"
            else next(child for child in node.named_children if child.type == "function_call")
        )
        given = next((child for child in call.named_children if child.type == "function_arguments"), None)
        values = [self.value(child, depth + 1) for child in given.named_children] if given is not None else []
        held = [value for value in values if not isinstance(value, ScalarNode)]
        return held[0] if len(held) == 1 else self._sequence(node, held) if held else None

    def _heredoc(self, node: Syntax) -> Node:
        """YAML or JSON in the text, else the text itself."""
        first, last = (child for child in node.children if child.type == "heredoc_identifier")
        start, end = self._at(first.end_byte), self._at(last.start_byte)
        start = self.text.find("\n", start, end) + 1 or end
        content = self.text[start:end]
        try:
            roots = composed(content)
        except (YAMLError, RecursionError):  # it is of another kind: a script, most of the time
            roots = ()
        if len(roots) == 1 and not isinstance(roots[0], ScalarNode):
            return _moved(roots[0], start)
        return ScalarNode("", content, _mark(start), _mark(end), style="|")

    def _text(self, node: Syntax) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def _at(self, place: int) -> int:
        return place if self.ascii else len(self.data[:place].decode("utf-8", "surrogatepass"))

    def _marks(self, node: Syntax) -> tuple[Mark, Mark]:
        return _mark(self._at(node.start_byte)), _mark(self._at(node.end_byte))

    def _scalar(self, node: Syntax, value: str, style: str | None = None) -> ScalarNode:
        return ScalarNode("", value, *self._marks(node), style=style)

    def _unknown(self, node: Syntax) -> ScalarNode:
        return self._scalar(node, f"${{{self._text(node)}}}")

    def _mapping(self, node: Syntax, found: list[tuple[Node, Node]]) -> MappingNode:
        return MappingNode("", found, *self._marks(node), flow_style=False)

    def _sequence(self, node: Syntax, found: list[Node]) -> SequenceNode:
        return SequenceNode("", found, *self._marks(node), flow_style=True)


def _mark(index: int) -> Mark:
    return Mark("", index, 0, 0, None, 0)


def _moved(root: Node, by: int) -> Node:
    """Nodes of a text that stands further behind."""
    pending, seen = [root], set[int]()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        node.start_mark, node.end_mark = _mark(node.start_mark.index + by), _mark(node.end_mark.index + by)
        if isinstance(node, MappingNode):
            pending += [each for pair in node.value for each in pair]
        elif isinstance(node, SequenceNode):
            pending += node.value
    return root
