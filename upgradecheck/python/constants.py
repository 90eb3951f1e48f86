"""The words by which a file tells of its constants: values of arguments, and what strings speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator
from typing import Any

BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "tuple": tuple,
    "list": list,
    "bool": bool,
    "len": len,
}
_WORDS = re.compile(r"[A-Za-z_]\w*")
_MEMBERS = re.compile(r"""(?<=[.'"])[A-Za-z_]\w*""")
MADE = "()"  # what a call makes, a dictionary, a text that is put together
MANY = "[]"  # a list, a tuple or a set that is written out
PLAIN = "{}"  # a list or dictionary of constants alone, all the way down
UNSPELLED = "*"  # a text that is no choice of a few
_LONG = 40  # a text of this length is no choice of a few
_CHOICE = re.compile(r"[\w@.-]+")  # how choices, presets and ids are spelled
SELF = "self"
FIRST = "0"  # the name of what a call gets first
METHODS = {"startswith", "split", "replace", "strip", "partition"}
_MANY = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple)
_NEVER = (*_MANY, ast.Dict, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.JoinedStr)


def words(key: str | ast.expr | None, value: ast.expr) -> tuple[str, ...]:
    """The name of an argument or entry; also with what its value is (`given`), with ``=`` alone behind it where it
    may be any constant, and with ``=()``, ``=[]`` or ``={}`` for what is none."""
    name = key.value if isinstance(key, ast.Constant) else key
    if not isinstance(name, str) or not name.isidentifier():
        return ()
    if isinstance(value, ast.Constant):
        return (name, *given(name, value.value))
    if isinstance(value, ast.Attribute) and value.attr.isupper() and _is_class(value.value):
        return (name, f"{name}=.{value.attr}")
    return (name, f"{name}={_kind(value)}")


def _kind(value: ast.expr) -> str:
    """What is told of a value that is no constant; nothing where it may be one."""
    if _may_be(value):
        return ""
    if _is_plain(value):
        return PLAIN
    return MANY if isinstance(value, _MANY) else MADE


def _is_plain(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict):
        return all(map(_is_plain, value.keys)) and all(map(_is_plain, value.values))
    if isinstance(value, ast.List):
        return all(map(_is_plain, value.elts))
    return isinstance(value, ast.Constant) and isinstance(value.value, str | int | float | None)


def in_call(call: ast.Call, parent: ast.AST) -> Iterator[str]:
    """The words for all that a call gets, and for an entry that it puts where there is none."""
    for keyword in call.keywords:
        yield from words(keyword.arg, keyword.value)
    yield from first(call, parent)
    if len(call.args) == 2 and isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault":
        yield from words(*call.args)


def given(name: str, value: object) -> tuple[str, ...]:
    """The words for an argument's constant: its type (``x=str``), and its text if it may be one of few (``x='a'``;
    ``x=*`` for any other).

    What stands below a class is told by its own name (``x=.A``)."""
    kind = f"{name}={type(value).__name__}"
    if isinstance(value, str):
        spelled = len(value) < _LONG and _CHOICE.fullmatch(value)
        return (kind, f"{name}={value!r}" if spelled else f"{name}={UNSPELLED}")
    return (kind, f"{name}={value!r}") if value is None or isinstance(value, bool) else (kind,)


def first(node: ast.Call, parent: ast.AST) -> tuple[str, ...]:
    """The word for what a call gets first where that is a text (``0='a'``).

    Of decorators and of classes by their spelling also where it may be one (``0=``).
    """
    value = node.args[0] if node.args else None
    if isinstance(value, ast.Constant):
        return given(FIRST, value.value)[-1:] if isinstance(value.value, str) else ()
    if value is None or not (_is_class(node.func) or isinstance(parent, ast.FunctionDef)):
        return ()
    return (f"{FIRST}=",) if isinstance(value, ast.JoinedStr) or _may_be(value) else ()


def may_be(name: str, text: str, words: Container[str]) -> bool:
    """Whether by its words a file may give this text to an argument (`FIRST`: by position)."""
    told = given(name, text)
    unsure = [f"{name}={kind}" for kind in ("", MADE, MANY, PLAIN)] if name != FIRST else [f"{name}="]
    return told[-1] in words or any(word in words for word in unsure)


def _is_class(node: ast.expr) -> bool:
    """Whether an expression is a class by its spelling: what is below it is no constant of a module."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name[:1].isupper() and not name.isupper()


def _may_be(value: ast.expr) -> bool:
    """Whether an expression may be a constant that is no container. (See `values` for what is told of calls.)"""
    if isinstance(value, ast.Call) and (value.args or value.keywords):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in BUILTINS or name in METHODS
    return not isinstance(value, _NEVER)


def member(name: str) -> tuple[str, str]:
    """The words for a member: of ``self``, and of anything else."""
    return f"{SELF}.{name}", f".{name}"


def members(root: str, attributes: tuple[str, ...]) -> list[str]:
    """The words for attributes, each of the one before it."""
    first = f"{SELF}.{attributes[0]}" if root == SELF else f".{attributes[0]}"
    return [first, *(f".{name}" for name in attributes[1:])]


def spoken(text: str) -> list[str]:
    """A string, or the words of one that may be a template."""
    return _WORDS.findall(text) if "{" in text or "%(" in text else [text]


def templated(text: str) -> list[str]:
    """The words for what a template reaches in objects, if the string is one: attributes, and names in quotes."""
    return [f".{name}" for name in _MEMBERS.findall(text)] if "{{" in text or "{%" in text else []
