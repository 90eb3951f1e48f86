"""Linking calls: what outside the project gets an argument, through the project's own functions and classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.linking.project import Project
from upgradecheck.python.flow import SUPER, Given
from upgradecheck.python.handed import Forward
from upgradecheck.python.summary import EMPTY

_MAX_HOPS = 8
_INIT = ".__init__"


class Callee(Struct, frozen=True):
    """``name``: what is called in the end. ``kept``: arguments that the project's own code on the way
    takes or gives itself; ``read``: those it looks at. ``direct``: positions mean the same there.
    """

    name: str
    kept: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    direct: bool = True

    def through(self, forward: Forward) -> Callee:
        """What is left of the way behind a function."""
        kept, read = self.kept.union(forward.kept), self.read.union(forward.read)
        return Callee("", kept, read, self.direct and forward.positions)


class Family(Struct, frozen=True):
    """A class: ``names`` of what it is or descends from outside the project, ``members`` that the project's
    own classes on that line define themselves."""

    names: tuple[str, ...]
    members: frozenset[str]


class Passed(Struct, frozen=True):
    """A dictionary on its way: what gets it, and how (``**``, or the argument that carries it)."""

    callee: Callee
    how: str


class Callees:
    """Answers about calls, from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, str], tuple[Callee, ...]] = {}
        self._foreign: dict[str, tuple[Callee, ...]] = {}
        self._lines: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def called(self, file: str, dotted: str) -> tuple[Callee, ...]:
        """What a called name of ``file`` comes to; ``:name`` is the file's own, ``super:name`` its ancestors."""
        if known := self._foreign.get(dotted):
            return known
        if dotted.partition(".")[0] in self.project.foreign:
            found = self._foreign[dotted] = (Callee(dotted.removesuffix(_INIT)),)
            return found
        key = (file, dotted)
        if key not in self._known:
            self._known[key] = tuple(dict.fromkeys(self._called(file, dotted, Callee(""), 0)))
        return self._known[key]

    def _called(self, file: str, dotted: str, so_far: Callee, hops: int) -> Iterator[Callee]:
        kind, colon, own = dotted.partition(":")
        if hops > _MAX_HOPS:
            return
        if colon and kind == SUPER:
            yield from self._along(self.line(file, own)[1:], so_far, hops)
        elif colon:
            yield from self._own(file, own, so_far, hops)
        else:
            for found in self.project.resolve(file, dotted):
                home, colon, name = found.name.partition(":")
                if colon:
                    yield from self._own(home, name, so_far, hops)
                else:
                    yield replace(so_far, name=found.name.removesuffix(_INIT))

    def _own(self, file: str, name: str, so_far: Callee, hops: int) -> Iterator[Callee]:
        summary, name = self.project.summaries.get(file, EMPTY), name.removesuffix(_INIT)
        if name in summary.classes:
            yield from self._along(self.line(file, name), so_far, hops)
        elif forward := summary.flow.forwards.get(name):
            for callee in forward.callees:
                yield from self._called(file, callee, so_far.through(forward), hops + 1)

    def _along(self, line: list[tuple[str, str]], so_far: Callee, hops: int) -> Iterator[Callee]:
        """Through the constructors of a line of classes, as far as each calls the next."""
        for file, name in line:
            summary = self.project.summaries.get(file, EMPTY)
            forward = summary.flow.forwards.get(f"{name}{_INIT}")
            if not file:
                yield replace(so_far, name=name)
            elif forward:
                so_far = so_far.through(forward)
                for callee in forward.callees:
                    if callee != SUPER:
                        yield from self._called(file, callee, so_far, hops + 1)
                if SUPER not in forward.callees:
                    return

    def line(self, file: str, name: str) -> list[tuple[str, str]]:
        """A class of the project and its ancestors in the order in which Python asks them: (file, name), those
        from outside in no file ("")."""
        key = (file, name)
        if key not in self._lines:
            self._lines[key] = [key]  # for a class that hangs on itself
            found = [key, *(one for base in self._ancestors(file, name) for one in base)]
            self._lines[key] = list(reversed(dict.fromkeys(reversed(found))))  # shared ancestors come last
        return self._lines[key]

    def _ancestors(self, file: str, name: str) -> Iterator[list[tuple[str, str]]]:
        for base in self.project.summaries.get(file, EMPTY).classes.get(name, ()):
            if base.startswith(":"):
                yield self.line(file, base[1:])
                continue
            for found in self.project.resolve(file, base):
                home, colon, rest = found.name.partition(":")
                yield self.line(home, rest) if colon else [("", found.name)]

    def behind(self, file: str, name: str) -> tuple[tuple[str, ...], ...]:
        """For each class of the project that stands on a class of ``file``: what from outside comes after that."""
        found: dict[tuple[str, ...], None] = {}
        for other, summary in self.project.summaries.items():
            for heir in summary.classes:
                line = self.line(other, heir)
                if (file, name) in line[1:]:
                    found[tuple(n for f, n in line[line.index((file, name)) :] if not f)] = None
        return tuple(sorted(found))

    def family(self, file: str, dotted: str) -> Family | None:
        """A class's family; None for what is no class of the project, and none from outside."""
        homes = [(file, dotted[1:])] if dotted.startswith(":") else list(self._homes(file, dotted))
        if not homes:
            names = (found.name for found in self.project.resolve(file, dotted))
            return Family(tuple(names), frozenset())
        home, name = homes[0]
        if name not in self.project.summaries.get(home, EMPTY).classes:
            return None
        line = self.line(home, name)
        members = (self.project.summaries[f].members.get(n, ()) for f, n in line if f in self.project.summaries)
        return Family(tuple(n for f, n in line if not f), frozenset().union(*members))

    def passed(self, file: str, name: str) -> tuple[Passed, ...]:
        """What gets a module-level dictionary of ``file``, or of "name()" the result, in other files."""
        return self._passed.get((file, name), ((), 0))[0]

    @cached_property
    def passing(self) -> frozenset[str]:
        """The files whose dictionaries other files pass on."""
        return frozenset(file for file, _ in self._passed)

    def only_passed(self, file: str, name: str) -> bool:
        """Whether other files do nothing with a dictionary of ``file`` but pass it on."""
        return self._reads.get(f"{file}:{name}", 0) <= self._passed.get((file, name), ((), 0))[1]

    @cached_property
    def _passed(self) -> dict[tuple[str, str], tuple[tuple[Passed, ...], int]]:
        found: dict[tuple[str, str], tuple[tuple[Passed, ...], int]] = {}
        for file, summary in self.project.summaries.items():
            for (what, callee, how), count in summary.flow.passes.items():
                if what.startswith(":"):
                    continue
                dotted, called = what.removesuffix("()"), "()" * what.endswith("()")
                for home, name in self._homes(file, dotted):
                    known, times = found.get((home, name + called), ((), 0))
                    more = [Passed(c, how) for c in self.called(file, callee)]
                    found[(home, name + called)] = (tuple(dict.fromkeys([*known, *more])), times + count)
        return found

    @cached_property
    def _reads(self) -> dict[str, int]:
        """How often files mention each name of another one otherwise than by calling it."""
        found: dict[str, int] = {}
        for file, summary in self.project.summaries.items():
            for what, count in summary.flow.loads.items():
                for home, name in self._homes(file, what):
                    key = f"{home}:{name.partition('.')[0]}"
                    found[key] = found.get(key, 0) + count
        return found

    def _homes(self, file: str, dotted: str) -> Iterator[tuple[str, str]]:
        for found in self.project.resolve(file, dotted):
            home, colon, name = found.name.partition(":")
            if colon:
                yield home, name

    def results(self, file: str, function: str) -> tuple[tuple[str, str, str], ...]:
        """Where the results of a function of ``file`` go: (document, what is called there, argument)."""
        return self._results.get((file, function), ())

    @cached_property
    def _results(self) -> dict[tuple[str, str], tuple[tuple[str, str, str], ...]]:
        found: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {}
        for file, summary in self.project.summaries.items():
            for function, callee, argument in sorted(summary.flow.results):
                homes = [(file, function[1:])] if function.startswith(":") else list(self._homes(file, function))
                for home in homes:
                    known = found.get(home, ())
                    more = [(file, called.name, argument) for called in self.called(file, callee)]
                    found[home] = tuple(dict.fromkeys([*known, *more]))
        return found

    def calls_of(self, file: str, function: str) -> tuple[Given, ...]:
        """What calls give a module-level function of ``file``; empty also where it goes where no call shows."""
        if self._reads.get(f"{file}:{function}"):
            return ()
        return self._given.get((file, function), ())

    @cached_property
    def _given(self) -> dict[tuple[str, str], tuple[Given, ...]]:
        found: dict[tuple[str, str], dict[Given, None]] = {}
        for file, summary in self.project.summaries.items():
            for callee, ways in summary.flow.given.items():
                homes = [(file, callee[1:])] if callee.startswith(":") else self._homes(file, callee)
                for home in homes:
                    found.setdefault(home, {}).update(dict.fromkeys(ways))
        return {home: tuple(ways) for home, ways in found.items()}

    def home(self, file: str, dotted: str) -> tuple[str, str]:
        """The file and name of something of the project (``:name`` is the file's own); ("", "") for others."""
        if dotted.startswith(":"):
            return file, dotted[1:]
        return next(self._homes(file, dotted), ("", ""))

    def keys(self, file: str, dotted: str) -> tuple[str, ...] | None:
        """The keys of a dictionary of the project; None where it is not plain to see."""
        for home, name in self._homes(file, dotted):
            return self.project.summaries.get(home, EMPTY).flow.dicts.get(name)
        return None
