"""What a reader finds of names that code reaches."""

from __future__ import annotations

import ast

from msgspec import Struct

from upgradecheck.python.scopes import Block


class Reached(Struct, frozen=True, eq=False):
    """A dotted name from outside the project that code asks a module for: as an attribute, or by an import; or that
    it calls."""

    name: str
    node: ast.expr | ast.alias
    block: Block
    imported: bool
    called: bool = False
