"""What each reader had to read in a run: told where every reader was asked for (``--run-all``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.model import Checked, Document, Outcome, Passed, Skipped, Unparsable
from upgradecheck.texts.formats import CODE, READERS, form

METADATA = "metadata database"
State = Literal["ran", "nothing to read", "skipped"]


class Reading(Struct, frozen=True):
    """One reader: over how many files it ran, and how many of them were about what it looks for.

    ``reason`` says why it was skipped, "" if it was not.
    """

    reader: str
    state: State
    files: int = 0
    about: int = 0
    reason: str = ""


def readings(
    documents: Mapping[str, Document],
    outcomes: Iterable[Outcome],
    unread: Mapping[str, int],
    apart: Sequence[Outcome] = (),
) -> tuple[Reading, ...]:
    """All readers, by name. ``unread``: kinds of files that none understands, and how many there are.

    ``apart``: the outcomes of the metadata database, if it is one that this project tells of.
    """
    names = sorted({*CODE, "template", *READERS})
    kinds = {name: _kinds(document) for name, document in documents.items() if document.selected}
    files = Counter(kind for found in kinds.values() for kind in found)
    about = Counter(
        kind
        for outcome in outcomes
        if not isinstance(outcome, Passed | Skipped)
        for kind in kinds.get(outcome.document, ())
    )
    found = [Reading(name, "ran" if files[name] else "nothing to read", files[name], about[name]) for name in names]
    found += [
        Reading(name, "skipped", count, 0, "no reader understands such files") for name, count in unread.items()
    ]
    return (*found, *_of_database(apart))


def _of_database(apart: Sequence[Outcome]) -> Iterator[Reading]:
    """What became of the metadata database, whose files are tables."""
    tables = [outcome for outcome in apart if not isinstance(outcome, Skipped | Unparsable)]
    if tables:
        about = sum(isinstance(table, Checked) and bool(table.findings) for table in tables)
        yield Reading(METADATA, "ran", len(tables), about)
    elif apart:
        reasons = (getattr(outcome, "reason", "") or getattr(outcome, "error", "") for outcome in apart)
        yield Reading(METADATA, "skipped", reason=next(filter(None, reasons), ""))


def _kinds(document: Document) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind for kind in (document.kind, form(document)) if kind))


def added(one: Iterable[Reading], other: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings of two projects together."""
    found: dict[str, Reading] = {}
    for reading in (*one, *other):
        known = found.get(reading.reader)
        if known is None:
            found[reading.reader] = reading
        else:
            state = known.state if known.files or not reading.files else reading.state
            files, about = known.files + reading.files, known.about + reading.about
            found[reading.reader] = replace(known, state=state, files=files, about=about)
    return tuple(found.values())


def said(reading: Reading) -> str:
    """A reading in words."""
    files = f"{reading.files} file{'s' * (reading.files != 1)}"
    if reading.state == "skipped":
        over = f" ({files})" if reading.files else ""
        return f"{reading.reader}: skipped{over}: {reading.reason}"
    if reading.reader == METADATA:
        return f"{METADATA}: ran over {reading.files} tables, found something in {reading.about}"
    if reading.state == "ran":
        return f"{reading.reader}: ran over {files}, looked into {reading.about}"
    return f"{reading.reader}: found nothing to read"
