"""What annotations say."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.scopes import last_name


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
