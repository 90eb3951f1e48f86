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
    if " " in value or _is_program(node, parent):
        module.phrases.add(value)
    if "/" in value or "." in value:
        use = StringUse(value, node, block, scope, parent)
        if "/" in value:
            module.slashed.append(use)
        if "." in value:
            module.strings.append(use)


def _is_program(node: ast.Constant, parent: ast.AST) -> bool:
    """Whether a string stands first in a list of several, as the program of a command in words does."""
    return isinstance(parent, ast.List | ast.Tuple) and len(parent.elts) > 1 and parent.elts[0] is node
