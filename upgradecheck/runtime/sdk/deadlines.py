"""Deadlines of DAGs: what is checked while a file is loaded. Nothing watches them in a replay."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

HOME = "airflow.sdk.definitions.deadline"
DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class Callback:
    """What is called when a deadline is missed: a function, or the dotted name of one."""

    def __init__(self, callback_callable: Any, kwargs: Any = None) -> None:
        self.path = self._path(callback_callable)
        if kwargs and "context" in kwargs:
            raise ValueError("context is a reserved kwarg for this class")
        self.kwargs = kwargs or {}

    def _path(self, given: Any) -> str:
        if callable(given):
            self.verify_callable(given)
            return f"{given.__module__}.{given.__qualname__}"
        if not isinstance(given, str) or not DOTTED.fullmatch(given.strip()):
            raise ImportError(f"`{given}` doesn't look like a valid dot path.")
        module, _, name = given.strip().rpartition(".")
        try:
            found = getattr(import_module(module), name, None)
        except (ImportError, ValueError):  # it may be there where it will be called
            return given.strip()
        if found is not None and not callable(found):
            raise AttributeError(f"Provided callback {found} is not callable.")
        if found is not None:
            self.verify_callable(found)
        return given.strip()

    @classmethod
    def verify_callable(cls, callback: Any) -> None:
        """Raises ``AttributeError`` for one that will not do."""


class AsyncCallback(Callback):
    """Runs in the triggerer."""

    @classmethod
    def verify_callable(cls, callback: Any) -> None:
        """Raises ``AttributeError`` for one that cannot be awaited."""
        if not (inspect.iscoroutinefunction(callback) or hasattr(callback, "__await__")):
            raise AttributeError(f"Provided callback {callback} is not awaitable.")


class SyncCallback(Callback):
    """Runs in an executor."""

    def __init__(self, callback_callable: Any, kwargs: Any = None, executor: str | None = None) -> None:
        super().__init__(callback_callable, kwargs)
        self.executor = executor


class BaseDeadlineReference:
    """From when on time counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.given = (args, kwargs)


class DeadlineReference:
    """The moments that there are."""

    DAGRUN_LOGICAL_DATE = BaseDeadlineReference()
    DAGRUN_QUEUED_AT = BaseDeadlineReference()

    class TYPES:
        """Kinds of them."""

        DAGRUN_CREATED = DAGRUN_QUEUED = DAGRUN = (BaseDeadlineReference,)

    @classmethod
    def AVERAGE_RUNTIME(cls, max_runs: int = 0, min_runs: int | None = None) -> BaseDeadlineReference:
        """Of the runs before. Raises ``ValueError``."""
        if (max_runs or 10 if min_runs is None else min_runs) < 1:
            raise ValueError("min_runs must be at least 1")
        return BaseDeadlineReference(max_runs, min_runs)

    @classmethod
    def FIXED_DATETIME(cls, dt: Any) -> BaseDeadlineReference:
        """A date."""
        return BaseDeadlineReference(dt)

    @classmethod
    def register_custom_reference(cls, reference_class: Any, deadline_reference_type: Any = None) -> Any:
        """One of a project's own. Raises ``ValueError``."""
        if not issubclass(reference_class, BaseDeadlineReference):
            raise ValueError(f"{reference_class.__name__} must inherit from BaseDeadlineReference")
        setattr(cls, reference_class.__name__, reference_class())
        return reference_class


class DeadlineAlert:
    """A deadline, and what is called when it is missed."""

    def __init__(self, reference: Any, interval: Any, callback: Any, name: str | None = None) -> None:
        self.reference, self.interval, self.name = reference, interval, name
        if not isinstance(callback, AsyncCallback | SyncCallback):
            raise ValueError(f"Callbacks of type {type(callback).__name__} are not currently supported")
        self.callback = callback


def deadline_reference(deadline_reference_type: Any = None) -> Any:
    """A class as a reference of its own: bare, or with the kind."""
    if isinstance(deadline_reference_type, type):
        return DeadlineReference.register_custom_reference(deadline_reference_type)
    return lambda cls: DeadlineReference.register_custom_reference(cls, deadline_reference_type)


__all__ = [
    "AsyncCallback",
    "BaseDeadlineReference",
    "DeadlineAlert",
    "DeadlineReference",
    "SyncCallback",
    "deadline_reference",
]
HOMES = dict.fromkeys(("AsyncCallback", "SyncCallback"), "airflow.sdk.definitions.callback")
