"""What a file must hold for any rule to find something in it: most files are passed over by their summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import title
from upgradecheck.linking.project import Project
from upgradecheck.python.called import UNTOLD
from upgradecheck.python.summary import Summary
from upgradecheck.python.vocabulary import ADDRESS
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.rulebook.verbs import verb

Test = Callable[[str], bool]


class Named(Struct, frozen=True):
    """A file uses a dotted name of which this holds, or one below such a name."""

    test: Test


class Derived(Struct, frozen=True):
    """A file uses what is, or descends from, a name of which this holds."""

    test: Test


class Filled(Struct, frozen=True):
    """A file gives so many arguments by position to what is, or descends from, a name."""

    owner: str
    count: int


class Joint(Struct, frozen=True):
    """A file uses what is, or descends from, a name of which this holds, in a project where some file uses what
    `Named` triggers of the same verb ask for."""

    test: Test


class Owned(Struct, frozen=True):
    """A file gives an argument of this name, and uses what is, or descends from, its owner.

    The name with ``=`` behind it: only values count that may be any constant; or those that `constants.given` tells
    of with this word.
    """

    word: str
    owner: str


class Lacking(Struct, frozen=True):
    """A file calls what is, or descends from, a name, and at least one of these calls gives no such argument."""

    word: str
    owner: str


class Started(Struct, frozen=True):
    """A file may start a program of this name."""

    program: str


class Beside(Struct, frozen=True):
    """A file uses what is, or descends from, a name, and the rest of the project says something of the file."""

    owner: str
    test: Callable[[Project, str], bool]


class Together(Struct, frozen=True):
    """A file has a word, and one of these others."""

    word: str
    others: frozenset[str]


class Addressed(Struct, frozen=True):
    """A file may name an endpoint of the REST API."""


class Titled(Struct, frozen=True):
    """A file has this name, less its ending."""

    title: str


_InFile = str | Named | Derived | Filled | Owned | Lacking | Started | Together | Addressed | Titled
Trigger: TypeAlias = _InFile | Joint | Beside
"""A word (an argument's name, an attribute's behind a dot, a key in brackets), a dotted name (it and all below it),
or one of these."""


class Triggers:
    """The triggers of some rules. Any is enough; answers about names are kept."""

    def __init__(self, rules: Iterable[Rule], target: str, symbols: Symbols) -> None:
        self._classes: Classes = symbols.linked(Classes)
        self.words: set[str] = set()
        exact: set[str] = set()
        self._named: list[Test] = [exact.__contains__]
        self._derived: list[Test] = []
        self._filled: dict[str, int] = {}
        self._joint: list[tuple[list[Test], Test]] = []
        self._owners: dict[str, set[str]] = {}
        self._lacking: set[Lacking] = set()
        self._programs: set[str] = set()
        self._beside: list[Beside] = []
        self._together: dict[str, frozenset[str]] = {}
        self._titles: set[str] = set()
        for rule in rules:
            for name in rule.verbs:
                self._take(list(verb(name).triggers(rule, target)), exact)
        self._known: dict[str, bool] = {}

    def _take(self, found: list[Trigger], exact: set[str]) -> None:
        """Sort the triggers of one verb for one rule in."""
        named = [trigger.test for trigger in found if isinstance(trigger, Named)]
        self._named += named
        for trigger in found:
            if isinstance(trigger, str):
                (exact if "." in trigger[1:] else self.words).add(trigger)
            elif isinstance(trigger, Derived):
                self._derived.append(trigger.test)
            elif isinstance(trigger, Filled):
                self._filled[trigger.owner] = trigger.count
            elif isinstance(trigger, Joint):
                self._joint.append((named, trigger.test))
            elif isinstance(trigger, Owned):
                self._owners.setdefault(trigger.word, set()).add(trigger.owner)
            elif isinstance(trigger, Lacking):
                self._lacking.add(trigger)
            elif isinstance(trigger, Together):
                self._together[trigger.word] = trigger.others
            elif isinstance(trigger, Beside):
                self._beside.append(trigger)
            elif isinstance(trigger, Started):
                self._programs.add(trigger.program)
            elif isinstance(trigger, Addressed):
                self.words.add(ADDRESS)
            elif isinstance(trigger, Titled):
                self._titles.add(trigger.title)

    @cached_property
    def _carried(self) -> frozenset[str]:
        """What gets the entries of dictionaries that are arguments: that need not be named in the file."""
        return frozenset(row["callable"] for row in lookup("argument_carriers") if row["callable"])

    @cached_property
    def arguments(self) -> frozenset[str]:
        """The name in every word: of arguments whose owner counts, too."""
        return frozenset(
            word.lstrip(".").partition("=")[0] for word in (*self.words, *self._owners, *self._together)
        )

    @property
    def programs(self) -> frozenset[str]:
        """The names of programs that files may start."""
        return frozenset(self._programs)

    def matter(self, file: str, summary: Summary, project: Project) -> bool:
        """Whether any rule can find something in a file of a project."""
        words = summary.words
        if not self.words.isdisjoint(words) or any(f"${p}" in words for p in self._programs):
            return True
        if self._is_together(words) or title(file) in self._titles:
            return True
        names = {name for dotted in (*summary.uses, *summary.strings) for name in _names(file, dotted, project)}
        return (
            any(map(self._is_named, names))
            or self._is_owned(file, summary, project, names)
            or self._is_filled(file, summary, project, names)
            or self._is_lacking(file, summary, project)
            or self._is_beside(file, names, project)
            or any(self._descends(name, test) for test in self._derived_in(project) for name in names)
        )

    def _is_named(self, dotted: str) -> bool:
        if dotted not in self._known:
            self._known[dotted] = any(test(name) for name in _upwards(dotted) for test in self._named)
        return self._known[dotted]

    def _is_owned(self, file: str, summary: Summary, project: Project, names: set[str]) -> bool:
        given = [word for word in summary.words if word in self._owners]
        if not given:
            return False
        callees = project.linked(Callees)
        if any(callees.passed(file, name) for name in summary.exports):
            return True
        called = {callee.name for _, dotted in summary.calls for callee in callees.called(file, dotted)}
        family = {a for name in (*names, *called, *self._carried) for up in _upwards(name) for a in self._line(up)}
        return any(not family.isdisjoint(self._owners[word]) for word in given)

    def _is_filled(self, file: str, summary: Summary, project: Project, names: set[str]) -> bool:
        if not self._filled or not summary.filled:
            return False
        callees = project.linked(Callees)
        given = [(c.name, n) for dotted, n in summary.filled.items() for c in callees.called(file, dotted)]
        given += [(name, summary.filled.get(UNTOLD, 0)) for name in names]
        return any(
            self._filled.get(ancestor, count + 1) <= count
            for name, count in given
            for up in (_upwards(name) if count else ())
            for ancestor in self._line(up)
        )

    def _is_lacking(self, file: str, summary: Summary, project: Project) -> bool:
        callees = project.linked(Callees) if self._lacking else None
        return callees is not None and any(
            trigger.owner in self._line(callee.name)
            for trigger in self._lacking
            for dotted, given in summary.always.items()
            if trigger.word not in given
            for callee in callees.called(file, dotted)
        )

    def _is_together(self, words: tuple[str, ...]) -> bool:
        found = self._together.keys() & set(words)
        return any(not self._together[word].isdisjoint(words) for word in found)

    def _is_beside(self, file: str, names: set[str], project: Project) -> bool:
        told = [trigger for trigger in self._beside if trigger.test(project, file)]
        family = (
            {ancestor for name in names for up in _upwards(name) for ancestor in self._line(up)} if told else ()
        )
        return any(trigger.owner in family for trigger in told)

    def _derived_in(self, project: Project) -> tuple[Test, ...]:
        return (*self._derived, *project.linked(self._joint_in))

    def _joint_in(self, project: Project) -> tuple[Test, ...]:
        """The joint triggers that count in a project."""
        known = project.mentions if self._joint else ()
        return tuple(
            test
            for others, test in self._joint
            if any(other(name) for dotted in known for name in _upwards(dotted) for other in others)
        )

    def _descends(self, dotted: str, test: Test) -> bool:
        return any(test(ancestor) for name in _upwards(dotted) for ancestor in self._line(name))

    def _line(self, name: str) -> tuple[str, ...]:
        return self._classes.lineage(name)


def _names(file: str, dotted: str, project: Project) -> Iterator[str]:
    """What a dotted name comes to outside the project; of the project's own classes, their bases."""
    if dotted.partition(".")[0] in project.foreign:
        yield dotted
        return
    for found in project.resolve(file, dotted):
        if ":" in found.name:
            yield from project.bases(file, dotted)
        else:
            yield found.name


def _upwards(dotted: str) -> Iterator[str]:
    """A dotted name, and those above it."""
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]
