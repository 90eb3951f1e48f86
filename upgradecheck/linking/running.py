"""Where code runs: when the file is loaded, in a task, a callback, a trigger, a listener or a test.

The one notion of it. It starts from what importing the project calls, and from what Airflow calls later
(`starts.Starts`), and follows calls, methods and functions inside functions. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from upgradecheck.linking import places
from upgradecheck.linking.edges import edges
from upgradecheck.linking.methods import Methods, Spot
from upgradecheck.linking.places import is_whole
from upgradecheck.linking.project import Project
from upgradecheck.linking.starts import Starts
from upgradecheck.model import Runs
from upgradecheck.python.flow import SPREAD
from upgradecheck.python.reach import Give
from upgradecheck.python.script import MAIN
from upgradecheck.python.summary import EMPTY

_ORDER = (Runs.TASK, Runs.CALLBACK, Runs.TRIGGER, Runs.HOOK, Runs.LISTENER, Runs.TEST)


class Running:
    """Answers about functions, from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.methods = project.linked(Methods)
        self.starts = project.linked(Starts)
        self._given: dict[tuple[str, str], str] = {}

    def runs(self, file: str, function: str) -> Runs:
        """When a function, by its qualified name, runs ("" is the file itself)."""
        if not function or (file, function) in self._at_import:
            return Runs.IMPORT
        known = self.project.summaries.get(file, EMPTY).classes
        around = function
        while around and around not in known:  # a function inside of one runs when that does
            if kind := self._later.get((file, around)):
                return kind
            around = around.rpartition(".")[0]
        otherwise = Runs.PROGRAM if function == MAIN else Runs.FUNCTION
        return places.of_file(file) or otherwise

    def at_import(self, file: str, function: str) -> bool:
        """Whether importing some file of the project calls a function. (Cheaper than `runs`.)"""
        return not function or (file, function) in self._at_import

    @cached_property
    def _edges(self) -> dict[Spot, set[Spot]]:
        """What each function runs by calling it."""
        found = {spot: set(called) for spot, called in self.project.linked(edges).items()}
        for file, summary in self.project.summaries.items():
            for caller, callee in summary.reach.methods:
                found.setdefault((file, caller), set()).update(self.methods.spots(file, callee))
        return found

    @cached_property
    def _at_import(self) -> frozenset[Spot]:
        handed = [spot for spot, place, _ in self.starts.found if place.runs is Runs.IMPORT]
        return frozenset({*handed, *self._reached([*((file, "") for file in self.project.summaries), *handed])})

    def _reached(self, starts: Iterable[Spot], inside: bool = False) -> set[Spot]:
        """All that is called from these on; with ``inside`` also the functions inside those that are."""
        pending, found = list(starts), set[Spot]()
        while pending:
            spot = pending.pop()
            for called in (*self._edges.get(spot, ()), *(self._inner.get(spot, ()) if inside else ())):
                if called not in found and called[0] in self.project.summaries:
                    found.add(called)
                    pending += [called, (called[0], f"{called[1]}.__init__")]
        return found

    @cached_property
    def _inner(self) -> dict[Spot, list[Spot]]:
        found: dict[Spot, list[Spot]] = {}
        for file, summary in self.project.summaries.items():
            names = {*summary.reach.parameters, *(caller for caller, _ in summary.calls)}
            for name in sorted(names):
                owner = name.rpartition(".")[0]
                if owner and owner not in summary.classes:
                    found.setdefault((file, owner), []).append((file, name))
        return found

    @cached_property
    def _later(self) -> dict[Spot, Runs]:
        found: dict[Spot, Runs] = {}
        for kind in _ORDER:
            starts = [spot for spot, place, _ in self.starts.found if place.runs is kind]
            for spot in (*starts, *self._reached(starts, inside=True)):
                found.setdefault(spot, kind)
        return found

    # -- what do its parameters hold ---------------------------------------------------------------

    def holds(self, file: str, function: str) -> tuple[tuple[str, str], ...]:
        """What the parameters of a function hold of a task's context: (name, key or "*" for all of it)."""
        return tuple(sorted(self._held.get((file, function), {}).items()))

    def named(self, file: str, function: str) -> tuple[tuple[str, bool], ...]:
        """The parameters that Airflow, or a call with the whole context, gives by their names; and whether other
        calls give them too."""
        calls = {give.slot for _, give in self.starts.gives_to.get((file, function), ())}
        return tuple((name, name in calls) for name in sorted(self._named.get((file, function), ())))

    @cached_property
    def _named(self) -> dict[Spot, set[str]]:
        found: dict[Spot, set[str]] = {}
        for spot, place, taken in self.starts.found:
            for name, key in place.holds(self.starts.parameters(spot), taken):
                if not is_whole(key):
                    found.setdefault(spot, set()).add(name)
        for file in self.project.summaries:
            for give in self.starts.gives(file):
                held = self._whole(file, give.what) if give.slot == SPREAD and give.callee else ""
                if held:
                    for spot in self.methods.spots(file, give.callee):
                        names = {name.rstrip("=") for name in self.starts.parameters(spot)}
                        named = {name for name in names & places.context_keys() if is_whole(held, name)}
                        found.setdefault(spot, set()).update(named)
        return found

    def _whole(self, file: str, what: str) -> str:
        """What a value holds, if that is the context."""
        function, _, name = what.partition("(")
        held = self._held.get((file, function), {}).get(name.rstrip(")"), "") or self.given(file, what)
        return held if is_whole(held) else ""

    @cached_property
    def _held(self) -> dict[Spot, dict[str, str]]:
        found: dict[Spot, dict[str, str]] = {}
        pending = list(self._known_from_the_start())
        while pending:
            spot, name, key = pending.pop()
            if name not in found.setdefault(spot, {}):
                found[spot][name] = key
                base, bracket, rest = name.partition("[")
                for give in self._gives_of.get((spot[0], f"{spot[1]}({base})"), ()):
                    if not bracket:
                        pending += self._passed(spot[0], give, key)
                    elif give.what.endswith(f"){bracket}{rest}"):
                        pending += self._passed(spot[0], replace(give, what=give.what.partition("[")[0]), key)
        return found

    def _known_from_the_start(self) -> Iterator[tuple[Spot, str, str]]:
        for file, summary in self.project.summaries.items():
            for what, dotted in sorted(summary.reach.typed):
                for resolved in self.project.resolve(file, dotted):
                    if key := places.known("type").get(resolved.name):
                        function, _, parameter = what.partition("(")
                        yield (file, function), parameter[:-1], key
            for give in self.starts.gives(file):
                if key := self.given(file, give.what.partition("[")[0]):
                    yield from self._passed(file, give, key)
        for spot, place, taken in self.starts.found:  # the last ones count: the place knows best
            yield from ((spot, name, key) for name, key in place.holds(self.starts.parameters(spot), taken))

    def given(self, file: str, what: str) -> str:
        """What a call hands out, of the project's functions too: "*" for the context."""
        if not what.endswith("()"):
            return ""
        if (file, what) not in self._given:
            self._given[file, what] = ""  # for what hangs on itself
            known = (places.known("given").get(found.name, "") for found in self.project.resolve(file, what[:-2]))
            self._given[file, what] = next(filter(None, (*known, *self._handed_back(file, what[:-2]))), "")
        return self._given[file, what]

    def _handed_back(self, file: str, what: str) -> Iterator[str]:
        for home, function in self.methods.spots(file, what):
            for name, back in self.project.summaries[home].reach.returns:
                if name == function:
                    yield self.given(home, back)

    @cached_property
    def _gives_of(self) -> dict[Spot, list[Give]]:
        """The calls that get what a parameter holds: by file, and the parameter as `reach` spells it."""
        found: dict[Spot, list[Give]] = {}
        for file in self.project.summaries:
            for give in self.starts.gives(file):
                base = give.what.partition("[")[0]
                if base.endswith(")") and not base.endswith("()"):
                    found.setdefault((file, base), []).append(give)
        return found

    def _passed(self, file: str, give: Give, key: str) -> Iterator[tuple[Spot, str, str]]:
        """The parameters that get what a value holds."""
        key = entry(give.what, key)
        for spot in self.methods.spots(file, give.callee) if key and give.callee else ():
            if give.slot == SPREAD and is_whole(key):
                for name in self.starts.parameters(spot):
                    plain = name.strip("*=")
                    if name.startswith(SPREAD) or (plain in places.context_keys() and is_whole(key, plain)):
                        yield spot, plain, key if name.startswith(SPREAD) else plain
            elif name := self.starts.parameter(spot, give.slot):
                yield spot, name, key
            else:
                variadic = (name[2:] for name in self.starts.parameters(spot) if name.startswith(SPREAD))
                yield from ((spot, f"{name}[{give.slot}]", key) for name in variadic)


def entry(what: str, key: str) -> str:
    """The key that a value holds, by that of what it starts from: entries of the whole are keys."""
    _, bracket, rest = what.partition("[")
    if not bracket:
        return key
    return rest[:-1] if is_whole(key, rest[:-1]) and "[" not in rest else ""
