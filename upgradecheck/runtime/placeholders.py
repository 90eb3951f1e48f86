"""A name that the runtime does not model, of Airflow or a provider: good for being named and handed on while a file
loads.

What it does is not modelled, so task code cannot use it.
"""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.current import in_task
from upgradecheck.runtime.unmodelled import NotModelled

_ASKED = {"resolve", "template_fields"}  # by the rendering of templates, of every value


class Placeholder:
    """``told``: how it was come by, such as ``airflow.providers.cncf.kubernetes.secret.Secret()``."""

    def __init__(self, told: str) -> None:
        self.__dict__["_told"] = told

    def _next(self, what: str) -> Placeholder:
        if in_task():
            raise NotModelled(f"{self._told} is not modelled", name=self._told)
        return Placeholder(f"{self._told}{what}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in _ASKED:
            raise AttributeError(name)
        return self._next(f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Forgotten."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What it gives."""
        return self._next("()")

    def __getitem__(self, key: Any) -> Any:
        return self._next(f"[{key!r}]")

    def _told_by(self, *args: Any) -> Any:
        raise NotModelled(f"what is in {self._told} is not modelled", name=self._told)

    __iter__ = __len__ = __contains__ = __fspath__ = __int__ = __float__ = __index__ = _told_by
    __add__ = __radd__ = __mod__ = __truediv__ = __rtruediv__ = __lt__ = __le__ = __gt__ = __ge__ = _told_by

    def __or__(self, other: Any) -> Any:
        """In an annotation."""
        return self

    __ror__ = __or__

    def __enter__(self) -> Any:
        return self._next(".__enter__()")

    def __exit__(self, *args: Any) -> None:
        """Nothing."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return () if any(isinstance(base, type) for base in bases) else (object,)

    def __copy__(self) -> Placeholder:
        return self

    def __deepcopy__(self, memo: Any) -> Placeholder:
        return self

    def __repr__(self) -> str:
        return f"<{self._told}>"
