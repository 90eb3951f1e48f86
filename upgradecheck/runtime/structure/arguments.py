"""Arguments that 2.x took and 3.x does not: taken, in this process, under the names that took their place.

``rules/renamed_argument.csv`` says which those are, ``rules/argument_value.csv`` what stands for an old value. What
has no successor is kept aside: that it goes must have been announced.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from upgradecheck.runtime.earlier.dialects import PARAMETERS
from upgradecheck.runtime.sdk import dag, mapped, operator, operator_meta
from upgradecheck.runtime.sdk.names import NOTSET

SCHEDULES = ("schedule_interval", "timetable", "schedule")
DAILY = timedelta(days=1)  # of a DAG that says nothing of its schedule, on 2.x
ASIDE = "_older_arguments"
REFUSED = "_refused_arguments"


class Arguments:
    """The tables: class -> old name -> new name; class -> argument -> old value -> what is written instead.

    ``aliases``: class -> the names that it was asked for by and no longer has.
    """

    def __init__(self, rules: Path, aliases: Mapping[type, list[str]]) -> None:
        self.aliases = aliases
        self.names: dict[str, dict[str, str]] = {}
        self.values: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for row in _rows(rules / "renamed_argument.csv"):
            self.names.setdefault(row["callable"], {})[row["old"]] = row["new"]
        for row in _rows(rules / "tables" / "successor_arguments.csv"):
            self.names.setdefault(row["old"], {})[row["argument"]] = row["new"]
        for row in _rows(rules / "argument_value.csv"):
            if row["old"] != "*" and row["safety"] == "safe":
                own = self.values.setdefault(row["callable"], {})
                own.setdefault(row["argument"], []).append((row["old"], row["new"]))

    def homes(self, cls: type) -> list[str]:
        """The full names of a class and its bases."""
        return [
            name
            for base in cls.__mro__
            for name in (f"{base.__module__}.{base.__qualname__}", *self.aliases.get(base, ()))
        ]

    def translated(self, homes: list[str], given: dict[str, Any]) -> dict[str, Any]:
        """Arguments of a class that is known by these names, its bases' among them."""
        for home in homes:
            for old, new in self.names.get(home, {}).items():
                if old in given and new.isidentifier():
                    given.setdefault(new, given.pop(old))
            for name, exchanges in self.values.get(home, {}).items():
                if name in given:
                    self._exchange(given, name, exchanges)
        return given

    def _exchange(self, given: dict[str, Any], name: str, exchanges: list[tuple[str, str]]) -> None:
        for old, new in exchanges:
            if name in given and _is(given[name], old):
                del given[name]
                name, text = new.split("=", 1) if "=" in new else (name, new)
                with suppress(ValueError):  # no literal: the default stands for it
                    if text:
                        given[name] = ast.literal_eval(text)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _is(value: Any, written: str) -> bool:
    """Is it the value that a table writes so: a literal, or the name of a type?"""
    try:
        meant = ast.literal_eval(written)
    except ValueError:
        return type(value).__name__ == written
    return type(value) is type(meant) and bool(value == meant)


def left_over(given: Any) -> dict[str, str]:
    """The arguments that were kept aside, as text."""
    from upgradecheck.runtime.structure.describe import value

    return {name: value(each) for name, each in vars(given).get(ASIDE, {}).items()}


def refused(given: Any) -> tuple[str, ...]:
    """The names, as they are written, of those that 3.x does not take."""
    return tuple(sorted(vars(given).get(REFUSED, ())))


def accept(tables: Arguments, objects: Mapping[str, Any]) -> None:
    """From now on, in this process, classes take what they took on 2.x. ``objects``: the classes by their names."""
    _open_dag(tables)
    _open_operators(tables)
    _open_partial(tables)
    for name in tables.names:
        cls = objects.get(name)
        if isinstance(cls, type) and not issubclass(cls, dag.DAG | operator.BaseOperator):
            _open_class(tables, name, cls)


def _open_class(tables: Arguments, name: str, cls: Any) -> None:
    strict = cls.__init__

    def init(self: Any, *args: Any, **given: Any) -> None:
        strict(self, *args, **tables.translated([name], given))

    cls.__init__ = init


def _open_partial(tables: Arguments) -> None:
    partial, expand = mapped.partial, mapped.OperatorPartial.expand

    def before(cls: Any, **given: Any) -> Any:
        return partial(cls, **tables.translated(tables.homes(cls), given))

    def over(self: Any, **given: Any) -> Any:
        return expand(self, **tables.translated(tables.homes(self.operator_class), given))

    mapped.partial = before  # type: ignore[assignment]
    mapped.OperatorPartial.expand = over  # type: ignore[method-assign]


def _open_dag(tables: Arguments) -> None:
    strict: Any = dag.DAG.__init__

    def init(self: Any, *args: Any, **given: Any) -> None:
        given.update(zip(("dag_id", *PARAMETERS), args, strict=False))
        given = tables.translated(["airflow.sdk.DAG"], given)
        schedules = [given.pop(name) for name in SCHEDULES if name in given]
        schedule = next((each for each in schedules if each is not NOTSET and each is not None), None)
        given["schedule"] = schedule if schedules else DAILY
        aside = {name: given.pop(name) for name in list(given) if name not in {*dag.ARGUMENTS, "dag_id"}}
        strict(self, given.pop("dag_id"), **given)
        setattr(self, ASIDE, aside)

    dag.DAG.__init__ = init  # type: ignore[method-assign]


def _open_operators(tables: Arguments) -> None:
    """An operator's arguments are translated before any of its classes sees them; the last one keeps the rest."""
    meta: Any = operator_meta.BaseOperatorMeta
    strict: Any = operator.BaseOperator._set

    def call(cls: Any, *args: Any, **given: Any) -> Any:
        written = set(given)
        made = type.__call__(cls, *args, **tables.translated(tables.homes(cls), given))
        unknown = vars(made).get(ASIDE, {})
        object.__setattr__(made, REFUSED, written & set(unknown))
        return made

    def keep(self: Any, given: dict[str, Any], unknown: dict[str, Any]) -> None:
        object.__setattr__(self, ASIDE, dict(unknown))
        strict(self, given, {})

    meta.__call__ = call
    operator.BaseOperator._set = keep  # type: ignore[method-assign]
