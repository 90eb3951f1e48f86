"""Code of notebook cells: what only Jupyter understands is put out of force, and nothing changes its place."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

_MAGIC = re.compile(r"\s*[%!?]|[^#'\"]*\?\s*$")
_ASSIGNED = re.compile(r"(\s*[\w., ]+=\s*)[%!]")
_OTHER_LANGUAGE = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)")
_ENDING = re.compile(r"\r\n|\r|\n")


def as_python(code: str) -> str:
    """A cell with what is no Python put out of force, as long as it was."""
    if _parses(code):
        return code
    if _OTHER_LANGUAGE.match(code):
        return "".join(_silenced(line, 0) for line in lines_of(code))
    lines, quoted = [], False
    for line in lines_of(code):
        assigned = _ASSIGNED.match(line)
        if not quoted and assigned:
            line = _silenced(line, assigned.end(1))
        elif not quoted and _MAGIC.match(line):
            line = _silenced(line, len(line) - len(line.lstrip()))
        if (line.count('"""') + line.count("'''")) % 2:
            quoted = not quoted
        lines.append(line)
    return "".join(lines)


def _parses(code: str) -> bool:
    """Whether a cell is Python. (What is neither that nor Jupyter's is told when the whole text is parsed.)"""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _silenced(line: str, start: int) -> str:
    body = line.rstrip("\r\n")
    return f"{body[:start]}{'0#'[: len(body) - start]}{body[start + 2 :]}{line[len(body) :]}"


def lines_of(text: str) -> list[str]:
    """Lines with their endings, as Python parts them."""
    ends = [0, *(found.end() for found in _ENDING.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(ends) if a < b]
