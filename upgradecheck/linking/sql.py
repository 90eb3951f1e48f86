"""What a reader finds of SQL in a file."""

from __future__ import annotations

from msgspec import Struct

from upgradecheck.model import Runs


class Query(Struct, frozen=True, eq=False):
    """SQL in a string: the tables that it names, and each of its words with the offset where it stands first."""

    tables: frozenset[str]
    places: dict[str, int]
    runs: Runs
