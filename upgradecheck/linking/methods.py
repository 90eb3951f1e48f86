"""Which functions of a project a called method, or a value that may be called, comes to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.project import Project
from upgradecheck.python.summary import EMPTY

Spot = tuple[str, str]  # (file, qualified name of a function)
_MAX_HOPS = 5
_SUPER = ".super"


class Methods:
    """Answers from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.callees = project.linked(Callees)
        self._known: dict[Spot, tuple[Spot, ...]] = {}

    def spots(self, file: str, what: str) -> tuple[Spot, ...]:
        """The functions that a value of ``file`` (as in `reach.Reach`) stands for; a class: its constructor."""
        key = (file, what)
        if key not in self._known:
            self._known[key] = ()  # for what hangs on itself
            self._known[key] = tuple(dict.fromkeys(self._spots(file, what, 0)))
        return self._known[key]

    def _spots(self, file: str, what: str, hops: int) -> Iterator[Spot]:
        if what.endswith("()"):
            for home, function in self.spots(file, what[:-2]):
                yield from self._made(home, function, hops)
            for home, name in self._classes(file, what[:-2]):
                yield from self._method(home, name, "__call__")
        elif what.startswith(":"):
            yield from self._own(file, what[1:])
        elif what and not what.endswith((")", "]")):
            for found in self.project.resolve(file, what):
                home, colon, name = found.name.partition(":")
                if colon and name:
                    yield from self._own(home, name)

    def _classes(self, file: str, what: str) -> Iterator[Spot]:
        """The classes of the project that a value stands for: what they make may be called."""
        found = [(file, what[1:])] if what.startswith(":") else []
        if not found and what and not what.endswith((")", "]")):
            parts = (resolved.name.partition(":") for resolved in self.project.resolve(file, what))
            found = [(home, name) for home, colon, name in parts if colon]
        yield from (one for one in found if one[1] in self.project.summaries.get(one[0], EMPTY).classes)

    def _made(self, file: str, function: str, hops: int) -> Iterator[Spot]:
        """What a function hands back; what a constructor makes is no function, but may be called as one."""
        for given, what in self.project.summaries.get(file, EMPTY).reach.returns if hops < _MAX_HOPS else ():
            if given == function:
                yield from self._spots(file, what, hops + 1)

    def _own(self, file: str, name: str) -> Iterator[Spot]:
        summary = self.project.summaries.get(file, EMPTY)
        owner, _, method = name.rpartition(".")
        if name in summary.classes:
            yield from self._method(file, name, "__init__")
        elif owner.endswith(_SUPER):
            yield from self._first(self.line(file, owner.removesuffix(_SUPER))[1:], method)
        elif owner in summary.classes:
            yield from self._method(file, owner, method)
        else:
            yield file, name

    def _method(self, file: str, owner: str, method: str) -> Iterator[Spot]:
        """A method as the class has it, and as classes that descend from it do."""
        yield from self._first(self.line(file, owner), method)
        for other, name in self._descendants.get((file, owner), ()):
            if self.defines(other, name, method):
                yield other, f"{name}.{method}"

    def _first(self, line: list[Spot], method: str) -> Iterator[Spot]:
        for file, name in line:
            if self.defines(file, name, method):
                yield file, f"{name}.{method}"
                return

    def defines(self, file: str, name: str, method: str) -> bool:
        """Whether a class has a method of its own."""
        return f"{name}.{method}" in self.project.summaries.get(file, EMPTY).reach.parameters

    def line(self, file: str, name: str) -> list[Spot]:
        """A class and its ancestors; those from outside in no file ("")."""
        return self.callees.line(file, name)

    def takes(self, file: str, method: str) -> bool:
        """Whether a class of the project has a method that takes an argument: ``method`` is "name argument"."""
        return method in self._taken

    @cached_property
    def _taken(self) -> frozenset[str]:
        found = (each for summary in self.project.summaries.values() for each in summary.reach.parameters.items())
        return frozenset(f"{name.rpartition('.')[2]} {one.rstrip('=')}" for name, names in found for one in names)

    def templated(self, file: str, dotted: str) -> tuple[str, ...]:
        """The templated arguments of a class of the project, as it and its ancestors name them; and "0" for the
        first position of its constructor, if that is one."""
        found: list[str] = []
        home, name = self.callees.home(file, dotted)
        line = self.line(home, name) if home else []
        for other, base in line:
            found += self.project.summaries.get(other, EMPTY).reach.templated.get(base, ())
        for other, method in self._first(line, "__init__") if found else ():
            given = self.project.summaries.get(other, EMPTY).reach.parameters[method]
            plain = [one.rstrip("=") for one in given[1:]]
            plain = plain[: next((number for number, one in enumerate(plain) if one.startswith("*")), len(plain))]
            found += [str(number) for number, one in enumerate(plain) if one in found]
        return tuple(dict.fromkeys(found))

    @cached_property
    def _descendants(self) -> dict[Spot, list[Spot]]:
        found: dict[Spot, list[Spot]] = {}
        for file, summary in self.project.summaries.items():
            for name in summary.classes:
                for ancestor in self.line(file, name)[1:]:
                    if ancestor[0]:
                        found.setdefault(ancestor, []).append((file, name))
        return found
