"""What somebody may have meant who wrote a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """The known word that is most like another; "" if none is."""
    from difflib import get_close_matches  # seldom needed, and every start would pay for it

    return next(iter(get_close_matches(word, list(known), 1)), "")
