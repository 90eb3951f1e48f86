"""Small classes, functions and constants that DAG files name, of the standard provider and of Airflow's own
packages."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import Any

from upgradecheck.runtime.sdk.connection import Connection
from upgradecheck.runtime.sdk.hook import BaseHook
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.triggers import BaseTrigger, TriggerEvent

HOME = "airflow.triggers.testing"
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
ACTIONS = {name: f"can_{name.lower()}" for name in ("CREATE", "READ", "EDIT", "DELETE")}
RESOURCES = {"DAG": "DAGs", "DAG_RUN": "DAG Runs", "TASK_INSTANCE": "Task Instances"}


def import_string(dotted_path: str) -> Any:
    """An object by its dotted name. Raises ``ImportError``."""
    module, _, name = dotted_path.rpartition(".")
    if not module:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        raise ImportError(f'Module "{module}" does not define a "{name}" attribute/class') from None


def hide(*args: Any, **kwargs: Any) -> None:
    """Logs show stars in its place; there are none."""


@contextmanager
def limit(seconds: int = 1, error_message: str = "Timeout") -> Any:
    """A block within so many seconds: it is not stopped here, the task is."""
    yield


class SmoothOperator(BaseOperator):
    """Says something."""

    ui_color = "#e8f7e4"

    def execute(self, context: Any) -> None:
        """Nothing else."""


class FSHook(BaseHook):
    """A folder, by its connection."""

    def __init__(self, fs_conn_id: str = "fs_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn = Connection.get(fs_conn_id)
        self.basepath = self.conn.extra_dejson.get("path", "")

    def get_conn(self) -> None:
        """None."""

    def get_path(self) -> str:
        """The folder."""
        return str(self.basepath)


class SuccessTrigger(BaseTrigger):
    """Fires at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its class."""
        return f"{HOME}.SuccessTrigger", {}

    async def run(self) -> Any:
        """The event."""
        yield TriggerEvent(True)


class FailureTrigger(BaseTrigger):
    """Fails at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its class."""
        return f"{HOME}.FailureTrigger", {}

    async def run(self) -> Any:
        """No event. Raises ``ValueError``."""
        events: list[TriggerEvent] = []
        for event in events:
            yield event
        raise ValueError("Deliberate trigger failure")


__all__ = ["FSHook", "FailureTrigger", "SmoothOperator", "SuccessTrigger"]
HOMES = {
    "FSHook": "airflow.providers.standard.hooks.filesystem",
    "SmoothOperator": "airflow.providers.standard.operators.smooth",
}
ALSO: dict[str, Any] = {
    "airflow.utils.dates.cron_presets": PRESETS,
    "airflow.utils.timeout.timeout": limit,
    "airflow.sdk.module_loading.import_string": import_string,
    "airflow.sdk.log.mask_secret": hide,
    **{f"airflow.security.permissions.ACTION_CAN_{name}": word for name, word in ACTIONS.items()},
    **{f"airflow.security.permissions.RESOURCE_{name}": word for name, word in RESOURCES.items()},
    "airflow.security.permissions.DAG_ACTIONS": {ACTIONS[name] for name in ("READ", "EDIT", "DELETE")},
}
