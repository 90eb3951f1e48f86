"""Linking calls: what outside the project gets an argument, through the project's own functions and classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from upgradecheck.flow import SUPER
from upgradecheck.project import Project
from upgradecheck.summary import EMPTY

_MAX_HOPS = 8


@dataclass(frozen=True, slots=True)
class Callee:
    """``name``: what is called in the end. ``kept``: arguments that the project's own code on the way
    keeps for itself, or at least names. ``direct``: nothing stands on the way, so positions mean the same.
    """

    name: str
    kept: frozenset[str] = frozenset()
    direct: bool = True


@dataclass(frozen=True, slots=True)
class Passed:
    """A dictionary on its way: what gets it, and how (``**``, or the argument that carries it)."""

    callee: Callee
    how: str


class Callees:
    """Answers about calls, from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, str], tuple[Callee, ...]] = {}

    def called(self, file: str, dotted: str) -> tuple[Callee, ...]:
        """What a called name of ``file`` comes to; ``:name`` is the file's own."""
        key = (file, dotted)
        if key not in self._known:
            self._known[key] = tuple(dict.fromkeys(self._called(file, dotted, Callee(""), 0)))
        return self._known[key]

    def _called(self, file: str, dotted: str, so_far: Callee, hops: int) -> Iterator[Callee]:
        if hops > _MAX_HOPS:
            return
        if dotted.startswith(":"):
            yield from self._own(file, dotted[1:], so_far, hops)
            return
        for found in self.project.resolve(file, dotted):
            home, colon, name = found.name.partition(":")
            if colon:
                yield from self._own(home, name, so_far, hops)
            else:
                yield Callee(found.name, so_far.kept, so_far.direct)

    def _own(self, file: str, name: str, so_far: Callee, hops: int) -> Iterator[Callee]:
        summary = self.project.summaries.get(file, EMPTY)
        if name in summary.classes:
            forward = summary.flow.forwards.get(f"{name}.__init__")
            if forward is None:
                yield from self._bases(file, name, so_far, hops)
                return
        else:
            forward = summary.flow.forwards.get(name)
        if forward is None:
            return
        parameters, strings, callees = forward
        further = Callee("", so_far.kept.union(parameters, strings), direct=False)
        for callee in callees:
            if callee == SUPER:
                yield from self._bases(file, name, further, hops)
            else:
                yield from self._called(file, callee, further, hops + 1)

    def _bases(self, file: str, name: str, so_far: Callee, hops: int) -> Iterator[Callee]:
        for base in self.project.summaries.get(file, EMPTY).classes.get(name, ()):
            yield from self._called(file, base, so_far, hops + 1)

    def passed(self, file: str, name: str) -> tuple[Passed, ...]:
        """What gets a module-level dictionary of ``file`` in other files."""
        return self._passed.get((file, name), ((), 0))[0]

    def only_passed(self, file: str, name: str) -> bool:
        """Whether other files do nothing with a dictionary of ``file`` but pass it on."""
        reads = sum(self._reads.get((other, f"{file}:{name}"), 0) for other in self.project.summaries)
        return reads <= self._passed.get((file, name), ((), 0))[1]

    @cached_property
    def _passed(self) -> dict[tuple[str, str], tuple[tuple[Passed, ...], int]]:
        found: dict[tuple[str, str], tuple[tuple[Passed, ...], int]] = {}
        for file, summary in self.project.summaries.items():
            for (what, callee, how), count in summary.flow.passes.items():
                if what.startswith(":"):
                    continue
                for home, name in self._homes(file, what):
                    known, times = found.get((home, name), ((), 0))
                    more = [Passed(c, how) for c in self.called(file, callee)]
                    found[(home, name)] = (tuple(dict.fromkeys([*known, *more])), times + count)
        return found

    @cached_property
    def _reads(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for file, summary in self.project.summaries.items():
            for what, count in summary.flow.loads.items():
                if not what.startswith(":"):
                    for home, name in self._homes(file, what):
                        key = (file, f"{home}:{name}")
                        found[key] = found.get(key, 0) + count
        return found

    def _homes(self, file: str, dotted: str) -> Iterator[tuple[str, str]]:
        for found in self.project.resolve(file, dotted):
            home, colon, name = found.name.partition(":")
            if colon:
                yield home, name

    def keys(self, file: str, dotted: str) -> tuple[str, ...] | None:
        """The keys of a dictionary of the project; None where it is not plain to see."""
        for home, name in self._homes(file, dotted):
            return self.project.summaries.get(home, EMPTY).flow.dicts.get(name)
        return None
