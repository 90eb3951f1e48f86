"""What a file's strings say: the walk hears each, and a module keeps what somebody may ask for."""

from __future__ import annotations

import ast

from upgradecheck.python.constants import asked, is_template, spoken, templated
from upgradecheck.python.scopes import Block, Module, Scope, StringUse


def hear(module: Module, value: str, node: ast.Constant, scope: Scope, block: Block, parent: ast.AST) -> None:
    """Note a string constant."""
    if is_template(value):
        module.spoken.update(spoken(value))
        module.asked.update(asked(value))
        module.words.update(templated(value))
    else:
        module.spoken.add(value)
        module.asked.add(value)
    if " " in value or (isinstance(parent, ast.List | ast.Tuple) and parent.elts[0] is node):
        module.phrases.add(value)
    if "/" in value or "." in value:
        use = StringUse(value, node, block, scope, parent)
        if "/" in value:
            module.slashed.append(use)
        if "." in value:
            module.strings.append(use)
