"""Jinja templates, read by Jinja: which names they take from outside, and which attributes of these."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from msgspec import Struct
from msgspec.structs import replace

_NO_CODE = {"whitespace", "data", "comment", "comment_begin", "comment_end"}
_DEFAULTS = {"default", "d"}
_TESTS = {"defined", "undefined", "none", "not"}


class Use(Struct, frozen=True):
    """A name, and the attribute behind it ("": none), with the first and last offset of each.

    ``calm``: it may be undefined (``is defined``, ``default``). ``given``: the arguments of a call of the
    attribute: names, and "0" for a position; None where it is not called. ``values``: what each of these is:
    "list", "none" or "" for anything else. ``before`` and ``behind``: the code on both sides (a filter with its
    name). ``first``: only the first part of what the call gives is taken.
    """

    name: str
    start: int
    attribute: str = ""
    at: int = 0
    calm: bool = False
    given: tuple[str, ...] | None = None
    values: tuple[str, ...] = ()
    before: str = ""
    behind: str = ""
    first: bool = False


class Token(Struct, frozen=True):
    """A piece of code in a template."""

    kind: str
    text: str
    start: int


def uses(text: str) -> list[Use]:
    """The names from outside that a template uses; none where Jinja does not take it."""
    try:
        outside = _outside(text)
        code = list(_code(text))
    except (TemplateSyntaxError, ValueError):
        return []
    found = [use for number in range(len(code)) for use in _use(code, number) if use.name in outside]
    calm = {(use.name, use.attribute) for use in found if use.calm}
    return [use for use in found if (use.name, use.attribute) not in calm]


def _outside(text: str) -> set[str]:
    """The names that a template does not give a value itself: only statements do."""
    tree = _parsed(text)
    if "{%" not in text:
        return {node.name for node in tree.find_all(nodes.Name)}
    return meta.find_undeclared_variables(tree)


def is_template(text: str) -> bool:
    """Whether Jinja takes a text."""
    try:
        _parsed(text)
    except (TemplateSyntaxError, ValueError):
        return False
    return True


def _any(value: object) -> object:
    return value


def _parsed(text: str) -> nodes.Template:
    """A template's tree. Filters and tests that Jinja does not know are Airflow's or the project's."""
    environment = _environment()
    tree = environment.parse(text)
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        known: Any = environment.filters if isinstance(node, nodes.Filter) else environment.tests
        known.setdefault(node.name, _any)
    return tree


@cache
def _environment() -> Environment:
    return Environment(keep_trailing_newline=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


def _code(text: str) -> Iterator[Token]:
    """The tokens of a template's code, with their places (Jinja drops white space here and there)."""
    position = 0
    for _, kind, value in _environment().lex(text):
        position = text.index(value, position)
        if kind not in _NO_CODE:
            yield Token(kind, value, position)
        position += len(value)


def _use(code: list[Token], number: int) -> Iterator[Use]:
    token, before, after = code[number], _text(code, number - 1), _text(code, number + 1)
    if token.kind != "name" or before in (".", "|", "is") or (after == "=" and before in ("(", ",")):
        return
    attribute = _attribute(code, number + 1)
    end = number + 1 + (0 if attribute is None else 2 if after == "." else 3)
    behind = (_text(code, end), _text(code, end + 1))
    calm = (behind[0] == "|" and behind[1] in _DEFAULTS) or (behind[0] == "is" and behind[1] in _TESTS)
    given = list(_given(code, end)) if attribute and _text(code, end) == "(" else None
    names, values = tuple(name for name, _ in given or ()), tuple(kind for _, kind in given or ())
    use = Use(
        token.text, token.start, calm=calm, before=before, behind="".join(behind) if behind[0] == "|" else behind[0]
    )
    if attribute:
        given_names = None if given is None else names
        first = given is not None and _first_is_taken(code, end + 1)
        use = replace(
            use, attribute=attribute.text, at=attribute.start, given=given_names, values=values, first=first
        )
    yield use


def _attribute(code: list[Token], number: int) -> Token | None:
    """The attribute behind a name: ``.name`` or ``['name']``, which Jinja takes for the same."""
    text = _text(code, number + 1)
    if _text(code, number) == "." and text.isidentifier():
        return code[number + 1]
    if _text(code, number) == "[" and text[1:-1].isidentifier() and _text(code, number + 2) == "]":
        token = code[number + 1]
        return Token(token.kind, text[1:-1], token.start + 1) if token.kind == "string" else None
    return None


def _text(code: list[Token], number: int) -> str:
    return code[number].text if 0 <= number < len(code) else ""


def _given(code: list[Token], number: int) -> Iterator[tuple[str, str]]:
    """What stands between the brackets of a call that opens at a token: name, and kind of value."""
    if _text(code, number + 1) != ")" and _text(code, number + 2) != "=":
        yield "0", _kind(code, number + 1)
    depth = 0
    for place in range(number, len(code)):
        text = code[place].text
        depth += (text in "([{") - (text in ")]}")
        if depth == 0:
            return
        if depth == 1 and _text(code, place + 1) == "=" and code[place].kind == "name":
            yield text, _kind(code, place + 2)


def _kind(code: list[Token], number: int) -> str:
    """What a value is; a list of one of which the first is taken is that one."""
    kind = {"[": "list", "(": "list", "none": "none", "None": "none"}.get(_text(code, number), "")
    alone = kind == "list" and _text(code, number + 2) in ("]", ")")
    return "" if alone and _first_is_taken(code, number) else kind


def _first_is_taken(code: list[Token], number: int) -> bool:
    """Whether ``[0]`` or ``| first`` stands behind the call in whose brackets a token is."""
    depth = 1
    while depth and number < len(code):
        depth += (code[number].text in "([{") - (code[number].text in ")]}")
        number += 1
    after = tuple(_text(code, number + more) for more in range(3))
    return after == ("[", "0", "]") or after[:2] == ("|", "first")
