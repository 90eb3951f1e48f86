"""Python files: programs that code starts, by their words or by a shell."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from functools import cache

from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.linking.values import UNKNOWN
from upgradecheck.model import Runs
from upgradecheck.occurrences import Command
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, Scope, last_name
from upgradecheck.readers import calls, pythonshell
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_MAX_DEPTH = 5
_HOLE = "x"  # what stands for a part of a text that nobody knows
_BEFORE = {"!", "do", "else", "env", "exec", "if", "nohup", "sudo", "then", "time", "until", "while"}
_KEEPING = {"dedent", "strip", "lstrip", "rstrip", "cleandoc"}


def read(scene: Scene, wanted: frozenset[str]) -> Iterator[Command | ShellCommand]:
    """The programs named ``wanted`` that a file starts."""
    if not any(name in phrase for name in wanted for phrase in scene.scopes.phrases):
        return
    for call in calls.read(scene):
        row = next((_runners()[name] for name in call.names if name in _runners()), None)
        given = call.argument(row["argument"]) if row else None
        if row and given and given.value is not None and not _elsewhere(call.call, row):
            later = row["runs"] and Runs(row["runs"])
            yield from _started(scene, given.value, given.scope, call.block, later or call.runs, wanted)
    for node, scope, block in scene.scopes.calls:
        for dotted in callees_of(scene.scopes, node.func, scope, block):
            row = _runners().get(dotted)
            value = _argument(node, row) if row else None
            runs = live(scene, block, node.lineno, "") if value is not None else None
            if row and value is not None and runs is not None and not _elsewhere(node, row):
                yield from _started(scene, value, scope, block, runs, wanted)


@cache
def _runners() -> dict[str, dict[str, str]]:
    """What starts programs, by name."""
    return {row["callable"]: row for row in lookup("command_runners")}


def _elsewhere(call: ast.Call | None, row: dict[str, str]) -> bool:
    """Whether the program gets an environment of its own, of which nobody knows what it holds."""
    names = {keyword.arg for keyword in call.keywords} if call else set()
    return row["unless"] in names and row["after_all"] not in names


def _argument(call: ast.Call, row: dict[str, str]) -> ast.expr | None:
    named = (keyword.value for keyword in call.keywords if keyword.arg == row["argument"])
    position = int(row["position"] or len(call.args))
    return next(named, None) or (call.args[position] if position < len(call.args) else None)


def _started(
    scene: Scene, value: ast.expr, scope: Scope, block: Block, runs: Runs, wanted: frozenset[str]
) -> Iterator[Command | ShellCommand]:
    """The programs of one argument, each kind once, and the commands word by word."""
    words = _words(scene, value, scope)
    yield from pythonshell.read(scene, calls.assigned(value, scope) or value, _text(scene, value, scope, 0), runs)
    found = [_program(words)] if words else list(programs(_text(scene, value, scope, 0)))
    told = set[tuple[str, str]]()
    for program, first in found:
        if program.rpartition("/")[2] in wanted and (program, first) not in told:
            told.add((program, first))
            yield Command(program.rpartition("/")[2], first, value, runs, block)


def _words(scene: Scene, value: ast.expr, scope: Scope) -> list[str]:
    """A command that is given word by word; none for a text."""
    value = calls.assigned(value, scope) or value
    if not isinstance(value, ast.List | ast.Tuple):
        return []
    return [_text(scene, part, scope, 0) for part in value.elts]


def _program(words: list[str]) -> tuple[str, str]:
    if len(words) > 2 and words[1] == "-m":  # by an interpreter
        words = words[2:]
    return words[0], next((word for word in words[1:] if not word.startswith("-")), "")


def programs(text: str) -> Iterator[tuple[str, str]]:
    """The programs that a shell starts for a text: the name of each, and its first word that is no option."""
    for line in text.replace("\\\n", " ").splitlines():
        command: list[str] = []
        for token in (*_tokens(line), ";"):
            if set(token) <= set("();|&"):
                if command:
                    yield _program(command)
                command = []
            elif command or not (token in _BEFORE or "=" in token):
                command.append(token)


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a quotation that goes on in the next line: its words are no commands
        return line.split()


def _text(scene: Scene, value: ast.expr, scope: Scope, depth: int) -> str:
    """What a text comes to, with holes in it; nothing where it is not plain to see."""
    known = scene.values.value(value, scope)
    if isinstance(known, str) and known is not UNKNOWN:
        return known
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else _HOLE for part in value.values]
        return "".join(map(str, parts))
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        sides = (_text(scene, side, scope, depth + 1) or _HOLE for side in (value.left, value.right))
        return "".join(sides)
    if isinstance(value, ast.Call) and last_name(value.func) in _KEEPING:
        inner = value.args[0] if value.args else value.func
        return _text(scene, inner.value if isinstance(inner, ast.Attribute) else inner, scope, depth + 1)
    given = calls.assigned(value, scope)
    return _text(scene, given, scope, depth + 1) if given is not None else ""
