"""Code that runs where a file is started as a program: below ``if __name__ == "__main__":``.

Whoever imports the file (Airflow, when it loads DAGs) does not run it. It counts as the body of a function of that
name, which nobody in the project calls.
"""

from __future__ import annotations

import ast

from upgradecheck.python.scopes import Block
from upgradecheck.python.scopes import qualified_name as _of_functions

MAIN = "__main__"
_NAME = "__name__"


def qualified_name(block: Block) -> str:
    """`scopes.qualified_name`, and `MAIN` for what only a program runs. Kept."""
    if block.runs_in is None:
        name = _of_functions(block)
        block.runs_in = MAIN if not name and any(_is_program(part) for part in block.chain()) else name
    return block.runs_in


def _is_program(block: Block) -> bool:
    return isinstance(block.node, ast.If) and block.branch == "body" and _asks(block.node.test)


def _asks(test: ast.expr) -> bool:
    """Whether a test is only true in a program."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(map(_asks, test.values))
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq) or len(test.ops) > 1:
        return False
    sides = (test.left, test.comparators[0])
    named = any(isinstance(side, ast.Name) and side.id == _NAME for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == MAIN for side in sides)


def programs(tree: ast.Module) -> list[ast.If]:
    """The statements at the top of a file whose bodies only a program runs."""
    return [node for node in tree.body if isinstance(node, ast.If) and _asks(node.test)]
