"""The rules that a run asks for, with all that stands on them: names, triggers, handlers."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.config import ConfigError, Options
from upgradecheck.judge import unknown_rule
from upgradecheck.linking.concerns import Concerns
from upgradecheck.linking.turned import Rules, stored, turned
from upgradecheck.rulebook import facts, verbs
from upgradecheck.rulebook.bridges import Bridges
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.rulebook.verbs import Handler


class Listeners(Struct, frozen=True):
    """Some rules' handlers, by the kind of occurrence that they listen to, and the words that readers look for."""

    handlers: dict[type, list[tuple[Rule, Handler]]]
    words: frozenset[str]
    arguments: frozenset[str]
    programs: frozenset[str]


class Ruleset(Struct, dict=True):
    """The chosen rules: built once for a process, each bound when the first document concerns it."""

    rules: tuple[Rule, ...]
    select: tuple[str, ...]  # by which they run: `judge.to_run`
    options: Options
    symbols: Symbols
    concerns: Concerns
    numbered: tuple[Rule, ...]  # all rules: their numbers are the bits of `turned.Rules`
    _bound: dict[int, list[tuple[type, Handler]]] = field(default_factory=dict)
    _listeners: dict[Rules, Listeners] = field(default_factory=dict)

    @cached_property
    def every(self) -> Rules:
        """All of the chosen ones."""
        chosen = {rule.id for rule in self.rules}
        return sum(1 << number for number, rule in enumerate(self.numbered) if rule.id in chosen)

    def listeners(self, concerned: Rules) -> Listeners:
        """What listens in a document that concerns some of the rules."""
        if concerned not in self._listeners:
            numbers = [number for number in range(len(self.numbered)) if concerned >> number & 1]
            words = [self.concerns.turned.asked[number] for number in numbers]
            self._listeners[concerned] = Listeners(
                self._handlers(numbers),
                frozenset().union(*(w.words for w in words)),
                frozenset().union(*(w.arguments for w in words)),
                frozenset().union(*(w.programs for w in words)),
            )
        return self._listeners[concerned]

    def _handlers(self, numbers: list[int]) -> dict[type, list[tuple[Rule, Handler]]]:
        table: dict[type, list[tuple[Rule, Handler]]] = {}
        for number in numbers:
            if number not in self._bound:
                self._bound[number] = verbs.bind(self.numbered[number])
            for occurrence, handler in self._bound[number]:
                table.setdefault(occurrence, []).append((self.numbered[number], handler))
        return table


def ruleset(options: Options) -> Ruleset:
    """The rules that these options choose. Raises `facts.RuleError`, `ConfigError`."""
    every = facts.load_all(options.rule_packs)
    if wrong := judge.unknown((*options.select, *options.deselected_anywhere), every):
        option = "select" if wrong[0] in options.select else "deselect"
        raise ConfigError(f"{option}: {unknown_rule(wrong[0], every)}")
    options = replace(options, deselect=judge.passed_over(every, options))
    select = judge.to_run(every, options.select, options.deselect)
    rules = tuple(
        rule
        for rule in every
        if judge.chosen(rule, select, options.deselect) and judge.concerns(rule, options.from_version)
    )
    names = Symbols(every, options.target, *([Bridges(every, options)] if options.bridge else []))
    known = None if options.rule_packs else stored(options.target)
    concerns = Concerns(known or turned(every, options.target, names), every, options.target, names)
    return Ruleset(rules, select, options, names, concerns, every)
