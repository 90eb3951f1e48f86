"""YAML text to nodes that know their place; templates in it are looked past where they can be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from yaml import MappingNode, Node, ScalarNode, SequenceNode, YAMLError, compose_all
from yaml.error import MarkedYAMLError

from upgradecheck.texts.source import Source, ToRender, Unreadable
from upgradecheck.texts.texts import Text, aligned

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: the same nodes, ten times slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

__all__ = ["MappingNode", "Node", "ScalarNode", "SequenceNode", "Tree", "composed", "entries", "parse", "scalars"]
# A template's statement on lines for itself, and an expression inside of one.
_STATEMENT = re.compile(r"(?m)^[ \t]*(?:\{\{(?:[^{}]|\{(?!\{)|\}(?!\}))*\}\}|\{%.*?%\}|\{#.*?#\})[ \t]*$")
_EXPRESSION = re.compile(r"(?s)\{\{.*?\}\}|\{%.*?%\}")


class Tree(Struct, frozen=True):
    """The documents of a YAML file, and its text, in which the nodes have their places."""

    roots: tuple[Node, ...]
    text: str

    def scalar(self, node: ScalarNode) -> Text:
        """A scalar's value and the places of its characters."""
        return aligned(self.text, node.start_mark.index, node.end_mark.index, node.value)

    def line_of(self, offset: int) -> tuple[int, int]:
        """Where the line at an offset begins, and where the next one does."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return start, len(self.text) if end < 0 else end + 1


def parse(source: Source) -> Tree:
    """The nodes of a YAML file. Raises `Unreadable`, and `ToRender` for what has to be rendered first."""
    text = source.text
    try:
        return Tree(composed(text), text)
    except YAMLError as error:
        if "{{" not in text and "{%" not in text:
            raise _explained(error) from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply", "exclude it") from error
    try:
        return Tree(composed(_looked_past(text)), text)
    except (YAMLError, RecursionError) as error:
        raise ToRender("a template that is no YAML before it is rendered: check what it is rendered to") from error


def composed(text: str) -> tuple[Node, ...]:
    """The nodes of all documents of a YAML text. Raises `YAMLError`."""
    return tuple(node for node in compose_all(text, Loader) if node is not None)


def _explained(error: YAMLError) -> Unreadable:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    line = mark.line + 1 if mark else 0
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    where = f"line {line}" if line else "it"
    return Unreadable(f"{where} is no valid YAML ({problem})", "correct it, or exclude it", line)


def _looked_past(text: str) -> str:
    """The text, as long as before, with blanks for statements and letters for expressions of a template."""
    text = _STATEMENT.sub(lambda found: _kept_lines(found[0], " "), text)
    return _EXPRESSION.sub(lambda found: _kept_lines(found[0], "x"), text)


def _kept_lines(text: str, letter: str) -> str:
    return "".join(character if character in "\r\n" else letter for character in text)


def entries(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    """The entries of a mapping whose keys are scalars; nothing for other nodes."""
    for key, value in node.value if isinstance(node, MappingNode) else ():
        if isinstance(key, ScalarNode):
            yield key, value


def scalars(node: Node) -> Iterator[str]:
    """All keys and values in a node; what aliases stand for once."""
    seen: set[int] = set()
    pending = [node]
    while pending:
        found = pending.pop()
        if isinstance(found, ScalarNode):
            yield found.value
        elif id(found) not in seen:
            seen.add(id(found))
            parts = found.value if isinstance(found, SequenceNode) else [p for pair in found.value for p in pair]
            pending += reversed(parts)
