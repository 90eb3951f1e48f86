"""Stand-ins for what other providers have: classes with real names, bases and parameters
(``rules/tables/classes.csv``), and names (``rules/tables/stand_ins.csv``); no work."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from upgradecheck.runtime.placeholders import Placeholder
from upgradecheck.runtime.sdk.hook import BaseHook
from upgradecheck.runtime.sdk.notifier import BaseNotifier
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.sensor import BaseSensorOperator
from upgradecheck.runtime.sdk.triggers import BaseTrigger
from upgradecheck.runtime.unmodelled import NotModelled

PREFIX = "airflow.providers."
KINDS: dict[str, Any] = {
    "BaseSensorOperator": BaseSensorOperator,
    "BaseOperator": BaseOperator,
    "BaseHook": BaseHook,
    "BaseTrigger": BaseTrigger,
    "BaseNotifier": BaseNotifier,
}


class Row:
    """A class of a provider."""

    def __init__(self, bases: str, parameters: str) -> None:
        self.bases, self.parameters = bases.split(), parameters.split()


class StandIns:
    """Makes modules of providers as they are asked for."""

    def __init__(self, tables: Path) -> None:
        self.rows: dict[str, Row] = {}
        self.fields: dict[str, list[str]] = {}
        self.made: dict[str, Any] = {}
        with (tables / "classes.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["name"].startswith(PREFIX) and row["kind"] == "class":
                    self.rows[row["name"]] = Row(row["bases"], row["parameters"])
        with (tables / "template_fields.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.fields[next(iter(row.values()))] = row.get("template_fields", row.get("fields", "")).split()
        with (tables / "stand_ins.csv").open(encoding="utf-8", newline="") as file:
            self.names = {row["module"]: frozenset(row["names"].split()) for row in csv.DictReader(file)}
        self.modules = {*self.names, *(name.rpartition(".")[0] for name in self.rows)}
        self.packages = {part for name in self.modules for part in _parents(name)}

    def knows(self, module: str) -> bool:
        """Is there such a module?"""
        return module in self.modules or module in self.packages

    def module(self, name: str) -> ModuleType:
        """It."""
        made = _Module(name)
        made.stand_ins = self
        return made

    def cls(self, name: str) -> Any:
        """A class by its full name; what the tables do not have is taken for an operator or hook by its name."""
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def named(self, full: str) -> Any:
        """What a module has besides its own classes: a class of another module, or something that is only named."""
        short = full.rpartition(".")[2]
        homes = [name for name in self.rows if name.endswith(f".{short}")]
        return self.cls(homes[0]) if len(homes) == 1 else Placeholder(full)

    def _make(self, name: str) -> Any:
        module, _, short = name.rpartition(".")
        row = self.rows.get(name)
        bases = [self._base(base) for base in (row.bases if row else [])]
        base = next((b for b in bases if b is not None), _by_name(short))
        namespace: dict[str, Any] = {"__module__": module, "_modelled": False, "execute": _nothing, "poke": _done}
        if name in self.fields:
            namespace["template_fields"] = tuple(self.fields[name])
        if issubclass(base, BaseOperator):
            namespace["__init__"] = _init(base, row.parameters if row else ["**"])
        elif base is not object:
            namespace["__init__"] = _any_init
            namespace["__getattr__"] = attribute
        return type(base)(short, (base,), namespace)

    def _base(self, name: str) -> Any:
        short = name.rpartition(".")[2]
        if short in KINDS:
            return KINDS[short]
        return self.cls(name) if name in self.rows else None


class _Module(ModuleType):
    stand_ins: StandIns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if self.stand_ins.knows(full):
            import importlib

            return importlib.import_module(full)
        if full in self.stand_ins.rows:
            return self.stand_ins.cls(full)
        if name in self.stand_ins.names.get(self.__name__, ()):
            return self.stand_ins.named(full)
        raise NotModelled(f"{full} is not modelled", name=full)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:number]) for number in range(2, len(parts) + 1)]


def _by_name(short: str) -> Any:
    if short.endswith("Sensor"):
        return BaseSensorOperator
    return next((kind for end, kind in KINDS.items() if short.endswith(end.removeprefix("Base"))), object)


def _nothing(self: Any, context: Any) -> None:
    """A stand-in does nothing."""


def _done(self: Any, context: Any) -> bool:
    return True


def _any_init(self: Any, *args: Any, **kwargs: Any) -> None:
    self._given = (args, kwargs)


def attribute(self: Any, name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise NotModelled(f"{type(self).__module__}.{type(self).__name__}.{name} is not modelled")


def _init(base: type, parameters: list[str]) -> Any:
    """An ``__init__`` with these parameters: each is kept as an attribute of its name."""
    kind = inspect.Parameter.KEYWORD_ONLY
    names = [name for name in parameters if name.isidentifier()]

    def __init__(self: Any, **kwargs: Any) -> None:
        for name in names:
            if name in kwargs or name not in vars(self):
                object.__setattr__(self, name, kwargs.pop(name, None))
        base.__init__(self, **kwargs)  # type: ignore[misc]

    fields = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    fields += [inspect.Parameter(name, kind, default=None) for name in names]
    fields.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    __init__.__signature__ = inspect.Signature(fields)  # type: ignore[attr-defined]
    return __init__
