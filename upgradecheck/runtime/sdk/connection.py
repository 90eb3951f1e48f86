"""Connections, through the task API."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from upgradecheck.runtime import questions
from upgradecheck.runtime.current import door, in_task
from upgradecheck.runtime.sdk.exceptions import AirflowException, AirflowNotFoundException
from upgradecheck.runtime.unmodelled import NotModelled

HOME = "airflow.sdk.definitions.connection"
MIXED = (
    "You must create an object using the URI or individual values (conn_type, host, login, password, schema, port "
    "or extra). You can't mix these two ways to create this object."
)


@dataclass(init=False)
class Connection:
    """Where something is, and how to get in."""

    conn_id: str
    conn_type: str | None
    description: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None
    extra: Any

    EXTRA_KEY = "__extra__"

    def __init__(self, *, conn_id: Any, uri: str | None = None, **kwargs: Any) -> None:
        if uri is not None and kwargs:
            raise AirflowException(MIXED)
        if uri is None:
            self.__attrs_init__(conn_id=conn_id, **kwargs)
        else:
            vars(self).update(vars(self.from_uri(uri, conn_id)))

    def __attrs_init__(
        self,
        conn_id: Any,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        schema: str | None = None,
        login: str | None = None,
        password: str | None = None,
        port: int | None = None,
        extra: Any = None,
    ) -> None:
        self.conn_id, self.conn_type, self.description = conn_id, conn_type, description
        self.host, self.schema, self.login, self.password, self.port = host, schema, login, password, port
        self.extra = extra

    @classmethod
    def from_uri(cls, uri: str, conn_id: str = "") -> Connection:
        """Read a URI, as tasks read one of the environment: what its query says are texts."""
        return Connection(conn_id=conn_id, **_parts(uri, lambda text: text))

    @classmethod
    def from_json(cls, value: str, conn_id: Any = None) -> Connection:
        """Read JSON. Raises ``ValueError`` and ``TypeError``."""
        given = json.loads(value)
        if extra := given.pop("extra", None):
            given["extra"] = extra if isinstance(extra, str) else json.dumps(extra)
        if kind := given.pop("conn_type", None):
            given["conn_type"] = _kind(kind)
        if port := given.pop("port", None):
            try:
                given["port"] = int(port)
            except ValueError:
                raise ValueError(f"Expected integer value for `port`, but got {port!r} instead.") from None
        return Connection(conn_id=conn_id, **given)

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection. Raises ``AirflowNotFoundException``."""
        if (given := os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")) is not None:
            return cls.from_json(given, conn_id) if _is_json(given) else cls.from_uri(given, conn_id)
        kept = door().ask(questions.GetConnection(conn_id)) if in_task() else PARSING.get(conn_id)
        if kept is None:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return cls.from_json(kept, conn_id) if _is_json(kept) else stored(kept, conn_id)

    get_connection_from_secrets = get

    def get_uri(self) -> str:
        """As a URI."""
        text = f"{self.conn_type.lower().replace('_', '-')}://" if self.conn_type else "//"
        host = self.host or ""
        protocol, found, rest = host.partition("://")
        if found and protocol != self.conn_type:
            text, host = f"{text}{protocol}://", rest
        secret = f":{quote(self.password, safe='')}" if self.password is not None else ""
        if login := quote(self.login or "", safe="") + secret:
            text += f"{login}@"
        text += quote(host, safe="")
        if self.port:
            text += f":{self.port}" if login or host else f"@:{self.port}"
        text += f"/{quote(self.schema, safe='')}" if self.schema else ""
        return text + self._query() if self.extra else text

    def _query(self) -> str:
        fields = self.extra_dejson
        query = urlencode(fields)
        if not query or fields != dict(parse_qsl(query, keep_blank_values=True)):
            query = urlencode({self.EXTRA_KEY: self.extra})
        return f"{'' if self.schema else '/'}?{query}"

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

    def to_dict(self, *, prune_empty: bool = False, validate: bool = True) -> dict[str, Any]:
        """As a dictionary. Raises ``TypeError`` for what is no JSON."""
        names = ("conn_id", "conn_type", "description", "host", "login", "password", "schema", "port")
        found = {name: getattr(self, name) for name in names}
        if prune_empty:
            found = {name: value for name, value in found.items() if value is not None}
        if (extra := self.extra_dejson) or not prune_empty:
            found["extra"] = extra
        if validate:
            json.dumps(found)
        return found

    def as_json(self) -> str:
        """As JSON."""
        found = self.to_dict(prune_empty=True, validate=False)
        found.pop("conn_id", None)
        return json.dumps(found)


class ModelConnection(Connection):
    """``airflow.models.Connection``: the row of the metadata database, which code makes and cannot store."""

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: Any = None,
        uri: str | None = None,
        team_name: str | None = None,
    ) -> None:
        given = (conn_type, description, host, schema, login, password, port)
        if uri and (any(given) or extra):
            raise AirflowException(MIXED.replace(". You", ".You"))
        self.__attrs_init__(conn_id, *given, extra if not extra or isinstance(extra, str) else json.dumps(extra))
        if uri:
            vars(self).update(_parts(uri, _read))
        if self.extra:
            self._check_extra()

    def _check_extra(self) -> None:
        try:
            found = json.loads(self.extra)
        except json.JSONDecodeError:
            raise ValueError(f"Encountered non-JSON in `extra` field for connection {self.conn_id!r}.") from None
        if not isinstance(found, dict):
            raise ValueError(
                "Encountered JSON value in `extra` which does not parse as a dictionary in connection "
                f"{self.conn_id!r}. The `extra` field must contain a JSON representation of a Python dict."
            )

    def __repr__(self) -> str:
        return self.conn_id or ""


ModelConnection.__name__ = ModelConnection.__qualname__ = "Connection"


def stored(uri: str, conn_id: str) -> Connection:
    """One that the deployment keeps, as a task gets it: what is empty and secret is not there."""
    row = ModelConnection(conn_id, uri=uri)
    row.password, row.extra = row.password or None, row.extra or None
    return Connection(**{field.name: getattr(row, field.name) for field in fields(Connection)})


def _parts(uri: str, read: Any) -> dict[str, Any]:
    """The fields that a URI names. Raises ``AirflowException`` for one that names more than a host's protocol."""
    schemes = uri.count("://")
    kind = urlsplit(uri).scheme
    rest = uri.replace(f"{kind}://", "" if schemes == 2 else "//")
    before = rest.split("://", 1)[0] if schemes == 2 else ""
    if schemes > 2 or "@" in before or ":" in before:
        raise AirflowException(f"Invalid connection string: {uri}.")
    parts = urlsplit(rest)
    host = unquote(parts.hostname or "")
    if "/" in host:  # lower case is for names alone: this is a path
        host = unquote(parts.netloc.rsplit("@", 1)[-1].split(":")[0])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    whole = query.get(Connection.EXTRA_KEY)
    return {
        "conn_type": _kind(kind),
        "host": f"{parts.scheme}://{host}" if host and schemes == 2 else host,
        "schema": unquote(parts.path[1:]),
        "login": unquote(parts.username) if parts.username else parts.username,
        "password": unquote(parts.password) if parts.password else parts.password,
        "port": parts.port,
        "extra": whole or (json.dumps({key: read(text) for key, text in query.items()}) if query else None),
    }


def _kind(name: str) -> str:
    return "postgres" if name == "postgresql" else name.replace("-", "_")


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _read(text: str) -> Any:
    """Values that are JSON are stored as such: ``?a=1`` is a number."""
    try:
        return json.loads(text) if text else text
    except json.JSONDecodeError:
        return text


PARSING: dict[str, str] = {}
"""What the plan gives: files read connections while they are loaded, too."""

__all__ = ["Connection"]
ALSO = {"airflow.models.connection.Connection": ModelConnection}
