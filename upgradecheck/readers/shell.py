"""Shell text: the variables it sets and the commands it runs, by the grammar of bash.

Text that is no shell yields what the parser can make out; it recovers from errors, so nothing is lost but what is
broken itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.readers import embedded
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.page import Page
from upgradecheck.texts.source import Source
from upgradecheck.texts.texts import Text, joined, plain

_LITERAL = {"word", "string", "raw_string", "concatenation", "number", "ansi_c_string"}
_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "su", "ssh", "eval"}
# Programs that run the rest of their words, or one of them, as a command.
_CONTAINERS = frozenset({"docker", "docker-compose", "podman", "kubectl", "oc"})
_RUNNERS = {"astro", "conda", "hatch", "helm", "micromamba", "pdm", "pipenv", "poetry", "python", "python3", "uv"}
_PREFIXES = {"command", "dumb-init", "env", "exec", "gosu", "nice", "nohup", "su-exec", "sudo", "time", "timeout"}
_WRAPPERS = _CONTAINERS | _RUNNERS | _PREFIXES | {"tini", "watch", "xargs"}
_GIVEN = re.compile(r"-\w*c")  # what begins so is given to a shell that is written elsewhere
_PRINTERS = {"echo", "printf"}
# When cron runs a command: five fields, or a word; the tables of a system name a user behind them.
_TIMES = re.compile(
    r"\s*(?:@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually)|[\d*][\d*/,-]*(?:\s+[\w*/,-]+){4})\s+"
)
_USER = re.compile(r"[a-z][\w-]*\s+(?=[\w/])")
_NUMBER = re.compile(r"\b\d+\b")
_DEPTH = 4


def parse(source: Source) -> None:
    """Nothing can be wrong with it that the parser does not recover from."""


def read(page: Page, _: object = None) -> Iterator[Variable | ShellCommand]:
    """All of a script."""
    text = page.source.text
    yield from read_text(plain(text, 0, len(text)), text)


def read_text(text: Text, document: str = "", depth: int = 0) -> Iterator[Variable | ShellCommand]:
    """What a piece of shell sets and runs. ``document``: the whole text, if the piece stands in it line by line."""
    data = text.value.encode("utf-8", "surrogatepass")
    tree = _parser().parse(data)
    work = _Work(text, data, document, depth)
    pending = [tree.root_node]
    while pending:
        node = pending.pop()
        if node.type == "if_statement" and work.is_guard(node):
            pending += reversed(node.children_by_field_name("condition"))
            continue
        if node.type == "variable_assignment":
            yield from work.assignment(node)
        elif node.type == "declaration_command":
            yield from work.declared(node)
        elif node.type == "command":
            yield from work.command(node)
        elif node.type == "heredoc_body" and depth < _DEPTH:
            yield from work.heredoc(node)
        pending += reversed(node.children)


@cache
def _questions() -> tuple[str, ...]:
    return tuple(row["command"] for row in lookup("version_commands"))


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


class _Work:
    """One piece of shell text that is being read."""

    def __init__(self, text: Text, data: bytes, document: str, depth: int) -> None:
        self.text, self.data, self.document, self.depth = text, data, document, depth
        self.ascii = len(data) == len(text.value)

    def is_guard(self, node: Node) -> bool:
        """Whether a test asks which version runs, and compares it: each branch is for its own."""
        asked = " ".join(
            self.part(part.start_byte, part.end_byte).value for part in node.children_by_field_name("condition")
        )
        return _NUMBER.search(asked) is not None and any(command in asked for command in _questions())

    def part(self, start: int, end: int) -> Text:
        """The text between two offsets in bytes."""
        if not self.ascii:
            start, end = (len(self.data[:at].decode("utf-8", "surrogatepass")) for at in (start, end))
        return self.text.part(start, end)

    def declared(self, node: Node) -> Iterator[Variable]:
        """``export NAME``, with a value that it got elsewhere."""
        for child in node.children:
            if child.type == "variable_name":
                yield Variable(self.part(child.start_byte, child.end_byte))

    def assignment(self, node: Node) -> Iterator[Variable]:
        """``NAME=value``, of whatever kind."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and name.type == "variable_name":
            entry = self._lines(node) if node.parent is not None else None
            yield Variable(
                self.part(name.start_byte, name.end_byte),
                self.literal(value) if value else None,
                entry,
                written=self.part(value.start_byte, value.end_byte) if value else None,
            )

    def _lines(self, node: Node) -> tuple[int, int] | None:
        """The lines that hold nothing but this assignment, exported or not."""
        whole = node
        if node.parent is not None and node.parent.type == "declaration_command":
            if sum(child.type == "variable_assignment" for child in node.parent.children) > 1:
                return None
            whole = node.parent
        if not self.document or whole.parent is None or whole.parent.type != "program":
            return None
        part = self.part(whole.start_byte, whole.end_byte)
        start = self.document.rfind("\n", 0, part.start) + 1
        end = self.document.find("\n", part.end)
        end = len(self.document) if end < 0 else end + 1
        around = self.document[start : part.start] + self.document[part.end : end]
        return None if around.strip() else (start, end)

    def command(self, node: Node) -> Iterator[Variable | ShellCommand]:
        """A command with its words, those that it runs in turn, and what is shell text among them."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        words = [self.literal(name)]
        words += [self.literal(child) for child in node.children_by_field_name("argument")]
        written = self.part(node.start_byte, node.end_byte)
        yield from commands(words, self.document, self.depth, written=written)

    def heredoc(self, node: Node) -> Iterator[Variable | ShellCommand]:
        """A here-document that a shell reads, or that becomes a file."""
        around = node.parent
        while around is not None and around.type != "redirected_statement":
            around = around.parent
        if around is None:
            return
        text = self.part(node.start_byte, node.end_byte)
        words = [self.literal(each) for each in _words(around)]
        if words and words[0] is not None and program(words[0]) in _SHELLS:
            yield from read_text(text, self.document, self.depth + 1)
            return
        if words and words[0] is not None and program(words[0]) == "crontab":
            words.append(words[0])
        for name in filter(None, words[1:]):
            yield from embedded.read(name.value, text)  # type: ignore[misc]

    def literal(self, node: Node) -> Text | None:
        """What a word comes to; None where only the shell knows."""
        if node.type == "command_name":
            return self.literal(node.children[0]) if len(node.children) == 1 else None
        if node.type not in _LITERAL:
            return None
        if node.type == "concatenation":
            parts = [self.literal(child) for child in node.children]
            known = [part for part in parts if part is not None]
            return joined(known) if len(known) == len(parts) else None
        if node.type == "string" and any(child.type not in ('"', "string_content") for child in node.children):
            return None
        quotes = 1 if node.type in ("string", "raw_string") else 0
        part = self.part(node.start_byte + quotes, node.end_byte - quotes)
        return _unescaped(part) if node.type != "raw_string" and "\\" in part.value else part


def _words(statement: Node) -> Iterator[Node]:
    """The words of the command before a here-document, and the files that its output goes to."""
    pending = list(statement.children)
    while pending:
        node = pending.pop(0)
        if node.type in ("command", "command_name", "file_redirect", "heredoc_redirect", "list", "pipeline"):
            pending = [*node.children, *pending]
        elif node.type in _LITERAL:
            yield node


def _unescaped(part: Text) -> Text:
    """A word without its backslashes."""
    value = re.sub(r"(?s)\\(.)", lambda found: "" if found[1] == "\n" else found[1], part.value)
    return Text(value, part.start, part.end, (), False)


def program(word: Text) -> str:
    """A program's name without the folder it is in."""
    return word.value.rpartition("/")[2]


def commands(
    words: list[Text | None],
    document: str = "",
    depth: int = 0,
    entry: bool = False,
    written: Text | None = None,
) -> Iterator[Variable | ShellCommand]:
    """A command, the commands that it runs, and what is shell text among its words."""
    yield ShellCommand(tuple(words), entry, written=written)
    first = words[0] if words else None
    name = program(first) if first is not None else ""
    if name in _WRAPPERS and _runs(name, words):
        for start in range(1, len(words)):
            word = words[start]
            if word is not None and program(word) in _SHELLS:
                yield from _scripts(program(word), words[start:], document, depth)
            yield ShellCommand(tuple(words[start:]))
    elif name in _SHELLS or _GIVEN.fullmatch(name):
        yield from _scripts(name, words if name in _SHELLS else [None, *words], document, depth)
    elif name in _PRINTERS:
        for word in filter(None, words[1:]):
            for line in re.finditer(r"[^\n]+", word.value):
                yield from cron_command(word.part(*line.span()), depth)


def cron_command(line: Text, depth: int = 0) -> Iterator[Variable | ShellCommand]:
    """What a line of a table of cron runs; nothing where it is none."""
    if depth < _DEPTH and (found := _TIMES.match(line.value)):
        yield from read_text(line.part(found.end(), len(line.value)), "", depth + 1)
        if user := _USER.match(line.value, found.end()):
            yield from read_text(line.part(user.end(), len(line.value)), "", depth + 1)


def _runs(name: str, words: list[Text | None]) -> bool:
    """Whether a wrapper starts another program: ``docker compose up NAME`` only names what to start."""
    given = {word.value for word in words if word is not None}
    return name not in _CONTAINERS or not given.isdisjoint({"exec", "run"})


def _scripts(name: str, words: list[Text | None], document: str, depth: int) -> Iterator[Variable | ShellCommand]:
    """The shell text that a shell is given."""
    if depth >= _DEPTH:
        return
    told = [word for word in words[1:] if word is not None]
    if name in ("eval", "ssh"):
        scripts = told[-1:]
    else:
        flags = [
            i for i, word in enumerate(words) if word is not None and re.fullmatch(r"-\w*c|--command", word.value)
        ]
        scripts = [word for i in flags[:1] for word in words[i + 1 : i + 2] if word is not None]
    for script in scripts:
        yield from read_text(script, document, depth + 1)
