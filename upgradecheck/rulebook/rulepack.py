"""Tables of rules that come from elsewhere, looked through before anything relies on them.

(Those that ship with the tool are held by its tests, and cost nothing at a start.)
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from pathlib import Path

_STATUSES = ("ok", "warns", "changed", "broken")
_VERSIONS = ("new_from", "new_2x")
_VERSION = re.compile(r"(\d+\.\d+)?")


def fault(path: Path, header: Sequence[str], statuses: Collection[str]) -> str:
    """What a verb would stumble over in a table, with its line and the remedy; "" for a sound one.

    ``header``: the columns that the verb reads, empty where nobody knows; ``statuses``: those with a status.
    """
    try:
        rows = list(csv.reader(path.read_text("utf-8").splitlines())) if path.exists() else []
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}): give read permission"
    except (UnicodeDecodeError, csv.Error) as error:
        return f"{path}: no table of comma-separated UTF-8 ({error}): save it as one"
    if rows and header and rows[0] != list(header):
        return f"{path}:1: these are not the columns of its verb: write {','.join(header)}"
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            return f"{path}:{number}: {len(row)} cells, where the first line has {len(rows[0])}: write one for each"
        for column, cell in zip(rows[0], row, strict=True):
            if column in statuses and cell not in _STATUSES:
                return f"{path}:{number}: {cell!r} is no status: write one of {', '.join(_STATUSES)}"
            if column in _VERSIONS and not _VERSION.fullmatch(cell):
                return f"{path}:{number}: {cell!r} is no version: write major.minor, or leave it empty"
    return ""
