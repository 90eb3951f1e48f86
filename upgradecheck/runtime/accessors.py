"""What a task's context holds besides plain values: variables, connections, macros."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.sdk.names import NOTSET


class VariableAccessor:
    """``var.value.key`` and ``var.json.key``."""

    def __init__(self, deserialize_json: bool) -> None:
        self._json = deserialize_json

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        from upgradecheck.runtime.sdk.variable import Variable

        return Variable.get(key, deserialize_json=self._json)

    def get(self, key: str, default: Any = NOTSET) -> Any:
        """With a default; without one what a missing variable gives is ``NOTSET`` (3.3.2)."""
        from upgradecheck.runtime.sdk.variable import Variable

        missing = object()
        found = Variable.get(key, default=missing, deserialize_json=self._json)
        return default if found is missing else found

    def __repr__(self) -> str:
        return "<VariableAccessor (dynamic access)>"


class ConnectionAccessor:
    """``conn.my_id``."""

    def __getattr__(self, conn_id: str) -> Any:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        from upgradecheck.runtime.sdk.connection import Connection

        return Connection.get(conn_id)

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        """With a default."""
        from upgradecheck.runtime.sdk.connection import Connection
        from upgradecheck.runtime.sdk.exceptions import AirflowNotFoundException

        try:
            return Connection.get(conn_id)
        except AirflowNotFoundException:
            return default_conn

    def __repr__(self) -> str:
        return "<ConnectionAccessor (dynamic access)>"


class MacrosAccessor:
    """``macros``."""

    def __getattr__(self, name: str) -> Any:
        from upgradecheck.runtime.sdk import macros

        return getattr(macros, name)

    def __repr__(self) -> str:
        return "<MacrosAccessor (dynamic access to macros)>"
