"""The triggers of all rules for one target, turned round: from what a file holds to the rules.

A release brings them along ready made (``rules/turned-3.3.json``, written when it is built): a start then loads no
verb that no file needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias, TypeVar

from msgspec import Struct, field

from upgradecheck.linking.classes import Classes
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
    Tabled,
    Titled,
    Together,
    Trigger,
)
from upgradecheck.python.constants import member
from upgradecheck.python.vocabulary import ADDRESS
from upgradecheck.rulebook.facts import Rule, lookup, own_rules
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


class Turned(Struct):
    """From words and names to rules; ``asked`` are the words of each rule, by its number. See `triggers`."""

    asked: list[Words] = field(default_factory=list)
    words: dict[str, Rules] = field(default_factory=dict)
    names: dict[str, Rules] = field(default_factory=dict)
    tabled: list[int] = field(default_factory=list)
    derived: dict[str, Rules] = field(default_factory=dict)
    joint: list[tuple[str, int]] = field(default_factory=list)
    filled: dict[str, list[tuple[int, Rules]]] = field(default_factory=dict)
    owners: dict[str, dict[str, Rules]] = field(default_factory=dict)
    lacking: list[tuple[Lacking, Rules]] = field(default_factory=list)
    beside: list[tuple[Beside, Rules]] = field(default_factory=list)
    together: list[tuple[Together, Rules]] = field(default_factory=list)
    called: dict[str, list[tuple[Shared, bool, Rules]]] = field(default_factory=dict)  # if the context may hold it
    titles: dict[str, Rules] = field(default_factory=dict)


def turned(rules: Iterable[Rule], target: str, symbols: Symbols) -> Turned:
    """The triggers of these rules. Raises `facts.RuleError` for a rule whose verb there is not."""
    found, held = Turned(), _held(symbols)
    for number, rule in enumerate(rules):
        found.asked.append(Words())
        for name in rule.verbs:
            for trigger in verb(name).triggers(rule, target):
                _take(found, trigger, number, held)
    return found


def stored(target: str) -> Turned | None:
    """Those of the shipped rules, as this release brings them along; None in a checkout, which brings none."""
    import msgspec

    path = place(own_rules(), target)
    return msgspec.json.decode(path.read_bytes(), type=Turned) if path.is_file() else None


def place(rules: Path, target: str) -> Path:
    """Where a release has them, in its folder of rules."""
    return rules / f"turned-{target}.json"


def _held(symbols: Symbols) -> frozenset[str]:
    """What a task's context holds, and servers hand out, and what that descends from."""
    rows = (*lookup("context_keys"), *lookup("server_objects"))
    return frozenset(symbols.linked(Classes).of_all(row["holds"] for row in rows if row["holds"]))


def _take(found: Turned, trigger: Trigger, number: int, held: frozenset[str]) -> None:
    rule = 1 << number
    if isinstance(trigger, Named | Derived):
        for name in trigger.names:
            _add(found.names if isinstance(trigger, Named) else found.derived, name, rule)
    elif isinstance(trigger, str) and "." in trigger[1:]:
        _add(found.names, trigger, rule)
    elif isinstance(trigger, Tabled):
        found.tabled.append(number)
    elif isinstance(trigger, Joint):
        found.joint.append((trigger.owner, number))
    elif isinstance(trigger, Filled):
        found.filled.setdefault(trigger.owner, []).append((trigger.count, rule))
    elif isinstance(trigger, Lacking):
        found.lacking.append((trigger, rule))
    elif isinstance(trigger, Beside):
        found.beside.append((trigger, rule))
    elif isinstance(trigger, Titled):
        _add(found.titles, trigger.title, rule)
    elif isinstance(trigger, Shared):
        _take_shared(found, trigger, number, held)
    else:
        _take_word(found, trigger, number)


def _take_shared(found: Turned, trigger: Shared, number: int, held: frozenset[str]) -> None:
    found.asked[number].arguments.add(trigger.member)
    if trigger.giving or trigger.lacking:
        one = (trigger, trigger.owner in held, 1 << number)
        found.called.setdefault(trigger.member, []).append(one)
        return
    for word in member(trigger.member):
        _add(found.owners.setdefault(word, {}), trigger.owner, 1 << number)
    if trigger.owner in held:
        _add(found.words, f".{trigger.member}", 1 << number)


def _take_word(found: Turned, trigger: str | Owned | Together | Started | Addressed, number: int) -> None:
    words, rule = found.asked[number], 1 << number
    if isinstance(trigger, Started):
        words.programs.add(trigger.program)
        _add(found.words, f"${trigger.program}", rule)
        return
    word = ADDRESS if isinstance(trigger, Addressed) else trigger if isinstance(trigger, str) else trigger.word
    words.arguments.add(word.lstrip(".").partition("=")[0])
    if isinstance(trigger, Owned):
        _add(found.owners.setdefault(word, {}), trigger.owner, rule)
    elif isinstance(trigger, Together):
        found.together.append((trigger, rule))
    else:
        words.words.add(word)
        _add(found.words, word, rule)


def _add(table: dict[_K, Rules], key: _K, rule: Rules) -> None:
    table[key] = table.get(key, 0) | rule
