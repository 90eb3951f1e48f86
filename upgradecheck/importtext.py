"""The text of a changed import statement: commas, parentheses, comments and line breaks as they were."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from upgradecheck.model import Edit, Need
from upgradecheck.source import Source

if TYPE_CHECKING:
    from upgradecheck.imports import Change

_COMMENT = re.compile(r"#[^\r\n]*")


def render(change: Change, source: Source, document: str) -> list[Edit]:
    """The edits that turn a statement into what its change says."""
    text = source.text[change.start : change.end]
    lines = [from_import(module, needs) for module, needs in change.after.items()]
    stays = change.keeps or bool(change.add)
    if not stays and not lines:
        return [_delete(change, source, document)]
    if not stays:
        return _with_lines(change, source, document, lines[0], lines[1:], [])
    code, lost = _rebuild(change, text)
    return _with_lines(change, source, document, code, lines, lost)


def from_import(module: str, needs: Iterable[Need]) -> str:
    """A new import statement on one line."""
    first, *_ = needs = list(needs)
    if not first.name:
        return f"import {module} as {first.bound}"
    names = ", ".join(n.name if n.name == n.bound else f"{n.name} as {n.bound}" for n in needs)
    return f"from {module} import {names}"


def _with_lines(
    change: Change, source: Source, document: str, code: str, lines: list[str], lost: list[str]
) -> list[Edit]:
    """Replace the statement, and put further ones behind it."""
    text = source.text
    line_start, line_end = _line(source, change)
    head, tail = text[line_start : change.start], text[change.end : line_end]
    if head.strip() or tail.partition("#")[0].strip():
        return [Edit(document, change.start, change.end, "; ".join([code, *lines]))]
    edits = [] if code == text[change.start : change.end] else [Edit(document, change.start, change.end, code)]
    if lines or lost:
        newline = _newline(text, line_end)
        comments = "  " + "  ".join(lost) if lost else ""
        extra = newline.join(head + line for line in [*lines[:-1], (lines[-1] if lines else "") + comments])
        edits.append(Edit(document, line_end, line_end, newline + extra))
    return edits


def _newline(text: str, line_end: int) -> str:
    found = re.match(r"\r\n|\r|\n", text[line_end:]) or re.search(r"\r\n|\r|\n", text)
    return found[0] if found else "\n"


def _line(source: Source, change: Change) -> tuple[int, int]:
    """Where the statement's first line begins and its last one ends (before the line break)."""
    start = source.starts[change.node.lineno - 1]
    found = re.compile(r"[\r\n]").search(source.text, change.end)
    return start, found.start() if found else len(source.text)


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
    if head.strip():
        before = re.search(r"[ \t]*;[ \t]*$", text[: change.start])
        return Edit(document, before.start() if before else change.start, change.end, "" if before else "pass")
    broken = re.match(r"\r\n|\r|\n", text[line_end:])
    return Edit(document, line_start, line_end + (broken.end() if broken else 0), "")


def _alone(change: Change) -> bool:
    """Whether the statement is all that its suite holds (a module may be left empty)."""
    suite = getattr(change.block.node, change.block.branch, [])
    return suite == [change.node] and not isinstance(change.block.node, ast.Module)


def _rebuild(change: Change, text: str) -> tuple[str, list[str]]:
    """The statement with aliases dropped and added; and the comments that went with dropped ones."""
    statement = cst.parse_statement(text)
    assert isinstance(statement, cst.SimpleStatementLine)
    node = statement.body[0]
    assert isinstance(node, cst.Import | cst.ImportFrom)
    assert not isinstance(node.names, cst.ImportStar) or change.module
    old = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
    take_over = list(change.add) if change.module else []
    names: list[cst.ImportAlias] = []
    lost: list[str] = []
    for number, alias in enumerate(old):
        if number not in change.drop:
            names.append(alias)
        elif take_over:
            names.append(_alias(take_over.pop(0), alias))
        else:
            lost += _COMMENT.findall(cst.Module([]).code_for_node(alias))
    added = take_over if change.module else change.add
    names += [_alias(need, None) for need in added]
    last = old[-1].comma if old else cst.MaybeSentinel.DEFAULT
    fields: dict[str, object] = {"names": _commas(names, last, old)}
    if change.module and isinstance(node, cst.ImportFrom):
        fields |= {"module": cst.parse_expression(change.module), "relative": ()}
    elif change.module:
        return from_import(change.module, change.add), lost
    return cst.Module([]).code_for_node(node.with_changes(**fields)), lost


def _alias(need: Need, old: cst.ImportAlias | None) -> cst.ImportAlias:
    asname = None if need.bound == need.name else cst.AsName(name=cst.Name(need.bound))
    if old is None:
        return cst.ImportAlias(name=cst.Name(need.name), asname=asname)
    if asname and old.asname:
        asname = old.asname.with_changes(name=cst.Name(need.bound))
    return old.with_changes(name=cst.Name(need.name), asname=asname)


def _commas(
    names: list[cst.ImportAlias], last: cst.Comma | cst.MaybeSentinel, old: list[cst.ImportAlias]
) -> list[cst.ImportAlias]:
    """The aliases with commas in the statement's own style, the last one as the last one was."""
    first = old[0].comma if old else cst.MaybeSentinel.DEFAULT
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    between = first if len(old) > 1 and isinstance(first, cst.Comma) and not _commented(first) else plain
    if len(old) == 1 and isinstance(last, cst.Comma):
        between = plain
    done = [
        alias if isinstance(alias.comma, cst.Comma) and alias is not old[-1] else alias.with_changes(comma=between)
        for alias in names[:-1]
    ]
    return [*done, names[-1].with_changes(comma=last)]


def _commented(comma: cst.Comma) -> bool:
    return "#" in cst.Module([]).code_for_node(comma)
