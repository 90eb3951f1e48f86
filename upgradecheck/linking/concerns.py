"""Which rules may find something in a file, by its summary: most files are passed over, others meet few rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property, partial, reduce
from operator import or_
from typing import TypeAlias, cast

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import title
from upgradecheck.linking.project import Project
from upgradecheck.linking.triggers import Ask
from upgradecheck.linking.turned import Rules, Turned
from upgradecheck.linking.working import work
from upgradecheck.python.called import UNTOLD
from upgradecheck.python.callshape import parted
from upgradecheck.python.constants import member
from upgradecheck.python.summary import Summary
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.symbols import Symbols, not_fine
from upgradecheck.rulebook.verbs import verb

Called: TypeAlias = dict[str, list[str]]
"""What a file calls, as its summary has it → the names outside the project that it comes to."""


class Concerns:
    """The triggers of some rules, asked. What names tell is kept."""

    def __init__(self, turned: Turned, rules: Sequence[Rule], target: str, symbols: Symbols) -> None:
        self.turned = turned
        self._symbols = symbols
        self._classes: Classes = symbols.linked(Classes)
        self._tables = {number: not_fine(rules[number], target) for number in turned.tabled}
        self._known: dict[str, Rules] = {}
        self._lines: dict[str, frozenset[str]] = {}
        self._project: Project | None = None
        self._asked: dict[str, tuple[Summary, Rules]] = {}

    @cached_property
    def _members(self) -> frozenset[str]:
        """The words for members that count only if they are called in some way."""
        return frozenset(word for name in self.turned.called for word in member(name))

    @cached_property
    def _carried(self) -> frozenset[str]:
        """What gets the entries of dictionaries that are arguments: that need not be named in the file."""
        return self._family(row["callable"] for row in lookup("argument_carriers") if row["callable"])

    def rules_for(self, file: str, summary: Summary, project: Project) -> Rules:
        """The rules that may find something in a file of a project. Kept, for the project that was last asked."""
        if project is not self._project:
            self._project, self._asked = project, {}
        known = self._asked.get(file)
        if known is None or known[0] is not summary:
            known = self._asked[file] = (summary, self._rules_for(file, summary, project))
        return known[1]

    def _rules_for(self, file: str, summary: Summary, project: Project) -> Rules:
        idle = self._idle(file, summary, project) if summary.fallbacks else ()
        uses = (*(dotted for dotted in summary.uses if dotted not in idle), *summary.strings)
        names = {name for dotted in uses for name in _names(file, dotted, project)}
        words, ways = parted(summary.words)
        found = self.turned.titles.get(title(file), 0) | self._of_words(words)
        for name in names:
            found |= self._of_name(name)
        callees = project.linked(Callees)
        called = {dotted: [callee.name for callee in callees.called(file, dotted)] for _, dotted in summary.calls}
        used = self._family(names.union(*called.values())) | {""}
        passed = file in callees.passing
        for owner, rule in self._of_called(words, ways, words.intersection(summary.words)):
            found |= rule if owner in used else 0
        found |= self._of_owners(summary, words.intersection(self.turned.owners), called, (used, passed))
        found |= self._of_filled(summary, called, names)
        found |= self._of_lacking(summary, called, used)
        for trigger, rule in self.turned.beside:
            if (passed or trigger.owner in used) and _answer(trigger.ask, project, file):
                found |= rule
        for owner, rule in project.linked(self._joint_in):
            found |= rule if owner in used else 0
        return found

    def _idle(self, file: str, summary: Summary, project: Project) -> set[str]:
        """What is only imported where other imports fail, which work on the target."""
        resolve = partial(project.resolve, file)
        found = (
            instead for tried, instead in summary.fallbacks if work(tried, resolve, project.foreign, self._symbols)
        )
        return set().union(*found)

    def _of_words(self, words: set[str]) -> Rules:
        known = self.turned.words
        found = reduce(or_, (known[word] for word in words if word in known), 0)
        for trigger, rule in self.turned.together:
            if trigger.word in words and not trigger.others.isdisjoint(words):
                found |= rule
        return found

    def _of_called(
        self, words: set[str], ways: dict[str, list[frozenset[str]]], bare: set[str]
    ) -> list[tuple[str, Rules]]:
        """The rules about members that are called in a way that counts, or in no way that is seen: each with the
        owner that the file has to use as well ("" for what it may have from anywhere)."""
        found = []
        for name, triggers in self.turned.called.items() if not words.isdisjoint(self._members) else ():
            spelled = words.intersection(member(name))
            given = [way for word in spelled for way in ways.get(word, ())]
            for trigger, held, rule in triggers if spelled else ():
                if not bare.isdisjoint(spelled) or any(map(trigger.meets, given)):
                    found.append(("" if held else trigger.owner, rule))
        return found

    def _of_name(self, dotted: str) -> Rules:
        """The rules that a name, one above it, or what it descends from, is about."""
        if dotted not in self._known:
            above = dotted.rpartition(".")[0]
            found = self._of_name(above) if above else 0
            found |= self.turned.names.get(dotted, 0) | self._in_tables(dotted)
            for ancestor in self._classes.lineage(dotted):
                found |= self.turned.derived.get(ancestor, 0)
            self._known[dotted] = found
        return self._known[dotted]

    def _of_owners(
        self, summary: Summary, words: set[str], called: Called, around: tuple[frozenset[str], bool]
    ) -> Rules:
        """By words for what calls get. ``around``: what else the file uses; whether other files pass its
        dictionaries on, to whatever it may be."""
        used, passed = around
        if passed:
            return reduce(or_, (rule for word in words for rule in self.turned.owners[word].values()), 0)
        found, placed, unplaced = 0, set[str](), set[str]()
        for dotted, given in summary.given.items():
            if hits := words.intersection(given):
                names = called.get(dotted)
                found |= self._owned(hits, self._family(names)) if names else 0
                (placed if names else unplaced).update(hits)
        anywhere = words - placed | unplaced
        return found | (self._owned(anywhere, used | self._carried) if anywhere else 0)

    def _owned(self, words: Iterable[str], family: frozenset[str]) -> Rules:
        """The rules about words where something of a family gets them."""
        found = 0
        for word in words:
            for owner, rule in self.turned.owners[word].items():
                if owner in family:
                    found |= rule
        return found

    def _of_filled(self, summary: Summary, called: Called, names: set[str]) -> Rules:
        given = [(name, n) for dotted, n in summary.filled.items() for name in called.get(dotted, ())]
        if untold := summary.filled.get(UNTOLD, 0):
            given += [(name, untold) for name in names]
        found, counted = 0, self.turned.filled
        for name, count in given:
            for ancestor in self._line(name):
                for least, rule in counted.get(ancestor, ()):
                    found |= rule if least <= count else 0
        return found

    def _of_lacking(self, summary: Summary, called: Called, used: frozenset[str]) -> Rules:
        found = 0
        lacking = [(trigger, rule) for trigger, rule in self.turned.lacking if trigger.owner in used]
        for dotted, given in summary.always.items() if lacking else ():
            missing = [(trigger.owner, rule) for trigger, rule in lacking if trigger.word not in given]
            for name in called.get(dotted, ()) if missing else ():
                line = self._line(name)
                for owner, rule in missing:
                    found |= rule if owner in line else 0
        return found

    def _joint_in(self, project: Project) -> tuple[tuple[str, Rules], ...]:
        """The joint triggers that count in a project."""
        above = {name for dotted in project.mentions for name in _upwards(dotted)} if self.turned.joint else ()
        return tuple(
            (owner, 1 << number) for owner, number in self.turned.joint if any(map(self._tables[number], above))
        )

    def _in_tables(self, name: str) -> Rules:
        return reduce(or_, (1 << number for number, test in self._tables.items() if test(name)), 0)

    def _family(self, names: Iterable[str]) -> frozenset[str]:
        lines = list(map(self._line, names))
        return lines[0] if len(lines) == 1 else frozenset().union(*lines)

    def _line(self, dotted: str) -> frozenset[str]:
        """What a name and those above it are, and what these descend from."""
        if dotted not in self._lines:
            above = dotted.rpartition(".")[0]
            self._lines[dotted] = (self._line(above) if above else frozenset()).union(self._classes.lineage(dotted))
        return self._lines[dotted]


def _answer(ask: Ask, project: Project, file: str) -> bool:
    return bool(_function(ask.function)(*ask.given, project, file))


@cache
def _function(name: str) -> Callable[..., object]:
    module, _, function = name.partition(".")
    return cast("Callable[..., object]", getattr(verb(module), function))


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
