"""The cache's second file: what a run with news needs of earlier ones."""

from __future__ import annotations

from msgspec import Struct

from upgradecheck.python.summary import Summary


class Details(Struct, array_like=True):
    """Summaries, and what each document's rules asked of the project with the answers they got."""

    key: str
    summaries: dict[str, Summary] = {}
    answers: dict[str, dict[str, str]] = {}
