"""What a mapped task or group is mapped over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Any

from upgradecheck.runtime.sdk.params import ResolveMixin


class NotFullyPopulated(RuntimeError):
    """A length is not known."""

    def __init__(self, missing: set[str]) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"Failed to populate all mapping metadata; missing: {', '.join(repr(k) for k in sorted(self.missing))}"
        )


def is_runtime(value: Any) -> bool:
    """Is the value known in a running task only?"""
    from upgradecheck.runtime.sdk.xcom_arg import XComArg

    return isinstance(value, MappedArgument | XComArg)


def is_mappable(value: Any) -> bool:
    """May an argument of ``expand`` be this?"""
    return is_runtime(value) or (isinstance(value, Mapping | Sequence) and not isinstance(value, str))


def described(value: Any) -> str:
    """The type, in words."""
    return "None" if value is None else type(value).__name__


class DictOfLists(ResolveMixin):
    """``expand(a=[…], b=[…])``: all combinations, the last argument varies fastest."""

    kind = "dict-of-lists"

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The tasks that give values."""
        for value in self.value.values():
            if is_runtime(value):
                yield from value.iter_references()

    def resolve(self, context: Any) -> Any:
        """The arguments of this map index, and the ids of those that are no templates."""
        index = context["ti"].map_index
        if index is None or index < 0:
            raise RuntimeError("can't resolve task-mapping argument without expanding")
        resolved = {
            key: value.resolve(context) if is_runtime(value) else value for key, value in self.value.items()
        }
        lengths = {key: len(value) for key, value in resolved.items() if isinstance(value, Sized)}
        if len(lengths) < len(self.value):
            raise NotFullyPopulated(set(self.value) - set(lengths))
        found: dict[str, Any] = {}
        for key in reversed(list(resolved)):
            if lengths[key] < 1:
                raise RuntimeError(f"cannot expand field mapped to length {lengths[key]!r}")
            index, offset = divmod(index, lengths[key])
            found[key] = item(resolved[key], offset)
        ids = {id(value) for key, value in found.items() if is_runtime(self.value[key])}
        return {key: found[key] for key in self.value}, ids


def item(value: Any, offset: int) -> Any:
    """The element of a list, or the pair of a dictionary, at an index. Raises ``TypeError``."""
    if isinstance(value, Sequence):
        return value[offset]
    if not isinstance(value, Mapping):
        raise TypeError(f"can't map over value of type {type(value)}")
    return list(value.items())[offset]


class ListOfDicts(ResolveMixin):
    """``expand_kwargs([{…}, {…}])``: one for each dictionary."""

    kind = "list-of-dicts"

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The tasks that give values."""
        for value in [self.value] if is_runtime(self.value) else self.value:
            if is_runtime(value):
                yield from value.iter_references()

    def resolve(self, context: Any) -> Any:
        """The arguments of this map index, and the ids of those that are no templates."""
        index = context["ti"].map_index
        if index < 0:
            raise RuntimeError("can't resolve task-mapping argument without expanding")
        if isinstance(self.value, Sized):
            found: Any = self.value[index]  # type: ignore[index]
            found = found if isinstance(found, Mapping) else found.resolve(context)
        else:
            many = self.value.resolve(context)
            if not isinstance(many, Sequence):
                raise ValueError(f"expand_kwargs() expects a list[dict], not {described(many)}")
            found = many[index]
        if not isinstance(found, Mapping):
            raise ValueError(f"expand_kwargs() expects a list[dict], not list[{described(found)}]")
        for key in found:
            if not isinstance(key, str):
                raise ValueError(
                    f"expand_kwargs() input dict keys must all be str, but {key!r} is of type {described(key)}"
                )
        return found, {id(value) for value in found.values() if is_runtime(value)}


class MappedArgument(ResolveMixin):
    """An argument of a mapped group's function."""

    def __init__(self, input: Any, key: str) -> None:
        if isinstance(input, DictOfLists) and any(isinstance(v, MappedArgument) for v in input.value.values()):
            raise ValueError("Nested Mapped TaskGroups are not yet supported")
        self._input, self._key = input, key

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The tasks that give values."""
        yield from self._input.iter_references()

    def resolve(self, context: Any) -> Any:
        """The value of this map index."""
        return self._input.resolve(context)[0][self._key]
