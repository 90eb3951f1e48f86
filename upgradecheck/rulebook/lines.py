"""A table's lines, looked up by their first cell."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import compress, count, islice
from operator import gt

_BEHIND_DOT = b"/"  # the character after "." in the order of strings


class Lines(Mapping[str, list[str]]):
    """A file's lines but for its header, kept in order: a start makes no index of what it will not ask."""

    def __init__(self, text: bytes) -> None:
        lines = text.splitlines()[1:]
        turned = compress(count(), map(gt, lines, islice(lines, 1, None)))
        ordered = all(key(lines[at]) <= key(lines[at + 1]) for at in turned)  # of one key any may come first
        self._lines = lines if ordered else sorted(lines, key=key)

    def __getitem__(self, key: str) -> list[str]:
        if found := self.of(key):
            return found
        raise KeyError(key)

    def of(self, key: str) -> list[str]:
        """The lines of a key; none where there are none, as of most keys that are asked for."""
        begin = f"{key},".encode()
        start = end = bisect_left(self._lines, begin)
        while end < len(self._lines) and self._lines[end].startswith(begin):
            end += 1
        return [line.decode("utf-8") for line in self._lines[start:end]] if start < end else []

    def __iter__(self) -> Iterator[str]:
        yield from (first.decode("utf-8") for first in dict.fromkeys(map(_first, self._lines)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def each(self) -> Iterator[str]:
        """All lines, in order."""
        return (line.decode("utf-8") for line in self._lines)

    def tops(self) -> Iterator[str]:
        """What stands before the first dot of the first cells, each once."""
        at = 0
        while at < len(self._lines):
            top = _first(self._lines[at]).partition(b".")[0]
            yield top.decode("utf-8")
            at = max(bisect_left(self._lines, top + _BEHIND_DOT), at + 1)


def key(line: bytes) -> bytes:
    """By what lines are ordered."""
    return _first(line) + b","


def _first(line: bytes) -> bytes:
    return line.partition(b",")[0]
