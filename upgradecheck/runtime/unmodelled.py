"""What the runtime says of Airflow's names that it does not have."""

from __future__ import annotations

from typing import Any


class NotModelled(ImportError):
    """Airflow has this name; the runtime does not."""


class Member:
    """A member that Airflow's class has and ours does not: it is never called gone."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        raise NotModelled(f"{owner.__module__}.{owner.__name__}.{self.name} is not modelled")


def lacks(kind: type, names: str) -> None:
    """Say so of members of 3.3.2's class, as ``dir`` has them there."""
    for name in names.split():
        setattr(kind, name, Member(name))
