"""What one file hands to others to be called, and what its functions hand on. Part of a file's summary.

Values are written down as text: ``:name`` is a function or class of this file, a dotted name one from elsewhere,
``name()`` what calling it gives, ``function(parameter)`` what a parameter holds, ``…[key]`` an entry of it, and
``…{*}`` the context that it hands out.
"""

from __future__ import annotations

import ast

from msgspec import Struct

from upgradecheck.python.flow import SPREAD

OPEN = "?"
RENEWED = "{*}"


class Give(Struct, frozen=True, array_like=True):
    """A value that a call gets: ``what`` (see above), as which argument (``slot``: its position, its name, "**").

    ``caller``: the function in which the call stands. ``callee``: as in a summary's calls, "" for an entry of a
    dictionary. ``taken``: the arguments that the value, a function, gets from there whatever happens: how many
    positions, then names ("?": there may be more; "?name": unless the caller's parameter of this name is empty).
    """

    what: str
    caller: str
    callee: str
    slot: str
    taken: tuple[str, ...] = ()


class Reach(Struct, frozen=True, array_like=True):
    """``parameters``: each function's, stars kept, "=" behind those with a default. ``methods``: calls of methods
    on ``self`` and on what a call made, as in a summary's calls. ``returns``: (function, what it hands back).
    ``typed``: what annotations say of parameters. ``templated``: the arguments that classes call templates.
    ``watched``: the ids of DAGs whose runs something waits for."""

    parameters: dict[str, tuple[str, ...]] = {}
    methods: frozenset[tuple[str, str]] = frozenset()
    gives: frozenset[Give] = frozenset()
    returns: frozenset[tuple[str, str]] = frozenset()
    typed: frozenset[tuple[str, str]] = frozenset()
    templated: dict[str, tuple[str, ...]] = {}
    watched: tuple[str, ...] = ()


def taken(positions: list[ast.expr], keywords: list[ast.keyword]) -> tuple[str, ...]:
    """`Give.taken` for what a call spells out."""
    sure = not any(isinstance(value, ast.Starred) for value in positions)
    names = [keyword.arg or OPEN for keyword in keywords]
    return (str(len(positions)), *names, *(() if sure else (OPEN,)))


def joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """`Give.taken` of two calls, one after the other."""
    if not one or not other:
        return one or other
    return (str(int(one[0]) + int(other[0])), *one[1:], *other[1:])


def parameters(args: ast.arguments) -> tuple[str, ...]:
    """A function's parameters, as `Reach.parameters` has them."""
    plain = [*args.posonlyargs, *args.args]
    bare = len(plain) - len(args.defaults)
    found = [arg.arg + ("=" if number >= bare else "") for number, arg in enumerate(plain)]
    found += [f"*{args.vararg.arg}"] if args.vararg else ["*"] if args.kwonlyargs else []
    pairs = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    found += [arg.arg + ("=" if default is not None else "") for arg, default in pairs]
    return (*found, *([f"{SPREAD}{args.kwarg.arg}"] if args.kwarg else []))
