"""Which rules may find something in a file, by its summary: most files are passed over, others meet few rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from operator import or_
from typing import TypeAlias, TypeVar

from msgspec import Struct, field

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import title
from upgradecheck.linking.project import Project
from upgradecheck.linking.triggers import (
    Addressed,
    Beside,
    Derived,
    Filled,
    Joint,
    Lacking,
    Named,
    Owned,
    Shared,
    Started,
    Test,
    Titled,
    Together,
    Trigger,
)
from upgradecheck.python.called import UNTOLD
from upgradecheck.python.constants import member
from upgradecheck.python.summary import Summary
from upgradecheck.python.vocabulary import ADDRESS
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.rulebook.verbs import verb

_K = TypeVar("_K")
Rules: TypeAlias = int
"""Some of the rules, a bit for each: the lowest for the first."""


class Words(Struct):
    """The words that one rule asks for, as readers are given them: ``arguments`` are names in words of any kind."""

    words: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)


class Concerns:
    """The triggers of some rules, turned round: from what a file holds to the rules. What names tell is kept."""

    def __init__(self, rules: Iterable[Rule], target: str, symbols: Symbols) -> None:
        self._classes: Classes = symbols.linked(Classes)
        self.words: list[Words] = []
        self._words: dict[str, Rules] = {}
        self._exact: dict[str, Rules] = {}
        self._tests: list[tuple[Test, Rules]] = []
        self._derived: list[tuple[Test, Rules]] = []
        self._joint: list[tuple[list[Test], Test, Rules]] = []
        self._filled: dict[str, list[tuple[int, Rules]]] = {}
        self._owners: dict[str, dict[str, Rules]] = {}
        self._lacking: dict[Lacking, Rules] = {}
        self._beside: list[tuple[Beside, Rules]] = []
        self._together: list[tuple[Together, Rules]] = []
        self._titles: dict[str, Rules] = {}
        self._lines: dict[str, frozenset[str]] = {}
        for number, rule in enumerate(rules):
            self.words.append(Words())
            for name in rule.verbs:
                self._take(list(verb(name).triggers(rule, target)), 1 << number, self.words[number])
        self._known: dict[str, Rules] = {}

    def _take(self, found: list[Trigger], rule: Rules, words: Words) -> None:
        """Sort the triggers of one verb for one rule in."""
        named = [trigger.test for trigger in found if isinstance(trigger, Named)]
        self._tests += [(test, rule) for test in named]
        for trigger in found:
            if isinstance(trigger, str) and "." in trigger[1:]:
                _add(self._exact, trigger, rule)
            elif isinstance(trigger, Derived):
                self._derived.append((trigger.test, rule))
            elif isinstance(trigger, Filled):
                self._filled.setdefault(trigger.owner, []).append((trigger.count, rule))
            elif isinstance(trigger, Joint):
                self._joint.append((named, trigger.test, rule))
            elif isinstance(trigger, Lacking):
                _add(self._lacking, trigger, rule)
            elif isinstance(trigger, Beside):
                self._beside.append((trigger, rule))
            elif isinstance(trigger, Titled):
                _add(self._titles, trigger.title, rule)
            elif isinstance(trigger, Shared):
                self._take_shared(trigger, rule, words)
            elif not isinstance(trigger, Named):
                self._take_word(trigger, rule, words)

    def _take_word(self, trigger: str | Owned | Together | Started | Addressed, rule: Rules, words: Words) -> None:
        if isinstance(trigger, Started):
            words.programs.add(trigger.program)
            _add(self._words, f"${trigger.program}", rule)
            return
        word = ADDRESS if isinstance(trigger, Addressed) else trigger if isinstance(trigger, str) else trigger.word
        words.arguments.add(word.lstrip(".").partition("=")[0])
        if isinstance(trigger, Owned):
            _add(self._owners.setdefault(word, {}), trigger.owner, rule)
        elif isinstance(trigger, Together):
            self._together.append((trigger, rule))
        else:
            words.words.add(word)
            _add(self._words, word, rule)

    def _take_shared(self, trigger: Shared, rule: Rules, words: Words) -> None:
        words.arguments.add(trigger.member)
        for word in member(trigger.member):
            _add(self._owners.setdefault(word, {}), trigger.owner, rule)
        if trigger.owner in self._held:
            _add(self._words, f".{trigger.member}", rule)

    @cached_property
    def _held(self) -> frozenset[str]:
        """What a task's context holds, and servers hand out, and what that descends from."""
        rows = (*lookup("context_keys"), *lookup("server_objects"))
        return self._family(row["holds"] for row in rows if row["holds"])

    @cached_property
    def _carried(self) -> frozenset[str]:
        """What gets the entries of dictionaries that are arguments: that need not be named in the file."""
        return frozenset(row["callable"] for row in lookup("argument_carriers") if row["callable"])

    def rules_for(self, file: str, summary: Summary, project: Project) -> Rules:
        """The rules that may find something in a file of a project."""
        names = {name for dotted in (*summary.uses, *summary.strings) for name in _names(file, dotted, project)}
        found = self._titles.get(title(file), 0) | self._of_words(summary.words)
        for name in names:
            found |= self._of_name(name)
        found |= self._of_owners(file, summary, project, names)
        found |= self._of_filled(file, summary, project, names)
        found |= self._of_lacking(file, summary, project)
        found |= self._of_beside(file, names, project)
        for test, rule in project.linked(self._joint_in):
            if any(map(test, self._family(names))):
                found |= rule
        return found

    def _of_words(self, words: tuple[str, ...]) -> Rules:
        known = self._words
        found = reduce(or_, (known[word] for word in words if word in known), 0)
        for trigger, rule in self._together:
            if trigger.word in words and not trigger.others.isdisjoint(words):
                found |= rule
        return found

    def _of_name(self, dotted: str) -> Rules:
        """The rules that a name, one above it, or what it descends from, is about."""
        if dotted not in self._known:
            found = 0
            for name in _upwards(dotted):
                found |= self._exact.get(name, 0) | _passed(name, self._tests)
            for ancestor in self._line(dotted):
                found |= _passed(ancestor, self._derived)
            self._known[dotted] = found
        return self._known[dotted]

    def _of_owners(self, file: str, summary: Summary, project: Project, names: set[str]) -> Rules:
        given = [self._owners[word] for word in summary.words if word in self._owners]
        if not given:
            return 0
        callees = project.linked(Callees)
        if any(callees.passed(file, name) or callees.passed(file, f"{name}()") for name in summary.exports):
            return reduce(or_, (rule for owners in given for rule in owners.values()))
        called = {callee.name for _, dotted in summary.calls for callee in callees.called(file, dotted)}
        family = self._family((*names, *called, *self._carried))
        return reduce(or_, (rule for owners in given for owner, rule in owners.items() if owner in family), 0)

    def _of_filled(self, file: str, summary: Summary, project: Project, names: set[str]) -> Rules:
        if not self._filled or not summary.filled:
            return 0
        callees = project.linked(Callees)
        given = [(c.name, n) for dotted, n in summary.filled.items() for c in callees.called(file, dotted)]
        given += [(name, summary.filled.get(UNTOLD, 0)) for name in names]
        return reduce(
            or_,
            (
                rule
                for name, count in given
                for ancestor in (self._line(name) & self._filled.keys() if count else ())
                for least, rule in self._filled[ancestor]
                if least <= count
            ),
            0,
        )

    def _of_lacking(self, file: str, summary: Summary, project: Project) -> Rules:
        found = 0
        callees = project.linked(Callees) if self._lacking else None
        for dotted, given in summary.always.items() if callees else ():
            family = self._family(callee.name for callee in callees.called(file, dotted)) if callees else ()
            for trigger, rule in self._lacking.items():
                if trigger.word not in given and trigger.owner in family:
                    found |= rule
        return found

    def _of_beside(self, file: str, names: set[str], project: Project) -> Rules:
        family = self._family(names) if self._beside else frozenset()
        told = (rule for trigger, rule in self._beside if trigger.owner in family and trigger.test(project, file))
        return reduce(or_, told, 0)

    def _joint_in(self, project: Project) -> tuple[tuple[Test, Rules], ...]:
        """The joint triggers that count in a project."""
        known = project.mentions if self._joint else ()
        return tuple(
            (test, rule)
            for others, test, rule in self._joint
            if any(other(name) for dotted in known for name in _upwards(dotted) for other in others)
        )

    def _family(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*map(self._line, names))

    def _line(self, dotted: str) -> frozenset[str]:
        """What a name and those above it are, and what these descend from."""
        if dotted not in self._lines:
            lines = (self._classes.lineage(name) for name in _upwards(dotted))
            self._lines[dotted] = frozenset(ancestor for line in lines for ancestor in line)
        return self._lines[dotted]


def _add(table: dict[_K, Rules], key: _K, rule: Rules) -> None:
    table[key] = table.get(key, 0) | rule


def _passed(name: str, tests: list[tuple[Test, Rules]]) -> Rules:
    return reduce(or_, (rule for test, rule in tests if test(name)), 0)


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
