"""What becomes of a document at which the tool itself fails."""

from __future__ import annotations

from upgradecheck.model import Crashed


def crashed(document: str, where: str) -> Crashed:
    """The outcome, with the traceback of the exception that is being handled."""
    import traceback

    return Crashed(document, where, traceback.format_exc())
