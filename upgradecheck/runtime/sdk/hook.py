"""``BaseHook``."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.sdk.connection import Connection

HOME = "airflow.sdk"


class BaseHook:
    """Talks to other systems."""

    conn_name_attr = ""
    conn_type = ""
    hook_name = ""

    def __init__(self, logger_name: str | None = None) -> None:
        self._logger_name = logger_name

    @property
    def log(self) -> Any:
        """A logger."""
        import logging

        return logging.getLogger(
            self._logger_name if getattr(self, "_logger_name", None) else type(self).__module__
        )

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """The connection. Raises ``AirflowNotFoundException``."""
        return Connection.get(conn_id)

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        """The same."""
        return Connection.get(conn_id)

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: Any = None) -> Any:
        """The hook of a connection."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        """What a hook connects to."""
        raise NotImplementedError()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Nothing."""
        return {}


__all__ = ["BaseHook"]
