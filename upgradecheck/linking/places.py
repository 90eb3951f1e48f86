"""What Airflow calls later: the tables' answers about arguments, decorators, methods and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.model import Runs
from upgradecheck.python.reach import OPEN
from upgradecheck.rulebook.facts import below, lookup

WHOLE = "*"


class Place(Struct, frozen=True):
    """How code is called: when, and what it is given ("": nothing of interest; "names": entries of the context by
    name; "context": the context as a whole) behind its first ``after`` positions. "=key": that entry, whatever the
    parameter is called; "@key@other": those entries, by their names. "server:key": the database's own object."""

    runs: Runs
    given: str
    after: int = 0

    def holds(self, parameters: Iterable[str], taken: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """What its parameters (as in `reach.Reach`) hold: the name of each, and a key of the context or "*"
        ("*-ds": with an own ``ds``).

        ``taken``: what it gets by other ways, as in `reach.Give`.
        """
        count, given = (int(taken[0]), taken[1:]) if taken else (0, ())
        found = [name for name in parameters if name != "*"]
        plain = [name.rstrip("=") for name in found if not name.startswith("*")]
        plain = plain[plain[:1] in (["self"], ["cls"]) :]
        if self.given.startswith("="):
            yield from ((name, self.given[1:]) for name in plain[self.after : self.after + 1])
        elif self.given.startswith("@"):
            named = {key.rpartition(":")[2]: key for key in self.given[1:].split("@")}
            yield from ((name, named[name]) for name in plain if name in named)
        elif self.given == "context":
            yield from ((name, WHOLE) for name in plain[self.after + count :][:1])
        elif self.given == "names":
            rest = "-".join((WHOLE, *sorted(context_keys().intersection(given))))
            yield from ((name[2:], rest) for name in found if name.startswith("**"))
            if not any(name.startswith(OPEN) for name in given):
                free = [name for name in plain[self.after + count :] if name not in given]
                yield from ((name, name) for name in free if name in context_keys())


def is_whole(held: str, key: str = "") -> bool:
    """Whether a value is the context, and gives what Airflow put in for a key."""
    name, *own = held.split("-")
    return name == WHOLE and key not in own


@cache
def context_keys() -> frozenset[str]:
    """The keys of a task's context, of all versions."""
    return frozenset(row["key"] for row in lookup("context_keys"))


@cache
def _rows(kind: str) -> tuple[dict[str, str], ...]:
    return tuple(row for row in lookup("code_places") if row["kind"] == kind)


def _place(row: dict[str, str]) -> Place:
    given, _, after = row["given"].rpartition(":")
    return (
        Place(Runs(row["runs"]), given, int(after)) if after.isdigit() else Place(Runs(row["runs"]), row["given"])
    )


@cache
def argument(name: str) -> Place | None:
    """What becomes of code that is an argument of this name."""
    return next((_place(row) for row in _rows("argument") if row["name"] == name), None)


def decorator(names: Iterable[str]) -> Place | None:
    """What becomes of a function with one of these decorators."""
    return next(filter(None, map(_decorator, names)), None)


@cache
def _decorator(name: str) -> Place | None:
    return next((_place(row) for row in _rows("decorator") if below(name, frozenset({row["name"]}))), None)


def registered(place: Place, function: str) -> Place:
    """The place of a decorated function, where its name tells more."""
    named = (row for row in _rows("hook") if fnmatchcase(function.rpartition(".")[2], row["name"]))
    return next((replace(place, runs=Runs(row["runs"])) for row in named if place.runs is Runs.LISTENER), place)


@cache
def decorators() -> frozenset[str]:
    """The decorators that put a function's body off."""
    return frozenset(row["name"] for row in _rows("decorator"))


@cache
def methods() -> dict[str, tuple[tuple[str, Place], ...]]:
    """Methods that are called on objects of classes: name → (class, place)."""
    found: dict[str, tuple[tuple[str, Place], ...]] = {}
    for row in _rows("method"):
        found[row["name"]] = (*found.get(row["name"], ()), (row["owner"], _place(row)))
    return found


@cache
def listened() -> frozenset[str]:
    """The keys whose values listeners, and what else servers call, are known to get."""
    rows = (row for kind in ("decorator", "function", "method") for row in _rows(kind))
    given = (row["given"][1:].split("@") for row in rows if row["runs"] == "listener" and row["given"])
    return frozenset(key for keys in given for key in keys)


@cache
def functions() -> dict[str, tuple[tuple[str, Place], ...]]:
    """Functions that are called by their names, by the file (less its ending) in which they are looked for."""
    found: dict[str, tuple[tuple[str, Place], ...]] = {}
    for row in _rows("function"):
        found[row["owner"]] = (*found.get(row["owner"], ()), (row["name"], _place(row)))
    return found


@cache
def titles() -> frozenset[str]:
    """The names (less their endings) of files whose functions and settings are looked for there."""
    return frozenset(functions()) | {row["name"] for row in _rows("title")}


def title(file: str) -> str:
    """A file's name, less folder and ending."""
    return file.rpartition("/")[2].partition(".")[0]


def of_file(path: str) -> Runs | None:
    """When all functions of a file run, where its name tells."""
    name = path.rpartition("/")[2]
    return next((Runs(row["runs"]) for row in _rows("file") if fnmatchcase(name, row["name"])), None)


@cache
def known(kind: str) -> dict[str, str]:
    """What calls hand out ("given") and annotations name ("type"): dotted name → a key of the context, or "*"."""
    return {row["name"]: row["given"] for row in _rows(kind)}


@cache
def renewing() -> frozenset[str]:
    """The keys of what hands the context out by a method."""
    classes = {row["key"]: row["holds"] for row in lookup("context_keys") if row["holds"]}
    given = {classes[row["given"]] for row in _rows("renewed")}
    return frozenset(key for key, held in classes.items() if held in given)
