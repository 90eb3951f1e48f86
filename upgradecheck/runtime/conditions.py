"""Asset conditions as they are stored, over the assets that were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Condition = dict[str, Any]
KINDS = ("asset", "alias", "name", "uri")


def leaves(condition: Condition) -> Iterator[Condition]:
    """The assets, aliases and references that a condition is made of."""
    if "all" in condition or "any" in condition:
        for part in condition["all"] if "all" in condition else condition["any"]:
            yield from leaves(part)
    else:
        yield condition


def holds(condition: Condition, written: Callable[[Condition], bool]) -> bool:
    """Is it true, where ``written`` says which leaves are?"""
    if "all" in condition:
        return all(holds(part, written) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, written) for part in condition["any"])
    return written(condition)


def matches(leaf: Condition, name: str, uri: str, aliases: tuple[str, ...] = ()) -> bool:
    """Is an asset, or one written through some aliases, this leaf?"""
    if leaf["kind"] == "asset":
        return bool(leaf["name"] == name and leaf["uri"] == uri)
    if leaf["kind"] == "alias":
        return leaf["name"] in aliases
    return bool(leaf["value"] == (name if leaf["kind"] == "name" else uri))
