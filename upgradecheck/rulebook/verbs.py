"""The verbs that rules name: found in codemods/, and bound to their rules."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from upgradecheck.rulebook.facts import Rule, RuleError

if TYPE_CHECKING:
    from upgradecheck.model import Finding
    from upgradecheck.scene import Scene

Handler = Callable[[Any, "Scene"], Iterator["Finding"]]


def verb(name: str) -> ModuleType:
    """The codemod that a rule names. Raises `RuleError` where there is none of that name."""
    try:
        return importlib.import_module(f"upgradecheck.codemods.{name}")
    except ModuleNotFoundError as error:
        raise RuleError(f"there is no verb {name!r} in codemods/: correct the rule's front matter") from error


def bind(rules: Iterable[Rule]) -> dict[type, list[tuple[Rule, Handler]]]:
    """The dispatch table: which handlers listen to which kind of occurrence."""
    table: dict[type, list[tuple[Rule, Handler]]] = {}
    for rule in rules:
        for name in rule.verbs:
            bound = cast("dict[type, Handler]", verb(name).bind(rule))
            for occurrence, handler in bound.items():
                table.setdefault(occurrence, []).append((rule, handler))
    return table
