"""Plugins: what is registered through them, and the classes that projects write for them."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any, ClassVar

HOME = "airflow._shared.plugins_manager.plugins_manager"


class AirflowPlugin:
    """What a plugin brings."""

    name: str | None = None
    source: Any = None
    made: ClassVar[list[type[Any]]] = []
    timetables: ClassVar[list[Any]] = []
    priority_weight_strategies: ClassVar[list[Any]] = []
    macros: ClassVar[list[Any]] = []
    listeners: ClassVar[list[Any]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        AirflowPlugin.made.append(cls)

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Nothing."""


class Folders:
    """The folders of plugins; their modules are imported when somebody asks for what is registered."""

    paths: ClassVar[list[str]] = []
    imported = False

    @classmethod
    def load(cls) -> None:
        """Import them. One that fails brings nothing, as in Airflow."""
        if cls.imported:
            return
        cls.imported = True
        for module in pkgutil.iter_modules(cls.paths):
            with contextlib.suppress(Exception):
                importlib.import_module(module.name)


def registered(kind: str, wanted: Any) -> bool:
    """Is a class registered by a plugin: by one that is loaded, or in the folders of plugins?"""
    Folders.load()
    name = f"{wanted.__module__}.{wanted.__qualname__}"
    found = (each for plugin in AirflowPlugin.made for each in getattr(plugin, kind, ()))
    return any(f"{each.__module__}.{each.__qualname__}" == name for each in found)


class PriorityWeightStrategy:
    """How much a task matters."""

    def get_weight(self, ti: Any) -> int:
        """The weight."""
        raise NotImplementedError

    def serialize(self) -> dict[str, Any]:
        """As it is stored."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Any:
        """From what was stored."""
        return cls(**data)


def hookimpl(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """A listener's function. Nobody listens in a replay."""
    return (lambda given: given) if function is None else function


def strategy(rule: Any) -> None:
    """Raises ``ValueError`` for a weight rule that is none, and for a class that no plugin registers."""
    from upgradecheck.runtime.sdk.enums import WeightRule

    if isinstance(rule, str):
        if rule in {each.value for each in WeightRule}:
            return
        module, _, name = rule.rpartition(".")
        Folders.load()
        rule = getattr(sys.modules.get(module), name, None) or rule
    kind = rule if isinstance(rule, type) else type(rule)
    if isinstance(rule, WeightRule) or (
        issubclass(kind, PriorityWeightStrategy) and registered("priority_weight_strategies", kind)
    ):
        return
    named = rule if isinstance(rule, str) else f"{kind.__module__}.{kind.__qualname__}"
    raise ValueError(f"Unknown priority strategy {named}")


__all__ = ["AirflowPlugin"]
ALSO = {
    "airflow.sdk._shared.plugins_manager.plugins_manager.AirflowPlugin": AirflowPlugin,
    "airflow.task.priority_strategy.PriorityWeightStrategy": PriorityWeightStrategy,
    "airflow.listeners.hookimpl": hookimpl,
}
