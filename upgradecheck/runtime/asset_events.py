"""Assets and their events, as a task's context has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pendulum

from upgradecheck.runtime import questions
from upgradecheck.runtime.current import Refused, door
from upgradecheck.runtime.sdk.assets import (
    Asset,
    AssetAlias,
    AssetAliasUniqueKey,
    AssetNameRef,
    AssetRef,
    AssetUniqueKey,
    AssetUriRef,
)


def asset_key(name: str | None, uri: str | None) -> AssetUniqueKey:
    """The key of a reference. Raises ``AirflowRuntimeError`` for an asset that nobody knows."""
    from upgradecheck.runtime.sdk.variable import refused

    try:
        return AssetUniqueKey(*door().ask(questions.GetAsset(name=name, uri=uri)))
    except Refused as error:
        raise refused(error) from error


def key_of(given: Any) -> Any:
    """The key of an asset, an alias or a reference."""
    if isinstance(given, Asset):
        return AssetUniqueKey.from_asset(given)
    if isinstance(given, AssetAlias):
        return AssetAliasUniqueKey.from_asset_alias(given)
    if isinstance(given, AssetNameRef):
        return asset_key(given.name, None)
    if isinstance(given, AssetUriRef):
        return asset_key(None, given.uri)
    raise TypeError(f"Key should be either an asset or an asset alias, not {type(given)}")


class ByName:
    """``outlet_events`` and ``inlet_events``: by name, uri, alias."""

    def for_asset(self, *, name: str | None = None, uri: str | None = None) -> Any:
        """Of an asset. Raises ``ValueError``."""
        if not name and not uri:
            raise ValueError("name and uri cannot both be None")
        given = {key: value for key, value in (("name", name), ("uri", uri)) if value}
        wanted: Any = Asset(**given) if len(given) > 1 else Asset.ref(**given)
        return self[wanted]  # type: ignore[index]

    def for_asset_alias(self, *, name: str) -> Any:
        """Of an alias."""
        return self[AssetAlias(name=name)]  # type: ignore[index]


@dataclass
class AssetAliasEvent:
    """An asset that was written through an alias."""

    source_alias_name: str
    dest_asset_key: AssetUniqueKey
    dest_asset_extra: dict[str, Any]
    extra: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """As the task reports it."""
        key = self.dest_asset_key
        return {"alias": self.source_alias_name, "name": key.name, "uri": key.uri, "extra": self.extra}


class OutletEventAccessor:
    """What a task says about one asset that it writes; of an alias, which assets it wrote."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.extra: dict[str, Any] = {}
        self.asset_alias_events: list[AssetAliasEvent] = []

    def add_partitions(self, keys: Any) -> None:
        """These parts of it were written. Raises ``ValueError``. Events are not kept by parts here."""
        for key in [keys] if isinstance(keys, str) else keys:
            if not key.strip():
                raise ValueError(f"partition_key must not be empty or whitespace-only; got {key!r}.")

    def add(self, asset: Any, extra: Any = None) -> None:
        """This asset was written, through the alias."""
        if not isinstance(self.key, AssetAliasUniqueKey):
            return
        if isinstance(asset, AssetRef):
            key = key_of(asset)
        elif isinstance(asset, Asset):
            key = AssetUniqueKey.from_asset(asset)
        else:
            raise TypeError(f"Key should be either an asset or an asset reference, not {type(asset)}")
        own = asset.extra if isinstance(asset, Asset) else {}
        self.asset_alias_events.append(AssetAliasEvent(self.key.name, key, own, extra or {}))


class OutletEventAccessors(ByName, Mapping[Any, Any]):
    """``outlet_events[asset]``."""

    def __init__(self) -> None:
        self._made: dict[Any, OutletEventAccessor] = {}

    def __iter__(self) -> Iterator[Any]:
        return (k.to_asset() if isinstance(k, AssetUniqueKey) else AssetAlias(k.name) for k in self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, given: Any) -> OutletEventAccessor:
        key = key_of(given)
        return self._made.setdefault(key, OutletEventAccessor(key))

    def events(self) -> list[dict[str, Any]]:
        """What was said, as the task reports it."""
        found: list[dict[str, Any]] = []
        for key, made in self._made.items():
            if isinstance(key, AssetUniqueKey):
                found.append({"name": key.name, "uri": key.uri, "extra": made.extra})
            found += [event.told() for event in made.asset_alias_events]
        return found


class AssetEvent:
    """An event as a task sees it."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self.id, self.extra = stored["number"], stored["extra"]
        self.asset = Asset(name=stored["name"], uri=stored["uri"])
        self.uri = stored["uri"]
        self.timestamp = pendulum.instance(stored["timestamp"])
        self.source_dag_id, self.source_task_id = stored["dag_id"], stored["task_id"]
        self.source_run_id, self.source_map_index = stored["run_id"], stored["map_index"]
        self.source_aliases = [AssetAlias(name) for name in stored["aliases"]]
        self.partition_key = stored["partition_key"]
        self.created_dagruns: list[Any] = []


def grouped(stored: Sequence[dict[str, Any]]) -> dict[Any, list[AssetEvent]]:
    """``triggering_asset_events``: by asset, and by each alias that an event was made through."""
    found: dict[Any, list[AssetEvent]] = {}
    for each in stored:
        event = AssetEvent(each)
        for key in (event.asset, *event.source_aliases):
            found.setdefault(key, []).append(event)
    return found


class TriggeringAssetEventsAccessor(Mapping[Any, Any]):
    """``triggering_asset_events``."""

    def __init__(self, stored: Sequence[dict[str, Any]]) -> None:
        self._keys: dict[Any, Any] = {}
        self._events: dict[Any, list[AssetEvent]] = {}
        for key, events in grouped(stored).items():
            self._keys[key_of(key)] = key
            self._events[key_of(key)] = events

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, given: Any) -> list[AssetEvent]:
        key = key_of(given)
        self._keys.setdefault(key, given)  # asked for, it is there: Airflow keeps them in a ``defaultdict``
        return self._events.setdefault(key, [])

    def __repr__(self) -> str:
        return f"TriggeringAssetEventAccessor(_events={defaultdict(list, self._events)!r})"


class InletEvents(Sequence[Any]):
    """The events of one inlet, asked for when they are needed."""

    def __init__(self, **wanted: Any) -> None:
        self._wanted = wanted
        self._got: list[AssetEvent] | None = None

    def _asked(self, **more: Any) -> InletEvents:
        return InletEvents(**{**self._wanted, **more})

    def after(self, after: str | datetime) -> InletEvents:
        """Later than."""
        return self._asked(after=pendulum.parse(after) if isinstance(after, str) else after)

    def before(self, before: str | datetime) -> InletEvents:
        """Earlier than."""
        return self._asked(before=pendulum.parse(before) if isinstance(before, str) else before)

    def ascending(self, ascending: bool = True) -> InletEvents:
        """The oldest first."""
        return self._asked(ascending=ascending)

    def limit(self, limit: int) -> InletEvents:
        """So many."""
        return self._asked(limit=limit)

    @property
    def _events(self) -> list[AssetEvent]:
        if self._got is None:
            self._got = [AssetEvent(each) for each in door().ask(questions.GetAssetEvents(**self._wanted))]
        return self._got

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: Any) -> Any:
        return self._events[index]


class InletEventsAccessors(ByName, Mapping[Any, Any]):
    """``inlet_events[asset]``: of the task's inlets only."""

    def __init__(self, inlets: list[Any]) -> None:
        self._inlets = inlets
        keys = [key_of(each) for each in inlets if isinstance(each, Asset | AssetAlias | AssetRef)]
        self._assets = [key for key in keys if isinstance(key, AssetUniqueKey)]
        self._aliases = [key for key in keys if isinstance(key, AssetAliasUniqueKey)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)

    def __getitem__(self, given: Any) -> InletEvents:
        asked = self._inlets[given] if isinstance(given, int) else given
        if isinstance(asked, AssetNameRef):
            key = next((key for key in self._assets if key.name == asked.name), None)
            wanted = {"name": asked.name}
        elif isinstance(asked, AssetUriRef):
            key = next((key for key in self._assets if key.uri == asked.uri), None)
            wanted = {"uri": asked.uri}
        elif isinstance(asked, AssetAlias):
            key, wanted = key_of(asked), {"alias": asked.name}
        elif isinstance(asked, Asset):
            key, wanted = key_of(asked), {"name": asked.name, "uri": asked.uri}
        elif isinstance(given, int):
            raise IndexError(given)
        else:
            raise TypeError(f"`key` is of unknown type ({type(given).__name__})")
        if key not in {*self._assets, *self._aliases}:
            raise KeyError(asked if key is None else key)
        return InletEvents(**wanted)
