"""Where Airflow begins: every function of a project that it calls, and how."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec.structs import replace

from upgradecheck.linking import places
from upgradecheck.linking.callees import Callees
from upgradecheck.linking.methods import Methods, Spot
from upgradecheck.linking.places import Place
from upgradecheck.linking.project import Project
from upgradecheck.model import Runs
from upgradecheck.python.flow import SPREAD, SUPER
from upgradecheck.python.reach import OPEN, Give, joined
from upgradecheck.python.summary import EMPTY, Summary

Start = tuple[Spot, Place, tuple[str, ...]]


class Starts:
    """The functions of a project that are called from outside, from its summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.callees = project.linked(Callees)
        self.methods = project.linked(Methods)
        self._sorted: dict[str, list[Give]] = {}
        self._mapped: dict[str, list[str]] = {}

    @cached_property
    def found(self) -> tuple[Start, ...]:
        """Each with its place, and what it gets besides what the place gives."""
        files = self.project.summaries.items()
        direct = [start for file, summary in files for start in self._direct(file, summary)]
        known = list(dict.fromkeys([*direct, *self._handed()]))
        around = [start for spot, place, _ in known for start in self._around(spot, place)]
        return tuple(dict.fromkeys([*known, *around]))

    def _around(self, spot: Spot, place: Place) -> Iterator[Start]:
        """What decorators of the project put in a function's place: it is called as the function is."""
        file, function = spot
        for dotted in self.project.summaries.get(file, EMPTY).decorators.get(function, ()):
            yield from ((wrapper, place, ()) for wrapper in self.methods.spots(file, f"{dotted}()"))

    def _direct(self, file: str, summary: Summary) -> Iterator[Start]:
        for function, found in summary.decorators.items():
            names = [known.name for dotted in found for known in self.project.resolve(file, dotted)]
            if place := places.decorator(names):
                taken = self._taken(file, function, len(found) > 1)
                yield (file, function), places.registered(place, function), taken
        for function, place in places.functions().get(places.title(file), ()):
            if function in summary.reach.parameters:
                yield (file, function), place, ()
        for name in summary.classes:
            for method, rows in places.methods().items():
                if self.methods.defines(file, name, method):
                    line = {up for home, base in self.methods.line(file, name) if not home for up in self._up(base)}
                    for owner, place in rows:
                        if owner in line:
                            yield (file, f"{name}.{method}"), place, ()

    def _up(self, name: str) -> tuple[str, ...]:
        return self.project.lineage(name)

    def _taken(self, file: str, function: str, wrapped: bool) -> tuple[str, ...]:
        """What a decorated function is given where the project calls it, and by what else is around it."""
        count, names = 0, {"?"} if wrapped or self._is_mapped(file, function) else set[str]()
        for home, give in self.gives_to.get((file, function), ()):
            if places.of_file(home) is Runs.TEST or give.callee.rpartition(".")[2] in places.known("direct"):
                continue  # the function itself is called
            if not give.slot.isdigit():
                names.add("?" if give.slot == SPREAD else give.slot)
            filled = self.project.summaries[home].filled.get(give.callee, 0)
            count = max(count, filled, int(give.slot) + 1 if give.slot.isdigit() else 0)
        own = self.project.summaries[file].filled
        count = max(count, *(own.get(f":{function}{way}", 0) for way in ("", ".expand", ".partial")))
        return (str(count), *sorted(names)) if count or names else ()

    def _is_mapped(self, file: str, function: str) -> bool:
        """Whether the arguments come from a list that nobody sees here."""
        if file not in self._mapped:
            summary = self.project.summaries[file]
            called = (callee for _, callee in (*summary.calls, *summary.reach.methods))
            self._mapped[file] = [callee for callee in called if callee.endswith(".expand_kwargs")]
        return any(callee.startswith(f":{function}.") for callee in self._mapped[file])

    def gives(self, file: str) -> list[Give]:
        """What the calls of a file get, in an order that is always the same."""
        if file not in self._sorted:
            self._sorted[file] = sorted(self.project.summaries[file].reach.gives, key=_key)
        return self._sorted[file]

    def _handed(self) -> Iterator[Start]:
        """Functions that are arguments, on their way through functions of the project too."""
        pending: list[tuple[str, Give, Place]] = []
        for file in self.project.summaries:
            for give in self.gives(file):
                place = places.argument(give.slot)
                if place and self._is_foreign(file, give):
                    pending.append((file, give, place))
        seen = set[tuple[str, Give]]()
        while pending:
            file, give, place = pending.pop()
            if (file, give) in seen:
                continue
            seen.add((file, give))
            function, bracket, parameter = give.what.partition("(")
            if bracket and parameter != ")":
                for home, other in self.gives_to.get((file, function), ()):
                    if self.parameter((file, function), other.slot) == parameter[:-1]:
                        beside = self._beside((file, function), give.taken, home, other)
                        pending.append((home, replace(other, taken=joined(other.taken, beside)), place))
            for spot in self.methods.spots(file, give.what):
                wrapped = spot[1] in self.project.summaries.get(spot[0], EMPTY).decorators
                yield spot, place, (*(give.taken or ("0",)), "?") if wrapped else give.taken

    def _beside(self, spot: Spot, taken: tuple[str, ...], home: str, give: Give) -> tuple[str, ...]:
        """What a function on the way gives beside what it hands on: a parameter of it may hold more, or nothing."""
        count, found = taken[:1], list[str]()
        for name in taken[1:]:
            parameter = name.removeprefix(OPEN)
            if name == parameter or not parameter:
                found.append(name)
            elif any(self.parameter(spot, slot) == parameter for slot in self._slots(home, give)):
                found.append(OPEN)
        return (*count, *found)

    def _slots(self, home: str, give: Give) -> set[str]:
        """The arguments that the calls of a callee give in a file."""
        ways = self.project.summaries[home].flow.given.get(give.callee, ())
        return {slot for way in ways for slot, _ in way} | {
            one.slot for one in self.gives(home) if one.callee == give.callee
        }

    def _is_foreign(self, file: str, give: Give) -> bool:
        """Whether what gets a value comes from outside, from a package that the tables know."""
        if not give.callee:
            return True
        own = give.callee.rpartition(".")[0] if not self.methods.spots(file, give.callee) else ""
        if give.callee == SUPER or own.startswith(":"):  # a method that the class has from outside
            owner = own[1:] or give.caller.partition(".")[0]
            bases = self.project.bases(file, f":{owner}")
            return any(name.partition(".")[0] in self.project.foreign for name in bases)
        found = self.callees.called(file, give.callee)
        return any(callee.name.partition(".")[0] in self.project.foreign for callee in found)

    @cached_property
    def gives_to(self) -> dict[Spot, list[tuple[str, Give]]]:
        """What each function of the project gets in calls, with the file of the call."""
        found: dict[Spot, list[tuple[str, Give]]] = {}
        for file in self.project.summaries:
            for give in self.gives(file):
                for spot in self.methods.spots(file, give.callee) if give.callee else ():
                    found.setdefault(self._itself(*spot), []).append((file, give))
        return found

    def _itself(self, file: str, function: str) -> Spot:
        """A function for what is called on it: ``f.expand``."""
        known = self.project.summaries.get(file, EMPTY).reach.parameters
        owner = function
        while owner and owner not in known:
            owner = owner.rpartition(".")[0]
        return file, owner or function

    def parameter(self, spot: Spot, slot: str) -> str:
        """The parameter that an argument becomes; "" where it is none of its own."""
        names = [name for name in self.parameters(spot) if name[:1] != "*"]
        if slot.isdigit():
            plain = self._positional(spot)
            return plain[int(slot)] if int(slot) < len(plain) else ""
        return slot if slot in {name.rstrip("=") for name in names} else ""

    def _positional(self, spot: Spot) -> list[str]:
        names = [name.rstrip("=") for name in self.parameters(spot)]
        stars = [number for number, name in enumerate(names) if name.startswith("*")]
        plain = names[: stars[0]] if stars else names
        return plain[plain[:1] in (["self"], ["cls"]) :]

    def parameters(self, spot: Spot) -> tuple[str, ...]:
        """A function's parameters, as in `reach.Reach`."""
        return self.project.summaries.get(spot[0], EMPTY).reach.parameters.get(spot[1], ())


def _key(give: Give) -> tuple[object, ...]:
    return (give.what, give.caller, give.callee, give.slot, give.taken)
