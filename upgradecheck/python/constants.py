"""The words by which a file tells of its constants: values of arguments, and what strings speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container
from typing import Any

from upgradecheck.python.callshape import shaped, shaped_in_text

BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "tuple": tuple,
    "list": list,
    "bool": bool,
    "len": len,
}
_WORDS = r"[A-Za-z_]\w*"  # these are compiled where a template asks for it
_FIRST = rf"(?<![\w.]){_WORDS}"
_MEMBERS = rf"""(?<=[.'"])({_WORDS})(?:\(([^()]*)\))?"""
MADE = "()"  # what a call makes, a dictionary, a text that is put together
FILLED = "{}''"  # a text with values in it, where any other text would be told
MANY = "[]"  # a list, a tuple or a set that is written out
PLAIN = (
    "{}"  # a list or dictionary of constants, all the way down; between them: the classes of objects beside these
)
UNSPELLED = "*"  # a text that is no choice of a few
_LONG = 40  # a text of this length is no choice of a few
_CHOICE = re.compile(r"[\w@.-]+")  # how choices, presets and ids are spelled
SELF = "self"
FIRST = "0"  # the name of what a call gets first
PAIR = "0,1"  # of the two texts that a function gets first
METHODS = {"startswith", "split", "replace", "strip", "partition"}
_MANY = frozenset({ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple})
_NEVER = _MANY | {ast.Dict, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.JoinedStr}
_PLAIN = (str, int, float, type(None))


def words(key: ast.expr | None, value: ast.expr) -> tuple[str, ...]:
    """As `argument`, for an entry of a dictionary; nothing where its key is no name."""
    name = key.value if isinstance(key, ast.Constant) else None
    return argument(name, value) if isinstance(name, str) and name.isidentifier() else ()


def argument(name: str, value: ast.expr) -> tuple[str, ...]:
    """The name of an argument; also with what its value is (`given`), with ``=`` alone behind it where it may be
    any constant, and with ``=()``, ``=[]`` or ``={}`` for what is none."""
    if isinstance(value, ast.Constant):
        return (name, *given(name, value.value))
    if isinstance(value, ast.Attribute) and value.attr.isupper() and _is_class(value.value):
        return (name, f"{name}=.{value.attr}")
    return (name, f"{name}={_kind(value)}")


def _kind(value: ast.expr) -> str:
    """What is told of a value that is no constant; nothing where it may be one."""
    if _may_be(value):
        return ""
    classes = _classes(value) if isinstance(value, ast.Dict | ast.List) else None
    if classes is not None:
        return f"{PLAIN[0]}{','.join(sorted(classes))}{PLAIN[1]}"
    return MANY if type(value) in _MANY else MADE


def _classes(value: ast.expr | None) -> set[str] | None:
    """The classes, as they are spelled, of the objects among the constants that a container holds, all the way
    down; None where it holds anything else. (What those objects get is told for themselves.)"""
    if isinstance(value, ast.Constant):
        return set() if isinstance(value.value, _PLAIN) else None
    if isinstance(value, ast.JoinedStr):
        return set()
    parts: list[ast.expr | None] = []
    found: set[str] = set()
    if isinstance(value, ast.Dict):
        parts = [*value.keys, *value.values]
    elif isinstance(value, ast.List):
        parts = [*value.elts]
    elif isinstance(value, ast.Call) and _is_class(value.func):
        return {last_part(value.func)}
    else:
        return None
    for part in parts:
        inner = _classes(part)
        if inner is None:
            return None
        found |= inner
    return found


def argued(call: ast.Call, parent: ast.AST) -> list[str]:
    """The words for all that a call gets."""
    found: list[str] = []
    for keyword in call.keywords:
        if keyword.arg is not None:
            found += argument(keyword.arg, keyword.value)
    if call.args:
        found += first(call, parent)
    return [*found, *pair(call)]


def put(call: ast.Call) -> tuple[str, ...]:
    """The words for an entry that a call puts where there is none."""
    if len(call.args) == 2 and isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault":
        return words(*call.args)
    return ()


def given(name: str, value: object) -> tuple[str, ...]:
    """The words for an argument's constant: its type (``x=str``), and its text if it may be one of few (``x='a'``;
    ``x=*`` for any other).

    What stands below a class is told by its own name (``x=.A``)."""
    kind = f"{name}={type(value).__name__}"
    if isinstance(value, str):
        spelled = len(value) < _LONG and _CHOICE.fullmatch(value)
        return (kind, f"{name}={value!r}" if spelled else f"{name}={UNSPELLED}")
    return (kind, f"{name}={value!r}") if value is None or isinstance(value, bool) else (kind,)


def first(node: ast.Call, parent: ast.AST | None) -> tuple[str, ...]:
    """The word for what a call gets first where that is a text (``0='a'``).

    Of decorators and of classes by their spelling (no parent: of what is known to be one) also for what is no
    constant, as in `argument`.
    """
    value = node.args[0] if node.args else None
    if isinstance(value, ast.Constant):
        return given(FIRST, value.value)[-1:] if isinstance(value.value, str | bytes) else ()
    if value is None or not (parent is None or _is_class(node.func) or isinstance(parent, ast.FunctionDef)):
        return ()
    return (f"{FIRST}={FILLED if isinstance(value, ast.JoinedStr) else _kind(value)}",)


def pair(call: ast.Call) -> tuple[str, ...]:
    """The word for the two texts that a function gets first, in small letters: ``0,1='a','b'``; ``0,1=`` for two
    that may be any."""
    if (len(call.args) < 2 and not call.keywords) or _is_class(call.func):
        return ()
    texts = [value.value for value in call.args[:2] if isinstance(value, ast.Constant)]
    if len(texts) == 2 and isinstance(texts[0], str) and isinstance(texts[1], str):
        return (paired(texts[0], texts[1]),)
    return (f"{PAIR}=",)


def paired(one: str, other: str) -> str:
    """The word of `pair` for two texts."""
    return f"{PAIR}={one.lower()!r},{other.lower()!r}"


def may_be(name: str, text: str, words: Container[str]) -> bool:
    """Whether by its words a file may give this text to an argument (`FIRST`: by position)."""
    told = given(name, text)
    unsure = ("", FILLED) if name == FIRST else ("", MADE, MANY, PLAIN)
    return told[-1] in words or any(f"{name}={kind}" in words for kind in unsure)


def last_part(node: ast.expr) -> str:
    """The last part of a name, dotted or not."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_class(node: ast.expr) -> bool:
    """Whether an expression is a class by its spelling: what is below it is no constant of a module."""
    return is_class(last_part(node))


def is_class(name: str) -> bool:
    """Whether a name is spelled as classes are."""
    return name[:1].isupper() and not name.isupper()


def _may_be(value: ast.expr) -> bool:
    """Whether an expression may be a constant that is no container. (See `values` for what is told of calls.)"""
    if isinstance(value, ast.Call) and (value.args or value.keywords):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in BUILTINS or name in METHODS
    return type(value) not in _NEVER


def member(name: str) -> tuple[str, str]:
    """The words for a member: of ``self``, and of anything else."""
    return f"{SELF}.{name}", f".{name}"


def members(root: str, attributes: tuple[str, ...], call: ast.Call | None) -> list[str]:
    """The words for attributes, each of the one before it; of the last also how it is called, if it is."""
    first = f"{SELF}.{attributes[0]}" if root == SELF else f".{attributes[0]}"
    found = [first, *[f".{name}" for name in attributes[1:]]]
    if call is not None:
        found[-1] = shaped(found[-1], call)
    return found


def is_template(text: str) -> bool:
    """Whether a string may be filled in somewhere."""
    return "{" in text or "%(" in text


def spoken(text: str) -> list[str]:
    """The words of a string that may be a template."""
    return re.findall(_WORDS, text)


def asked(text: str) -> list[str]:
    """Those of `spoken` that no dot stands before."""
    return re.findall(_FIRST, text)


def templated(text: str) -> list[str]:
    """The words for what a template reaches in objects, if the string is one: attributes, and names in quotes."""
    if "{{" not in text and "{%" not in text:
        return []
    found = (match.group(1, 2) for match in re.finditer(_MEMBERS, text))
    return [f".{name}" if given is None else shaped_in_text(f".{name}", given) for name, given in found]
