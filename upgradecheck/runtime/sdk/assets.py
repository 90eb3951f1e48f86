"""Assets and conditions over them."""

from __future__ import annotations

import json
import os
import urllib.parse
from typing import Any, NamedTuple

HOME = "airflow.sdk.definitions.asset"


class AssetUniqueKey(NamedTuple):
    """What tells one asset from another."""

    name: str
    uri: str

    @classmethod
    def from_asset(cls, asset: Any) -> AssetUniqueKey:
        """The key of an asset."""
        return cls(asset.name, asset.uri)

    def to_asset(self) -> Asset:
        """An asset with this key."""
        return Asset(name=self.name, uri=self.uri)


class AssetAliasUniqueKey(NamedTuple):
    """What tells one alias from another."""

    name: str

    @classmethod
    def from_asset_alias(cls, alias: Any) -> AssetAliasUniqueKey:
        """The key of an alias."""
        return cls(alias.name)


def sanitized(given: Any) -> str:
    """A URI in its normal form. Raises ``ValueError`` for the scheme that is Airflow's own."""
    uri = str(given)
    parsed = urllib.parse.urlsplit(uri)
    scheme = parsed.scheme.lower()
    if not scheme or scheme.startswith("x-"):
        return uri
    if scheme == "airflow":
        raise ValueError("Asset scheme 'airflow' is reserved")
    netloc = parsed.netloc.rpartition("@")[2] if parsed.password else parsed.netloc
    query = urllib.parse.urlencode(sorted(urllib.parse.parse_qsl(parsed.query))) if parsed.query else ""
    path = parsed.path.rstrip("/") or "/"
    return urllib.parse.urlunsplit(
        parsed._replace(scheme=scheme, netloc=netloc, path=path, query=query, fragment="")
    )


def _checked(owner: Any, field: str, value: Any, empty: bool = False) -> Any:
    said = f"{type(owner).__name__} {field}"
    if not isinstance(value, str):
        raise ValueError(f"{said} must be a string")
    if len(value) > 1500:
        raise ValueError(f"{said} cannot exceed 1500 characters")
    if value.isspace():
        raise ValueError(f"{said} cannot be just whitespace")
    if not value and not empty:
        raise ValueError(f"{said} cannot be empty")
    return value


class BaseAsset:
    """What a schedule can be made of."""

    def __or__(self, other: Any) -> Any:
        return AssetAny(self, other) if isinstance(other, BaseAsset) else NotImplemented

    def __and__(self, other: Any) -> Any:
        return AssetAll(self, other) if isinstance(other, BaseAsset) else NotImplemented


class AssetWatcher:
    """A trigger that writes events of an asset."""

    def __init__(self, name: str, trigger: Any) -> None:
        from upgradecheck.runtime.sdk.triggers import BaseEventTrigger

        if not isinstance(trigger, BaseEventTrigger):
            raise ValueError("Asset watcher trigger must inherit BaseEventTrigger")
        self.name, self.trigger = name, trigger


class Asset(os.PathLike[str], BaseAsset):
    """A thing that tasks write and DAGs wait for."""

    asset_type = "asset"
    __version__ = 1

    def __init__(
        self,
        name: str | None = None,
        uri: Any = None,
        *,
        group: str | None = None,
        extra: Any = None,
        watchers: Any = None,
        access_control: Any = None,
    ) -> None:
        if name is None and uri is None:
            raise TypeError("Asset() requires either 'name' or 'uri'")
        self.name = _checked(self, "name", str(uri) if name is None else name)
        if self.name in ("self", "context"):
            raise ValueError(f"prohibited name for asset: {self.name}")
        self.uri: str = _checked(self, "uri", sanitized(name if uri is None else uri))
        self.group = _checked(self, "group", self.asset_type if group is None else group, empty=True)
        self.extra = {} if extra is None else extra
        self.watchers = watchers or []
        self.access_control = access_control or AssetAccessControl()

    @staticmethod
    def ref(*, name: str = "", uri: str = "") -> AssetRef:
        """An asset that is defined elsewhere."""
        if name and uri:
            raise TypeError("Asset reference must be made to either name or URI, not both")
        if not name and not uri:
            raise TypeError("Asset reference expects keyword argument 'name' or 'uri'")
        return AssetNameRef(name) if name else AssetUriRef(uri)

    def serialize(self) -> dict[str, Any]:
        """As an XCom keeps it."""
        return {**self._content(), "watchers": self.watchers, "access_control": self.access_control}

    @staticmethod
    def deserialize(data: dict[str, Any], version: int) -> Asset:
        """Out of an XCom."""
        return Asset(**data)

    def __fspath__(self) -> str:
        return self.uri

    def _content(self) -> dict[str, Any]:
        return {"name": self.name, "uri": self.uri, "group": self.group, "extra": self.extra}

    def __eq__(self, other: object) -> bool:
        return self._content() == other._content() if isinstance(other, Asset) else NotImplemented

    def __hash__(self) -> int:
        return hash(json.dumps(self._content(), sort_keys=True))

    def __repr__(self) -> str:
        said = f"name={self.name!r}, uri={self.uri!r}, group={self.group!r}, extra={self.extra!r}"
        more = f"watchers={self.watchers!r}, access_control={self.access_control!r}"
        return f"{type(self).__name__}({said}, {more})"


class AssetRef(BaseAsset):
    """An asset that is defined elsewhere."""

    def serialize(self) -> dict[str, Any]:
        """As an XCom keeps it."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))


class AssetNameRef(AssetRef):
    """By its name."""

    def __init__(self, name: str) -> None:
        self.name = name


class AssetUriRef(AssetRef):
    """By its URI."""

    def __init__(self, uri: str) -> None:
        self.uri = uri


class Dataset(Asset):
    """A kind of asset."""

    asset_type = "dataset"


class Model(Asset):
    """A kind of asset."""

    asset_type = "model"


class AssetAlias(BaseAsset):
    """A name under which a task writes assets that only it knows."""

    def __init__(self, name: str, *, group: str = "asset") -> None:
        self.name, self.group = _checked(self, "name", name), _checked(self, "group", group, empty=True)

    def serialize(self) -> dict[str, Any]:
        """As an XCom keeps it."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and (self.name, self.group) == (other.name, other.group)

    def __hash__(self) -> int:
        return hash(("alias", self.name, self.group))

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r}, group={self.group!r})"


class AssetBooleanCondition(BaseAsset):
    """Several."""

    def __init__(self, *objects: BaseAsset) -> None:
        if not all(isinstance(each, BaseAsset) for each in objects):
            raise TypeError("expect asset expressions in condition")
        self.objects = objects

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.objects == other.objects

    def __hash__(self) -> int:
        return hash((type(self), self.objects))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.objects))})"


class AssetAny(AssetBooleanCondition):
    """One of several."""

    def __or__(self, other: Any) -> Any:
        return AssetAny(*self.objects, other) if isinstance(other, BaseAsset) else NotImplemented


class AssetAll(AssetBooleanCondition):
    """All of several."""

    def __and__(self, other: Any) -> Any:
        return AssetAll(*self.objects, other) if isinstance(other, BaseAsset) else NotImplemented


class AssetAccessControl:
    """Which teams may write and read."""

    def __init__(self, producer_teams: Any = None, consumer_teams: Any = None, allow_global: bool = True) -> None:
        self.producer_teams, self.consumer_teams = producer_teams or [], consumer_teams
        self.allow_global = allow_global

    def serialize(self) -> dict[str, Any]:
        """As an XCom keeps it."""
        return dict(vars(self))

    def __repr__(self) -> str:
        said = f"producer_teams={self.producer_teams!r}, consumer_teams={self.consumer_teams!r}"
        return f"AssetAccessControl({said}, allow_global={self.allow_global!r})"


class Metadata:
    """What a task says about an asset that it writes."""

    def __init__(self, asset: Any, extra: Any = None, alias: Any = None) -> None:
        self.asset, self.extra, self.alias = asset, extra or {}, alias


__all__ = [
    name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__
]
HOMES = {
    **dict.fromkeys(("Asset", "AssetAlias", "AssetAll", "AssetAny", "AssetWatcher", "Metadata"), HOME),
    "AssetAccessControl": f"{HOME}.access_control",
}
SHOWN = ("Asset", "AssetAlias", "AssetAll", "AssetAny", "AssetWatcher", "AssetAccessControl", "Metadata")
ALSO = {f"airflow.sdk.{name}": globals()[name] for name in SHOWN}
