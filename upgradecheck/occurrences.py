"""What readers find in documents, and verbs listen to: a closed set of kinds, whatever the format."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from upgradecheck.model import How, Runs
from upgradecheck.scopes import Binding, Block, Reference
from upgradecheck.symbols import Hit


@dataclass(frozen=True, slots=True, eq=False)
class SymbolUse:
    """A dotted name from outside the project that code reaches, and of which the tables know something.

    ``node`` is where the user must edit. For imports, ``statement`` and ``binding`` are the import and
    what it binds; for attributes, ``reference`` and ``binding``; for strings ``node`` is the constant.
    ``function`` is the qualified name of the function around it, "" outside of any.
    """

    name: str
    hit: Hit
    how: How
    runs: Runs
    function: str
    node: ast.AST
    block: Block
    statement: ast.Import | ast.ImportFrom | None = None
    binding: Binding | None = None
    reference: Reference | None = None


Occurrence = SymbolUse
