"""Sentences that several formats for people share."""

from __future__ import annotations

from collections.abc import Mapping

from upgradecheck.readiness import Blocker, Readiness, State

_STATES: dict[State, str] = {
    "ready": "{} load and run as they are",
    "ready_after_fixes": "{} after safe fixes",
    "waiting": "{} wait for a person",
}
_STOPS = {"load": "fails when loaded", "run": "fails when its task runs"}


def printable(text: str) -> str:
    """Text without control characters: a file name or a source line must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text).replace("\t", "    ")


def many(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def told(readiness: Readiness) -> str:
    """Readiness in one line."""
    loads = sum(file.loads for file in readiness.files)
    later = sum(file.loads_after_fixes for file in readiness.files)
    load = f"{loads} load as they are" if later == loads else f"{loads} load as they are, {later} after safe fixes"
    return f"Of {many(len(readiness.files), 'DAG file')} {tally(readiness.states)} ({load})"


def tally(states: Mapping[State, int]) -> str:
    """How many DAG files are in each state, in words."""
    return ", ".join(words.format(states.get(state, 0)) for state, words in _STATES.items())


def place(blocker: Blocker) -> str:
    """``file:line``."""
    return blocker.document if blocker.line is None else f"{blocker.document}:{blocker.line}"


def cause(blocker: Blocker) -> str:
    """What is the matter there."""
    fix = "no fix" if blocker.fix == "none" else f"{blocker.fix} fix"
    return f"{', '.join(map(printable, blocker.subjects))} {_STOPS[blocker.stops]} ({fix})"
