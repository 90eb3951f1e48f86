"""Helm: values of the official chart, and charts that files ask for by a version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from upgradecheck.linking.deployment import Chart, ChartValue
from upgradecheck.readers.yamltree import Node, ScalarNode, entries
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.texts import Text

_LEAST = 2  # marks that make a mapping the chart's
_NOT = ("services", "properties")  # of compose, whose containers have such names, too; of a schema
_VERSION = re.compile(r"[~^=v]*\d+\.\d+(\.\d+)?")

Scalar = Callable[[ScalarNode], Text]


def values(node: Node, above: tuple[str, ...], scalar: Scalar) -> Iterator[ChartValue]:
    """The values in a mapping, two levels of them, if it is one that the official chart is given."""
    names = frozenset(key.value for key, _ in entries(node))
    marks = names & _marks().keys()
    if set(above[-1:]) & set(_NOT) or len(marks) < _LEAST or not any(_marks()[mark] for mark in marks):
        return
    for key, value in entries(node):
        yield _value((key.value,), key, value, names, scalar)
        for inner, below in entries(value):
            yield _value((key.value, inner.value), inner, below, names, scalar)


def _value(
    path: tuple[str, ...], key: ScalarNode, value: Node, names: frozenset[str], scalar: Scalar
) -> ChartValue:
    return ChartValue(path, scalar(key), scalar(value) if isinstance(value, ScalarNode) else None, names)


def chart(told: Mapping[str, ScalarNode], scalar: Scalar) -> Iterator[Chart]:
    """The chart that the entries of a mapping ask for: of a dependency, a release or an application."""
    version = told.get("version") or told.get("targetrevision")
    repository = told.get("repository") or told.get("repourl")
    name = told.get("chart") or (told.get("name") if repository else None)
    if name is not None and version is not None and _VERSION.fullmatch(version.value):
        alias, _, last = name.value.rpartition("/")
        yield Chart(last, scalar(version), f"{repository.value if repository else ''} {alias}".strip())


@cache
def _marks() -> dict[str, bool]:
    """Keys of the chart's values → whether hardly anything else has them."""
    return {row["key"]: bool(row["sure"]) for row in lookup("chart_marks")}
