"""What a file's strings say: the walk hears each, and a module keeps what somebody may ask for."""

from __future__ import annotations

import ast

from upgradecheck.python.constants import spoken, templated
from upgradecheck.python.scopes import Module, StringUse


def hear(module: Module, value: str, use: StringUse) -> None:
    """Note a string constant."""
    module.spoken.update(spoken(value))
    module.words.update(templated(value))
    parent = use.parent
    first = isinstance(parent, ast.List | ast.Tuple) and parent.elts[0] is use.node
    if first or " " in value:
        module.phrases.add(value)
    if "/" in value:
        module.slashed.append(use)
    if "." in value:
        module.strings.append(use)
