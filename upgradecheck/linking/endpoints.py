"""What readers find of the REST API: where files name its endpoints, and the calls that are given them."""

from __future__ import annotations

import ast

from msgspec import Struct

from upgradecheck.model import Runs
from upgradecheck.python.scopes import Block, Scope
from upgradecheck.rulebook.routes import Found
from upgradecheck.texts.texts import Text


class Endpoint(Struct, frozen=True, eq=False):
    """An endpoint of the REST API that a file names, and where it does."""

    found: Found
    text: Text
    runs: Runs


class Request(Struct, frozen=True, eq=False):
    """A call that is given an address of the REST API."""

    found: Found
    call: ast.Call
    scope: Scope
    block: Block
    runs: Runs
