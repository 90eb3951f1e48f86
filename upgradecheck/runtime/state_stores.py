"""``task_state_store`` and ``asset_state_store``: what a task keeps from try to try, and an asset for ever."""

from __future__ import annotations

import json
from typing import Any

from upgradecheck.runtime import questions, task_api
from upgradecheck.runtime.current import door
from upgradecheck.runtime.sdk.assets import Asset, AssetNameRef, AssetUriRef


class TaskStateStoreAccessor:
    """Values by key, as JSON. None cannot be kept."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    def get(self, key: str, default: Any = None) -> Any:
        """A value."""
        found = door().ask(questions.GetState(self._scope, key))
        return default if found is None else found

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        """Keep a value. Raises ``ValueError``."""
        if value is None:
            raise ValueError("Cannot set value as None")
        door().ask(task_api.SetState(self._scope, key, json.loads(json.dumps(value))))

    def delete(self, key: str) -> None:
        """Forget one."""
        door().ask(task_api.DeleteState(self._scope, key))

    def clear(self) -> None:
        """Forget all."""
        door().ask(task_api.DeleteState(self._scope))


class Awaited:
    """The same, to be awaited."""

    async def aget(self, key: str, default: Any = None) -> Any:
        """A value."""
        return self.get(key, default)  # type: ignore[attr-defined]

    async def aset(self, key: str, value: Any) -> None:
        """Keep a value."""
        self.set(key, value)  # type: ignore[attr-defined]

    async def adelete(self, key: str) -> None:
        """Forget one."""
        self.delete(key)  # type: ignore[attr-defined]

    async def aclear(self) -> None:
        """Forget all."""
        self.clear()  # type: ignore[attr-defined]


class AssetStateStoreAccessor(TaskStateStoreAccessor, Awaited):
    """Of one asset."""


class AssetStateStoreAccessors(Awaited):
    """By asset; of a task with one asset also without naming it."""

    def __init__(self, given: list[Any]) -> None:
        self._made: dict[tuple[str, str], AssetStateStoreAccessor] = {}
        for each in given:
            if (key := _key(each)) is not None:
                self._made.setdefault(key, AssetStateStoreAccessor("/".join(("asset", *key))))

    def __getitem__(self, given: Any) -> AssetStateStoreAccessor:
        key = _key(given)
        if key is None:
            raise TypeError(f"Expected Asset, AssetNameRef, or AssetUriRef; got {type(given).__name__}")
        if key not in self._made:
            raise KeyError(f"{given!r} is not in this task's inlets or outlets")
        return self._made[key]

    def __getattr__(self, name: str) -> Any:
        if name not in ("get", "set", "delete", "clear"):
            raise AttributeError(name)
        if len(self._made) != 1:
            raise ValueError(
                f"Task has {len(self._made)} concrete inlets and outlets — use "
                "context['asset_state_store'][MY_ASSET] to specify which"
            )
        return getattr(next(iter(self._made.values())), name)


def _key(given: Any) -> tuple[str, str] | None:
    if isinstance(given, Asset | AssetNameRef):
        return "name", given.name
    return ("uri", given.uri) if isinstance(given, AssetUriRef) else None
