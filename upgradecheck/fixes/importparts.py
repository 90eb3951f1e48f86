"""An import statement taken apart by its text: names, commas, comments and line breaks, to be put together anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.model import Need
from upgradecheck.python.scopes import Block
from upgradecheck.texts.source import from_text

_BREAK = re.compile(r"\r\n|\r|\n")
_FROM = re.compile(r"from((?:\s|\\(?:\r\n|\r|\n))+)[\w.]+(?=\s|\\)")
_ALIAS = re.compile(r"([\w.]+)(\s+as\s+)(\w+)")
_COMMA = re.compile(r"(?:#[^\r\n]*(?=[\r\n])|[^#,])*?,")


Statement = ast.Import | ast.ImportFrom


class Change(Struct, eq=False):
    """What becomes of one import statement: aliases that go, aliases that come, lines that follow."""

    node: Statement
    block: Block
    start: int
    end: int
    module: str = ""  # another module to import from, in place of the present one
    drop: set[int] = field(default_factory=set)
    add: list[Need] = field(default_factory=list)
    after: dict[str, list[Need]] = field(default_factory=dict)
    guards: dict[str, list[Need]] = field(default_factory=dict)  # by source: what follows under a guard

    @property
    def keeps(self) -> bool:
        """Whether some of its present aliases stay."""
        return len(self.drop) < len(self.node.names)


class NoRoom(Exception):
    """An import cannot be written where it is needed; the message says why."""


class Part(Struct, frozen=True):
    """One name of an import. ``before`` reaches back to the comma, ``comment`` on to the end of the line."""

    before: str
    name: str
    comma: str  # with what stands before it; "" for a last one without
    comment: str = ""


class Parts(Struct, frozen=True):
    """A statement: ``head`` (up to the first name), the names, ``tail`` (closing parenthesis)."""

    head: str
    names: tuple[Part, ...]
    tail: str

    def text(self) -> str:
        """The statement."""
        names = "".join(part.before + part.name + part.comma + part.comment for part in self.names)
        return self.head + names + self.tail


def take_apart(text: str) -> Parts:
    """The parts of an import statement's text."""
    source = from_text(text)
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    spans = [(source.offset(a.lineno, a.col_offset), source.offset(a.end_lineno or 0, a.end_col_offset or 0))
             for a in node.names]  # fmt: skip
    head = _head(text[: spans[0][0]])
    done = len(head)
    parts: list[Part] = []
    for start, end in spans:
        before = text[done:start]
        separator = _COMMA.match(text, end)
        done = separator.end() if separator else end
        comment = _comment(text, done)
        parts.append(Part(before, text[start:end], text[end:done], comment))
        done += len(comment)
    return Parts(head, tuple(parts), text[done:])


def _head(before: str) -> str:
    """What stands before the first name: all of it, or as far as the parenthesis and the comment behind it."""
    opened = before.find("(") + 1
    return before[:opened] + _comment(before, opened) if opened else before


def _comment(text: str, start: int) -> str:
    """The comment that follows on the same line, with the blanks before it."""
    found = re.compile(r"[ \t]*#[^\r\n]*").match(text, start)
    return found[0] if found else ""


def with_module(parts: Parts, module: str) -> Parts:
    """The statement, from another module."""
    head, count = _FROM.subn(lambda match: f"from{match[1]}{module}", parts.head, count=1)
    assert count == 1
    return replace(parts, head=head)


def without(parts: Parts, drop: Iterable[int]) -> tuple[Parts, list[str]]:
    """The statement without some of its names; and the comments on their lines. Comments above stay."""
    gone = set(drop)
    lost = [part.comment.strip() for number, part in enumerate(parts.names) if number in gone and part.comment]
    names: list[Part] = []
    run: list[Part] = []  # dropped names since the last one kept
    for number, part in enumerate(parts.names):
        if number in gone:
            run.append(part)
            continue
        names.append(replace(part, before=_joined(run, part, not names)) if run else part)
        run = []
    above = "".join(_comments_above(part.before) for part in run)
    tail = parts.tail if not above or _BREAK.match(parts.tail) else f"\n{parts.tail}"
    return replace(parts, names=_closed(names, parts.names[-1]), tail=above + tail), lost


def _joined(run: list[Part], part: Part, first: bool) -> str:
    """What stands before a name when names before it went: their comments, and the line break that fits."""
    above = "".join(_comments_above(dropped.before) for dropped in run)
    if not above and not _comments_above(part.before) and first:
        return run[0].before
    if _BREAK.search(part.before):
        return above + part.before
    broken = [dropped.before for dropped in run if _BREAK.search(dropped.before)]
    return above + broken[-1][_last_break(broken[-1]) :] if broken else part.before


def _comments_above(before: str) -> str:
    """The comment lines before a name, less the line break and indentation of the name itself."""
    return before[: _last_break(before)] if "#" in before else ""


def _closed(names: list[Part], last: Part) -> tuple[Part, ...]:
    """Names with commas between them, and one behind the last as the last had one."""
    done = [part if part.comma else replace(part, comma=",") for part in names[:-1]]
    comma = names[-1].comma or "," if last.comma else ""
    return (*done, replace(names[-1], comma=comma))


def taken_over(part: Part, need: Need) -> Part:
    """A name in the place of another."""
    match = _ALIAS.fullmatch(part.name)
    if match and need.bound != need.name:
        return replace(part, name=f"{need.name}{match[2]}{need.bound}")
    return replace(part, name=spelled(need))


def with_names(parts: Parts, needs: Iterable[Need]) -> Parts:
    """The statement with further names behind the ones it has, laid out as these are."""
    names = list(parts.names)
    for need in needs:
        names.append(Part(_gap(names), spelled(need), ""))
    return replace(parts, names=_closed(names, parts.names[-1]))


def _gap(names: list[Part]) -> str:
    """What has to stand before a name that comes after these."""
    before = names[-1].before
    breaks = list(_BREAK.finditer(before))
    if breaks and "\\" not in before:
        return before[breaks[-1].start() :]
    if names[-1].comment:
        earlier = [part.before for part in names if _BREAK.search(part.before) and "\\" not in part.before]
        return earlier[-1][_last_break(earlier[-1]) :] if earlier else "\n    "
    return before if len(names) > 1 and not before.strip() else " "


def _last_break(text: str) -> int:
    return [match.start() for match in _BREAK.finditer(text)][-1]


def spelled(need: Need) -> str:
    """A name as an import spells it."""
    return need.name if need.name == need.bound else f"{need.name} as {need.bound}"


def statement(module: str, needs: Iterable[Need]) -> str:
    """A new import statement on one line."""
    first, *_ = needs = list(needs)
    if not first.name:
        return f"import {module}" if first.bound == module else f"import {module} as {first.bound}"
    return f"from {module} import {', '.join(map(spelled, needs))}"


def guarded(needs: Iterable[Need], indent: str) -> list[str]:
    """The lines of one guard for several names."""
    needs = list(needs)
    wanted, former = _statements(needs), _statements(need.former for need in needs)
    return ["try:", *(indent + line for line in wanted), "except ImportError:", *(indent + line for line in former)]


def _statements(needs: Iterable[Need]) -> list[str]:
    groups: dict[tuple[str, str], list[Need]] = {}
    for need in needs:
        groups.setdefault((need.module, "" if need.name else need.bound), []).append(need)
    return [statement(module, group) for (module, _), group in groups.items()]
