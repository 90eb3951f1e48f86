"""The verbs that rules name: found in codemods/, and bound to their rules."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
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


def bind(rule: Rule) -> list[tuple[type, Handler]]:
    """A rule's handlers, each with the kind of occurrence that it listens to."""
    found = (cast("dict[type, Handler]", verb(name).bind(rule)) for name in rule.verbs)
    return [pair for handlers in found for pair in handlers.items()]
