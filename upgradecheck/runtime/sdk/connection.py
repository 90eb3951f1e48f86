"""Connections, through the task API."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from upgradecheck.runtime import questions
from upgradecheck.runtime.current import door, in_task
from upgradecheck.runtime.sdk.exceptions import AirflowNotFoundException
from upgradecheck.runtime.unmodelled import NotModelled

HOME = "airflow.sdk"


class Connection:
    """Where something is, and how to get in."""

    EXTRA_KEY = "__extra__"

    def __init__(
        self,
        conn_id: str = "",
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        schema: str | None = None,
        login: str | None = None,
        password: str | None = None,
        port: int | None = None,
        extra: Any = None,
        uri: str | None = None,
    ) -> None:
        self.conn_id, self.conn_type, self.description = conn_id, conn_type or "", description
        self.host, self.schema, self.login, self.password, self.port = host, schema, login, password, port
        self.extra = json.dumps(extra) if isinstance(extra, dict) else extra
        if uri:
            self.__dict__.update(vars(self.from_uri(uri, conn_id)))

    @classmethod
    def from_uri(cls, uri: str, conn_id: str = "") -> Connection:
        """Read a URI."""
        scheme, _, rest = uri.partition(":")
        kind = {"postgresql": "postgres"}.get(scheme, scheme.replace("-", "_"))
        if "://" in rest.removeprefix("//"):
            scheme_of_host, _, rest = rest.removeprefix("//").partition("://")
            rest, host_prefix = f"//{rest}", f"{scheme_of_host}://"
        else:
            host_prefix = ""
        parts = urlsplit(f"{scheme}:{rest}")
        host = unquote(parts.hostname) if parts.hostname else parts.hostname
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        extra = (query[cls.EXTRA_KEY] if cls.EXTRA_KEY in query else json.dumps(_read(query))) if query else None
        return cls(
            conn_id,
            kind,
            host=f"{host_prefix}{host or ''}" if host_prefix else host,
            schema=unquote(parts.path[1:]) if len(parts.path) > 1 else (parts.path[1:] or ""),
            login=unquote(parts.username) if parts.username else parts.username,
            password=unquote(parts.password) if parts.password else parts.password,
            port=parts.port,
            extra=extra,
        )

    @classmethod
    def from_json(cls, value: str, conn_id: str = "") -> Connection:
        """Read JSON."""
        fields = json.loads(value)
        if "port" in fields and fields["port"] is not None:
            fields["port"] = int(fields["port"])
        return cls(conn_id=conn_id, **fields)

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection. Raises ``AirflowNotFoundException``."""
        import os

        uri = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")
        if uri is None:
            uri = door().ask(questions.GetConnection(conn_id)) if in_task() else PARSING.get(conn_id)
        if uri is None:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return cls.from_json(uri, conn_id) if uri.lstrip().startswith("{") else cls.from_uri(uri, conn_id)

    get_connection_from_secrets = get

    def get_uri(self) -> str:
        """As a URI."""
        text = f"{str(self.conn_type).lower().replace('_', '-')}://"
        if self.login or self.password:
            secret = f":{quote(self.password, safe='')}" if self.password is not None else ""
            text += f"{quote(self.login or '', safe='')}{secret}@"
        text += quote(self.host, safe="") if self.host else ""
        text += f":{self.port}" if self.port else ""
        text += f"/{quote(self.schema, safe='')}" if self.schema else ""
        if self.extra:
            fields = self.extra_dejson
            query = urlencode(fields)
            if not query or fields != dict(parse_qsl(query, keep_blank_values=True)):
                query = urlencode({self.EXTRA_KEY: self.extra})
            text += f"{'' if self.schema else '/'}?{query}"
        return text

    def get_hook(self, *, hook_params: Any = None) -> Any:
        """Hooks of providers are not modelled."""
        raise NotModelled(f"the hook of connection type {self.conn_type!r} is not modelled")

    def get_extra_dejson(self, nested: bool = False) -> dict[str, Any]:
        """``extra`` as a dictionary; an empty one where it is no JSON."""
        try:
            found: dict[str, Any] = json.loads(self.extra) if self.extra else {}
        except json.JSONDecodeError:
            return {}
        return found

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """``extra`` as a dictionary."""
        return self.get_extra_dejson()

    def to_dict(self) -> dict[str, Any]:
        """As a dictionary."""
        return {**vars(self), "extra": self.extra_dejson}

    def __repr__(self) -> str:
        return self.conn_id or ""


def _read(query: dict[str, str]) -> dict[str, Any]:
    """Values that are JSON are read as such: ``?a=1`` is a number."""
    found: dict[str, Any] = {}
    for key, value in query.items():
        try:
            found[key] = json.loads(value) if value else value
        except json.JSONDecodeError:
            found[key] = value
    return found


PARSING: dict[str, str] = {}
"""What the plan gives: files read connections while they are loaded, too."""

__all__ = ["Connection"]
ALSO = {"airflow.models.connection.Connection": Connection}
