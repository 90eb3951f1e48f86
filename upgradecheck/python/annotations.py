"""What annotations say."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.scopes import chain, last_name


def alternatives(annotation: ast.expr) -> Iterator[ast.expr]:
    """The classes that an annotation names: ``"X"``, ``X | None``, ``Optional[X]``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return
    if isinstance(annotation, ast.BinOp):
        yield from alternatives(annotation.left)
        yield from alternatives(annotation.right)
    elif isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        yield from alternatives(annotation.slice)
    elif isinstance(annotation, ast.Name | ast.Attribute):
        yield annotation


def chains_in(text: str) -> Iterator[tuple[ast.Name, tuple[str, ...], tuple[ast.expr, ...]]]:
    """The chains in an annotation that is written as a string."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    pending: list[ast.AST] = [tree.body]
    while pending:
        part = pending.pop()
        found = chain(part) if isinstance(part, ast.Name | ast.Attribute) else None
        if found is None:
            pending.extend(ast.iter_child_nodes(part))
        else:
            yield found
