"""The kinds of triggers: what a file must hold for a verb to find something in it (see `concerns`)."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Named(Struct, frozen=True):
    """A file uses one of these dotted names, or one below them."""

    names: frozenset[str]


class Tabled(Struct, frozen=True):
    """A file uses a name of the rule's own table that the target does not take as it is, or one below it."""


class Derived(Struct, frozen=True):
    """A file uses what is, or descends from, one of these names."""

    names: frozenset[str]


class Filled(Struct, frozen=True):
    """A file gives so many arguments by position to what is, or descends from, a name."""

    owner: str
    count: int


class Joint(Struct, frozen=True):
    """A file uses what is, or descends from, a name, in a project where some file uses what `Tabled` asks for."""

    owner: str


class Owned(Struct, frozen=True):
    """A file gives an argument of this name, and uses what is, or descends from, its owner.

    The name with ``=`` behind it: only values count that may be any constant; or those that `constants.given` tells
    of with this word.
    """

    word: str
    owner: str


class Shared(Struct, frozen=True):
    """A file asks for a member of this name, and uses what is, or descends from, its owner, or the owner is among
    what a task's context holds, which may come from anywhere.

    Where ``giving`` or ``lacking`` names arguments (`callshape.entries`): calls of it count only if they give one
    of the first, or none of the second.
    """

    member: str
    owner: str
    giving: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()

    def meets(self, given: frozenset[str]) -> bool:
        """Whether a call counts."""
        if self.giving and not self.giving.isdisjoint(given):
            return True
        return bool(self.lacking) and self.lacking.isdisjoint(given)


class Lacking(Struct, frozen=True):
    """A file calls what is, or descends from, a name, and at least one of these calls gives no such argument."""

    word: str
    owner: str


class Started(Struct, frozen=True):
    """A file may start a program of this name."""

    program: str


class Ask(Struct, frozen=True):
    """A question about a file and its project: ``function`` of a module in codemods/ ("module.function"), called
    with what is ``given``, the project and the file."""

    function: str
    given: tuple[frozenset[str], ...]


class Beside(Struct, frozen=True):
    """A file uses what is, or descends from, a name ("": any at all), and the project says something of it."""

    owner: str
    ask: Ask


class Together(Struct, frozen=True):
    """A file has a word, and one of these others."""

    word: str
    others: frozenset[str]


class Addressed(Struct, frozen=True):
    """A file may name an endpoint of the REST API."""


class Titled(Struct, frozen=True):
    """A file has this name, less its ending."""

    title: str


_InFile = (
    str | Named | Tabled | Derived | Filled | Owned | Shared | Lacking | Started | Together | Addressed | Titled
)
Trigger: TypeAlias = _InFile | Joint | Beside
"""A word (an argument's name, an attribute's behind a dot, a key in brackets), a dotted name (it and all below it),
or one of these."""
