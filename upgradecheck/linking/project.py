"""Linking: what a dotted name stands for across the project, who uses it, when its code runs.

Works on summaries alone. Every answer depends on nothing but the arguments and the summaries, so a
file's result can be kept as long as the answers it was given stay the same (see `asked.Asked`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

from msgspec import Struct

from upgradecheck.linking.mounted import mounted
from upgradecheck.python.summary import EMPTY, Summary
from upgradecheck.rulebook.facts import below, endings

_MAX_HOPS = 20
_T = TypeVar("_T")


class Resolved(Struct, frozen=True):
    """``name``: the dotted name outside the project, or ``file:name`` for the project's own.

    ``base``: the part of it that an import somewhere in the project spells out; the rest was reached
    by attributes. Who names more than ``base`` has something to edit where the attributes stand.
    """

    name: str
    base: str


class Project:
    """All Python files of a project root.

    ``foreign``: top-level packages that are never the project's. ``built``: folders from which a
    distribution is built ("" for the root, else with a slash at the end), or packages of one.
    ``deferring``: decorators (they and all below them) that make a task of a function: who calls it
    does not run its body. ``lineage``: what a name from outside is and descends from.
    """

    def __init__(
        self,
        summaries: Mapping[str, Summary],
        foreign: frozenset[str],
        built: tuple[str, ...] = (),
        deferring: frozenset[str] = frozenset(),
        lineage: Callable[[str], tuple[str, ...]] = lambda name: (name,),
    ) -> None:
        self.summaries = summaries
        self.foreign = foreign
        self.built = built
        self.deferring = deferring
        self.lineage = lineage
        self._suffixes: dict[str, list[str]] = {}
        for file in (file for file in summaries if not file.endswith(endings())):
            parts = _module_parts(file)
            for start in range(len(parts)):
                self._suffixes.setdefault(".".join(parts[start:]), []).append(file)
        self._tops = {suffix.partition(".")[0] for suffix in self._suffixes}
        self._outside: dict[str, tuple[Resolved, ...]] = {}
        self._known: dict[tuple[str, str], tuple[Resolved, ...]] = {}
        self._linked: dict[object, Any] = {}

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Every dotted name that some file uses or spells out, as it stands there."""
        known = self.summaries.values()
        return frozenset(name for s in known for name in (*s.uses, *s.strings))

    def linked(self, kind: Callable[[Project], _T]) -> _T:
        """Further answers from these summaries, worked out once for the project."""
        if kind not in self._linked:
            self._linked[kind] = kind(self)
        return cast("_T", self._linked[kind])

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(name for summary in self.summaries.values() for name in summary.requires)

    def requires(self, file: str, package: str) -> bool:
        """Whether some file that says what is installed names a package."""
        return package in self._required

    def imports_below(self, file: str, module: str) -> bool:
        """Whether any file of the project uses a module, or what lies below it."""
        return any(below(name, frozenset({module})) for name in self.mentions)

    # -- what is this name -------------------------------------------------------------------------

    def resolve(self, file: str, dotted: str) -> tuple[Resolved, ...]:
        """What a dotted name, written in ``file``, may stand for."""
        if outside := self._outside.get(dotted):
            return outside
        top = dotted.partition(".")[0]
        if top and (top in self.foreign or not (top in self._tops or top in self.linked(mounted))):
            self._outside[dotted] = outside = (Resolved(dotted, dotted),)
            return outside
        key = (file, dotted)
        if key not in self._known:
            self._known[key] = tuple(dict.fromkeys(self._resolve(file, dotted, dotted, 0)))
        return self._known[key]

    def _resolve(self, file: str, dotted: str, base: str, hops: int) -> list[Resolved]:
        place = self.locate(file, dotted)
        if place is None or hops > _MAX_HOPS:
            return [Resolved(dotted, base)]
        home, rest = place
        if not rest:
            return [Resolved(f"{home}:", f"{home}:")]
        name, tail = rest[0], rest[1:]
        summary = self.summaries.get(home, EMPTY)
        if name in summary.exports:
            targets = summary.exports[name]
            if not targets:
                own = f"{home}:{'.'.join(rest)}"
                return [Resolved(own, own)]
            return [
                found
                for target in targets
                for found in self._resolve(home, ".".join((target, *tail)), target, hops + 1)
            ]
        return [
            found
            for star in summary.stars
            for found in self._resolve(home, ".".join((star, *rest)), f"{star}.{name}", hops + 1)
            if self._offers(home, star, name)
        ]

    def _offers(self, file: str, star: str, name: str) -> bool:
        """Whether a star import from a project module can give a name (a foreign one may give any)."""
        place = self.locate(file, star)
        if place is None:
            return True
        summary = self.summaries.get(place[0], EMPTY)
        if summary.all is not None:
            return name in summary.all
        return not name.startswith("_") and (name in summary.exports or bool(summary.stars))

    def locate(self, file: str, dotted: str) -> tuple[str, list[str]] | None:
        """The project file that a dotted name lies in, and what is left of the name below it."""
        if dotted.startswith("."):
            return self._relative(file, dotted)
        parts = dotted.split(".")
        if parts[0] in self.foreign:
            return None
        for count in range(len(parts), 0, -1):
            found = self._module(file, ".".join(parts[:count]))
            if found and found != file:
                return found, parts[count:]
        top, _, rest = dotted.partition(".")
        return self._relative("", f".{rest}") if rest and top in self.linked(mounted) else None

    def _relative(self, file: str, dotted: str) -> tuple[str, list[str]] | None:
        parts = dotted.lstrip(".").split(".") if dotted.strip(".") else []
        up = len(dotted) - len(dotted.lstrip("."))
        folder = file.split("/")[:-1]
        folder = folder[: len(folder) - (up - 1)]
        for count in range(len(parts), -1, -1):
            stem = "/".join([*folder, *parts[:count]])
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if path in self.summaries:
                    return path, parts[count:]
        return None

    def _module(self, file: str, dotted: str) -> str | None:
        """The file of an absolute module name: below the nearest folder above ``file`` that has it,
        else the only one of that name in the project."""
        found = self._suffixes.get(dotted, ())
        depth = dotted.count(".") + 1
        best: tuple[int, str] | None = None
        for path in found:
            parts = path.split("/")
            top = parts[: len(parts) - depth - (parts[-1] == "__init__.py")]
            if file.split("/")[: len(top)] == top and (best is None or len(top) > best[0]):
                best = (len(top), path)
        if best:
            return best[1]
        if len(found) == 1 and dotted.partition(".")[0] not in sys.stdlib_module_names:
            return found[0]
        return None

    def bases(self, file: str, dotted: str) -> tuple[str, ...]:
        """The names outside the project that a name is, or that a class of the project inherits from.

        ``:name`` is a name of ``file`` itself.
        """
        pending = [(file, dotted)]
        seen: set[tuple[str, str]] = set()
        outside: list[str] = []
        while pending:
            home, name = pending.pop()
            if (home, name) in seen:
                continue
            seen.add((home, name))
            if name.startswith(":"):
                own = self.summaries.get(home, EMPTY).classes.get(name[1:], ())
                pending += [(home, base) for base in reversed(own)]
                continue
            for found in self.resolve(home, name):
                where, colon, rest = found.name.partition(":")
                if colon:
                    pending.append((where, f":{rest}"))
                else:
                    outside.append(found.name)
        return tuple(outside)

    # -- who uses it -------------------------------------------------------------------------------

    def used_elsewhere(self, file: str, name: str) -> bool:
        """Whether another file, or a dotted string, reaches the module-level ``name`` of ``file``."""
        return f"{file}:{name}" in self._reached

    @cached_property
    def _reached(self) -> frozenset[str]:
        reached: set[str] = set()
        for file, summary in self.summaries.items():
            for dotted in (*summary.uses, *summary.strings):
                self._reach(file, dotted, reached)
            for star in summary.stars:
                place = self.locate(file, star)
                if place and not place[1]:
                    reached.update(f"{place[0]}:{name}" for name in self.summaries[place[0]].exports)
        return frozenset(reached)

    def _reach(self, file: str, dotted: str, reached: set[str]) -> None:
        place = self.locate(file, dotted)
        if place and place[1] and place[0] != file:
            reached.add(f"{place[0]}:{place[1][0]}")

    def watchers(self, file: str, dag_id: str) -> tuple[str, ...]:
        """The files in which something waits for runs of a DAG of ``file``."""
        return self.watched.get(dag_id, ())

    @cached_property
    def watched(self) -> dict[str, tuple[str, ...]]:
        """The ids of DAGs whose runs something waits for, each with the files in which it does."""
        found: dict[str, tuple[str, ...]] = {}
        for file, summary in sorted(self.summaries.items()):
            for dag_id in summary.reach.watched:
                found[dag_id] = (*found.get(dag_id, ()), file)
        return found

    def installed(self, file: str) -> bool:
        """Whether a file is a module of a package that is built and installed, for anybody to import."""
        folder = file.rpartition("/")[0]
        package = f"{folder}/__init__.py" in self.summaries
        return package and any(file.startswith(top) and f"{folder}/" != top for top in self.built)

    def updated(self, changed: Mapping[str, Summary]) -> Project:
        """The project with some files changed."""
        return Project({**self.summaries, **changed}, self.foreign, self.built, self.deferring, self.lineage)

    def constant(self, file: str, dotted: str) -> tuple[str, str] | None:
        """The source of a plain constant (or what ``name()`` returns) in the project, and the file it stands in."""
        called = "()" if dotted.endswith("()") else ""
        for found in self.resolve(file, dotted.removesuffix("()")):
            home, _, name = found.name.partition(":")
            source = self.summaries[home].constants.get(name + called) if home in self.summaries else None
            if source is not None:
                return source, home
        return None

    def awaited(self, file: str, name: str) -> bool:
        """Whether a call in some file names this task, or a DAG ``parent.name``, to wait for it or to start it."""
        return name in self._named

    @cached_property
    def _named(self) -> frozenset[str]:
        named = {name for summary in self.summaries.values() for name in summary.flow.named}
        return frozenset(named | {name.rpartition(".")[2] for name in named})


def _module_parts(file: str) -> list[str]:
    parts = file.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts
