"""Values made of others, worked out one by one: a function may skip one index and not the next."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from upgradecheck.runtime.sdk.names import is_arg_set


def sized(value: Any, doing: str) -> Any:
    """The value, where it has a length and an order. Raises ``ValueError``."""
    if not isinstance(value, Sequence | dict):
        raise ValueError(f"XCom {doing} expects sequence or dict, not {type(value).__name__}")
    return value


class MappedValues(Sequence[Any]):
    """Each through functions, when it is looked at."""

    def __init__(self, value: Any, callables: list[Any]) -> None:
        self.value, self.callables = value, callables

    def __getitem__(self, index: Any) -> Any:
        value = self.value[index]
        for function in self.callables:
            value = function(value)
        return value

    def __len__(self) -> int:
        return len(self.value)


class ZippedValues(Sequence[Any]):
    """Side by side."""

    def __init__(self, values: list[Any], fillvalue: Any) -> None:
        self.values, self.fillvalue = values, fillvalue

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self):
            raise IndexError(index)
        return tuple(self._at(value, index) for value in self.values)

    def _at(self, value: Any, index: int) -> Any:
        try:
            return value[index]
        except (IndexError, KeyError):
            return self.fillvalue

    def __len__(self) -> int:
        lengths = [len(value) for value in self.values]
        return max(lengths) if is_arg_set(self.fillvalue) else min(lengths)


class JoinedValues(Sequence[Any]):
    """One after the other."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __getitem__(self, index: Any) -> Any:
        at = index if index >= 0 else len(self) + index
        for value in self.values:
            if 0 <= at < len(value):
                return value[at] if isinstance(value, Sequence) else next(itertools.islice(value, at, None))
            at -= len(value)
        raise IndexError("list index out of range")

    def __len__(self) -> int:
        return sum(len(value) for value in self.values)
