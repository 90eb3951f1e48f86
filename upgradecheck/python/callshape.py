"""How a method is called, as part of a word: which arguments it gets, and of what kind each of them is.

``.pull<0:s key:n **>`` is a call with a text first, None as ``key`` and more that is unpacked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

OPEN, CLOSE = "<", ">"
UNPACKED = ("*", "**")
TEXT, NONE, MANY, OTHER, UNTOLD = "s", "n", "l", "c", ""
KINDS = (TEXT, NONE, MANY, OTHER, UNTOLD)
_MANY = frozenset({ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple})
_ARGUMENT = r"\s*(?:([A-Za-z_]\w*)\s*=(?!=))?\s*(['\"\[(]|None\b)?"
_IN_TEXT = {"'": TEXT, '"': TEXT, "[": MANY, "(": MANY, "None": NONE}


def shaped(word: str, call: ast.Call) -> str:
    """The word for a member that is called so."""
    given = [(str(number), value) for number, value in enumerate(call.args)]
    entries = ["*" if isinstance(value, ast.Starred) else f"{number}:{_kind(value)}" for number, value in given]
    entries += [f"{k.arg}:{_kind(k.value)}" if k.arg else "**" for k in call.keywords]
    return f"{word}{OPEN}{' '.join(sorted(entries))}{CLOSE}"


def shaped_in_text(word: str, arguments: str) -> str:
    """The word for a member that a template calls so; no call stands among its arguments."""
    found = [match for part in arguments.split(",") if part.strip() and (match := re.match(_ARGUMENT, part))]
    entries = [f"{m[1] or number}:{_IN_TEXT.get(m[2], UNTOLD)}" for number, m in enumerate(found)]
    return f"{word}{OPEN}{' '.join(sorted(entries))}{CLOSE}"


def _kind(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return TEXT if isinstance(value.value, str) else NONE if value.value is None else OTHER
    if isinstance(value, ast.JoinedStr):
        return TEXT
    return MANY if type(value) in _MANY else UNTOLD


def parted(words: Iterable[str]) -> tuple[set[str], dict[str, list[frozenset[str]]]]:
    """The words without what they say of calls; and each member that is called, with the arguments of each way."""
    plain, ways = set[str](), dict[str, list[frozenset[str]]]()
    for word in words:
        if word[-1] == CLOSE:
            word, _, entries = word.partition(OPEN)
            ways.setdefault(word, []).append(frozenset(entries[:-1].split()))
        plain.add(word)
    return plain, ways


def entries(names: Iterable[str], kinds: Iterable[str]) -> frozenset[str]:
    """How ways to call tell of arguments of these names, or positions, and kinds."""
    kinds = tuple(kinds)
    return frozenset(f"{name}:{kind}" for name in names for kind in kinds)
