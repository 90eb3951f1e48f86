"""Comments that suppress: ``# upgradecheck: ignore[RuleId] reason``.

One table by document kind says where a format has its comments; what a directive says is the same
everywhere. A directive speaks about

- its own line, or the whole statement (for ``with``, ``def``, ``class`` …: the header) where it stands on the
  statement's first or last line;
- where it has a line for itself: the next statement, or inside of one the next line of code;
- as ``ignore-file``, on a line for itself before the first statement: the whole file.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from contextlib import suppress

from msgspec import Struct, field

from upgradecheck.model import Directive

FORM = "write `# upgradecheck: ignore[RuleId] reason`"
_MENTION = re.compile(r"#\s*upgradecheck(?P<colon>\s*:)?\s*(?P<verb>[\w-]*)\s*(?P<open>\[?)")
_CODE = re.compile(r"\w+(\[.+\])?")
_NEXT_COMMENT = re.compile(r"\s#\s")  # "# upgradecheck: ignore[X] why  # type: …": two comments in one


class Comment(Struct, frozen=True):
    """A comment, and the lines that it speaks about. ``early``: it stands before all code, on a line for itself."""

    line: int
    column: int
    text: str
    first: int
    last: int
    early: bool


def directives(kind: str, text: str) -> tuple[Directive, ...]:
    """All directives of a document, malformed ones too (they say what is wrong with them)."""
    read = _COMMENTS.get(kind)
    return tuple(found for comment in read(text) for found in _said(comment)) if read else ()


def _said(comment: Comment) -> Iterator[Directive]:
    starts = [match for match in _MENTION.finditer(comment.text) if _is_one(match)]
    ends = [*(match.start() for match in starts[1:]), len(comment.text)]
    for match, end in zip(starts, ends, strict=False):
        codes, reason, error = _parsed(match, comment.text[match.end() : end], comment.early)
        whole = match["verb"] == "ignore-file"
        yield Directive(
            line=comment.line,
            column=comment.column + match.start(),
            end_column=comment.column + match.start() + len(comment.text[match.start() : end].rstrip()),
            codes=codes,
            reason=reason,
            first=0 if whole else comment.first,
            last=0 if whole else comment.last,
            error=error,
        )


def _is_one(match: re.Match[str]) -> bool:
    """Whether a mention is meant as a directive; prose is not."""
    return bool(match["colon"] or (match["verb"] in ("ignore", "ignore-file") and match["open"]))


def _parsed(match: re.Match[str], rest: str, early: bool) -> tuple[tuple[str, ...], str, str]:
    """(codes, reason, what is wrong with the directive)."""
    if not match["colon"]:
        return (), "", f"a colon is missing behind `upgradecheck`: {FORM}"
    if match["verb"] not in ("ignore", "ignore-file"):
        return (), "", f"`{match['verb']}` is no directive: {FORM}"
    if not match["open"]:
        return (), "", f"it names no rule: {FORM}"
    inside, closed, reason = _bracketed(rest)
    if not closed:
        return (), "", f"a `]` is missing: {FORM}"
    codes = _split(inside)
    if not codes or not all(_CODE.fullmatch(code) for code in codes):
        return (), "", f"`[{inside}]` is no list of rules: {FORM}"
    if match["verb"] == "ignore-file" and not early:
        return (), "", "`ignore-file` needs a line for itself before the first statement: move it up"
    return codes, _NEXT_COMMENT.split(reason)[0].lstrip(" :-–—").strip(), ""


def _bracketed(text: str) -> tuple[str, bool, str]:
    """What stands before the bracket that closes, whether there is one, and what stands behind it."""
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if depth == 0:
            return text[:place], True, text[place + 1 :]
    return text, False, ""


def _split(inside: str) -> tuple[str, ...]:
    """``A, B[x,y]`` → ``A`` and ``B[x,y]``."""
    return tuple(part.strip() for part in re.split(r",(?![^\[]*\])", inside)) if inside.strip() else ()


# -- Python ------------------------------------------------------------------------------------------------


class _Lines(Struct):
    """Where a Python file has code: its statements (first and last line) and the lines with tokens on them."""

    statements: list[tuple[int, int]] = field(default_factory=list)
    code: set[int] = field(default_factory=set)
    body: int = 0  # first line of the first statement that is no docstring; 0: there is none
    comments: list[tuple[tokenize.TokenInfo, bool]] = field(default_factory=list)


_LAYOUT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)


def _scan(text: str) -> _Lines:
    """What `tokenize` sees. Where it gives up, nothing below is seen: that part is no Python."""
    found = _Lines()
    start, end, only_text = 0, 0, True
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                if _MENTION.search(token.string):
                    found.comments.append((token, not token.line[: token.start[1]].strip()))
            elif token.type == tokenize.NEWLINE:
                found.statements.append((start, end))
                found.body = found.body or (0 if only_text else start)
                start, only_text = 0, True
            elif token.type not in _LAYOUT:
                start, end = start or token.start[0], token.end[0]
                only_text = only_text and token.type == tokenize.STRING
                found.code.update(range(token.start[0], end + 1))
    if start:
        found.statements.append((start, end))
        found.body = found.body or start
    return found


def _python(text: str) -> Iterator[Comment]:
    lines = _scan(text)
    for token, alone in lines.comments:
        line, column = token.start
        first, last = _spoken_of(line, alone, lines)
        early = alone and (not lines.body or line < lines.body)
        yield Comment(line, column + 1, token.string, first, last, early)


def _spoken_of(line: int, alone: bool, lines: _Lines) -> tuple[int, int]:
    around = next(((a, b) for a, b in lines.statements if a <= line <= b), None)
    if around is None:
        return next(((a, b) for a, b in lines.statements if a > line), (line, line))
    if not alone:
        return around if line in around else (line, line)
    below = min(number for number in lines.code if number > line)
    return below, below


# -- files of lines ----------------------------------------------------------------------------------------


def _lines(text: str) -> Iterator[Comment]:
    lines = text.splitlines()
    code = [number for number, line in enumerate(lines, 1) if line.partition("#")[0].strip()]
    for number, line in enumerate(lines, 1):
        before, mark, said = line.partition("#")
        if mark:
            alone = not before.strip()
            below = next((other for other in code if other > number), number) if alone else number
            early = alone and (not code or number < code[0])
            yield Comment(number, len(before) + 1, f"#{said}", below, below, early)


# -- templates ---------------------------------------------------------------------------------------------

_ANY_COMMENT = re.compile(r"(?:--|#|//|\{#|/\*|<!--)(?=\s*upgradecheck\b)")
_COMMENT_ENDS = re.compile(r"\s*(?:#\}|\*/|-->)\s*$")


def _templates(text: str) -> Iterator[Comment]:
    """Lines with a comment, whatever language the template is for."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if mark := _ANY_COMMENT.search(line):
            said = f"#{_COMMENT_ENDS.sub('', line[mark.end() :])}"
            alone = not line[: mark.start()].strip()
            others = (n for n, other in enumerate(lines, 1) if n > number and other.strip())
            below = next(others, number) if alone else number
            early = alone and not any(map(str.strip, lines[: number - 1]))
            yield Comment(number, mark.end(), said, below, below, early)


_COMMENTS: dict[str, Callable[[str], Iterator[Comment]]] = {
    "python": _python,
    "notebook": _python,
    "template": _templates,
    **dict.fromkeys(("dockerfile", "ini", "loadlist", "requirements", "setupcfg", "toml"), _lines),
}
