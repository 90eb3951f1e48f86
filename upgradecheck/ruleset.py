"""The rules that a run asks for, with all that stands on them: names, triggers, handlers."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.config import ConfigError, Options
from upgradecheck.judge import unknown_rule
from upgradecheck.linking.triggers import Triggers
from upgradecheck.rulebook import facts, verbs
from upgradecheck.rulebook.bridges import Bridges
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.rulebook.verbs import Handler


class Ruleset(Struct, dict=True):
    """The chosen rules: built once for a process, bound when the first document matters."""

    rules: tuple[Rule, ...]
    select: tuple[str, ...]  # by which they run: `judge.to_run`
    options: Options
    symbols: Symbols
    triggers: Triggers

    @cached_property
    def handlers(self) -> dict[type, list[tuple[Rule, Handler]]]:
        """Which rules listen to which kind of occurrence."""
        return verbs.bind(self.rules)


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
    return Ruleset(
        rules,
        select,
        options,
        names,
        Triggers(rules, options.target, names),
    )
