"""The text of a changed import statement: where it goes, what follows it, what is left of its line."""

from __future__ import annotations

import ast
import re

from upgradecheck.fixes.importparts import (
    Change,
    NoRoom,
    guarded,
    statement,
    take_apart,
    taken_over,
    with_module,
    with_names,
    without,
)
from upgradecheck.model import Edit, Need
from upgradecheck.texts.source import Source

_BREAK = re.compile(r"\r\n|\r|\n")


def render(change: Change, source: Source, document: str) -> list[Edit]:
    """The edits that turn a statement into what its change says."""
    text = source.text[change.start : change.end]
    lines = [statement(module, needs) for module, needs in change.after.items()]
    lines += [_guard(change, needs, source) for needs in change.guards.values()]
    if not change.keeps and not change.add:
        if not lines:
            return [_delete(change, source, document)]
        return _with_lines(change, source, document, lines[0], lines[1:], [])
    code, lost = _rebuilt(change, text)
    return _with_lines(change, source, document, code, lines, lost)


def _guard(change: Change, needs: list[Need], source: Source) -> str:
    line_start, line_end = _line(source, change)
    margin = source.text[line_start : change.start].replace("\f", "")
    indent = "\t" if "\t" in margin else "    "
    return (_newline(source.text, line_end) + margin).join(guarded(needs, indent))


def _rebuilt(change: Change, text: str) -> tuple[str, list[str]]:
    """The statement with aliases dropped and added; and the comments that went with dropped ones."""
    if change.module and isinstance(change.node, ast.Import):
        return statement(change.module, change.add), []
    parts, needs, drop = take_apart(text), list(change.add), sorted(change.drop)
    if change.module:
        parts = with_module(parts, change.module)
        names = list(parts.names)
        for number in drop[: len(needs)]:
            names[number] = taken_over(names[number], needs.pop(0))
        drop = drop[len(change.add) :]
        parts = type(parts)(parts.head, tuple(names), parts.tail)
    parts, lost = without(parts, drop) if drop else (parts, [])
    return (with_names(parts, needs) if needs else parts).text(), lost


def _with_lines(
    change: Change, source: Source, document: str, code: str, lines: list[str], lost: list[str]
) -> list[Edit]:
    """Replace the statement, and put further ones behind it."""
    text = source.text
    line_start, line_end = _line(source, change)
    head, tail = text[line_start : change.start], text[change.end : line_end]
    if _shares_line(text, line_start, head, tail):
        if change.guards:
            raise NoRoom("a guarded import needs lines of its own, and other code stands on this one")
        return [Edit(document, change.start, change.end, "; ".join([code, *lines]))]
    edits = [] if code == text[change.start : change.end] else [Edit(document, change.start, change.end, code)]
    if lines:
        lines = [*lines[:-1], "  ".join([lines[-1], *lost])]
        newline, indent = _newline(text, line_end), head.replace("\f", "")
        extra = "".join(newline + indent + line for line in lines)
        edits.append(Edit(document, line_end, line_end, extra))
    return edits


def _shares_line(text: str, line_start: int, head: str, tail: str) -> bool:
    """Whether other code stands on the statement's lines."""
    continued = re.search(r"\\(?:\r\n|\r|\n)\Z", text[:line_start])
    return bool(head.strip() or continued or tail.partition("#")[0].strip())


def _newline(text: str, line_end: int) -> str:
    found = _BREAK.match(text, line_end) or _BREAK.search(text)
    return found[0] if found else "\n"


def _line(source: Source, change: Change) -> tuple[int, int]:
    """Where the statement's first line begins and its last one ends (before the line break)."""
    found = _BREAK.search(source.text, change.end)
    return source.starts[change.node.lineno - 1], found.start() if found else len(source.text)


def _delete(change: Change, source: Source, document: str) -> Edit:
    text = source.text
    if _alone(change):
        return Edit(document, change.start, change.end, "pass")
    line_start, line_end = _line(source, change)
    head, tail = text[line_start : change.start], text[change.end : line_end]
    if follower := re.match(r"[ \t]*;[ \t]*", tail):
        if tail[follower.end() :].partition("#")[0].strip():
            return Edit(document, change.start, change.end + follower.end(), "")
        tail = tail[follower.end() :]
    if _shares_line(text, line_start, head, ""):
        before = re.search(r"[ \t]*;[ \t]*$", text[: change.start])
        return Edit(document, before.start() if before else change.start, change.end, "" if before else "pass")
    if not tail.partition("#")[0].strip():
        broken = _BREAK.match(text, line_end)
        return Edit(document, line_start, broken.end() if broken else line_end, "")
    return Edit(document, change.start, change.end, "pass")


def _alone(change: Change) -> bool:
    """Whether the statement is all that its suite holds (a module may be left empty)."""
    suite = getattr(change.block.node, change.block.branch, [])
    return suite == [change.node] and not isinstance(change.block.node, ast.Module)
