"""Tables of a world that is never changed: ``put`` and ``drop`` make the next table in the time of one entry.

The newest table has the entries; each older one only what was otherwise in it, and becomes whole again when it is
looked into (a persistent array after Baker). What is asked for again and again is kept in groups: a table is made
with functions that tell an entry's group, and hands out the members of a group without looking at the others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from sortedcontainers import SortedDict

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
GONE: Any = object()
Kinds = tuple[Callable[[Any, Any], Any], ...]


class _Entries(Generic[K, V]):
    """What the newest table has: the entries, when each came, and the groups, their members in order."""

    def __init__(self, kinds: Kinds, rank: Callable[[Any], Any]) -> None:
        self.kinds, self.rank = kinds, rank
        self.values: dict[K, V] = {}
        self.came: dict[K, int] = {}
        self.groups: tuple[dict[Any, SortedDict], ...] = tuple({} for _ in kinds)

    def set(self, key: K, value: V) -> None:
        """Put, or with ``GONE`` take away."""
        if (old := self.values.pop(key, GONE) if value is GONE else self.values.get(key, GONE)) is not GONE:
            self._regroup(key, old, value)
        elif value is not GONE:
            self.came.setdefault(key, len(self.came))
            self._regroup(key, GONE, value)
        if value is not GONE:
            self.values[key] = value

    def _regroup(self, key: K, old: Any, new: Any) -> None:
        came = self.came[key]
        was = GONE if old is GONE else (self.rank(old), came)
        now = GONE if new is GONE else (self.rank(new), came)
        for kind, groups in zip(self.kinds, self.groups, strict=True):
            before = GONE if old is GONE else kind(key, old)
            after = GONE if new is GONE else kind(key, new)
            if before == after and was == now:
                continue
            if before is not GONE:
                del groups[before][was]
                if not groups[before]:
                    del groups[before]
            if after is not GONE:
                if after not in groups:
                    groups[after] = SortedDict()
                groups[after][now] = key

    def copy(self) -> _Entries[K, V]:
        """The same, apart."""
        made: _Entries[K, V] = _Entries(self.kinds, self.rank)
        made.came = dict(self.came)
        for key, value in self.values.items():
            made.set(key, value)
        return made


class Table(Mapping[K, V]):
    """A mapping that stays as it is. ``rank``: what orders the members of a group, before the time they
    came."""

    __slots__ = ("_entries", "_newer", "_undo")

    def __init__(self, *kinds: Callable[[K, V], Any], rank: Callable[[V], Any] = lambda value: 0) -> None:
        self._entries: _Entries[K, V] | None = _Entries(kinds, rank)
        self._newer: Table[K, V] | None = None
        self._undo: tuple[Any, Any] = (GONE, GONE)

    def _own(self) -> _Entries[K, V]:
        """The entries; an older table copies those of the newest, and takes back what came since."""
        if self._entries is None:
            undo, table = [], self
            while table._entries is None:
                undo.append(table._undo)
                assert table._newer is not None
                table = table._newer
            self._entries = table._entries.copy()
            for key, value in reversed(undo):
                self._entries.set(key, value)
            self._newer = None
        return self._entries

    def _next(self, key: K, value: Any) -> Table[K, V]:
        entries = self._own()
        made: Table[K, V] = Table.__new__(Table)
        made._entries, made._newer, made._undo = entries, None, (GONE, GONE)
        self._undo = (key, entries.values.get(key, GONE))
        entries.set(key, value)
        self._entries, self._newer = None, made
        return made

    def put(self, key: K, value: V) -> Table[K, V]:
        """The table with this entry."""
        return self._next(key, value)

    def drop(self, key: K) -> Table[K, V]:
        """The table without it."""
        return self._next(key, GONE) if key in self else self

    def members(self, kind: int, *groups: Any) -> list[V]:
        """The values of some groups, of the kind that stands at this place; each group in order."""
        entries = self._own()
        found = entries.groups[kind]
        return [entries.values[key] for group in groups if group in found for key in found[group].values()]

    def entries(self, kind: int, group: Any) -> list[tuple[K, V]]:
        """Keys and values of a group, in order."""
        entries = self._own()
        return [(key, entries.values[key]) for key in entries.groups[kind].get(group, {}).values()]

    def first(self, kind: int, group: Any, number: int) -> list[V]:
        """The first few of a group."""
        entries = self._own()
        keys = entries.groups[kind].get(group)
        return [entries.values[key] for key in keys.values()[:number]] if keys else []

    def size(self, kind: int, *groups: Any) -> int:
        """How many values some groups have."""
        found = self._own().groups[kind]
        return sum(len(found[group]) for group in groups if group in found)

    def __getitem__(self, key: K) -> V:
        return self._own().values[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._own().values)

    def __len__(self) -> int:
        return len(self._own().values)

    def __contains__(self, key: object) -> bool:
        return key in self._own().values
