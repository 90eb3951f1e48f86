"""How this process reads DAG files: as 3.3.2 does, unless another reading was chosen when the process began
(``earlier`` has those)."""

from __future__ import annotations

from typing import Any


class Dialect:
    """What a release takes, and what it makes of what is left out. This one changes nothing: it is that of 3.3.2."""

    release = ""
    options: dict[tuple[str, str], str] = {}

    def surface(self, surface: type, tables: Any) -> Any:
        """What can be imported."""
        return surface(tables)

    def dag_arguments(self, more: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a DAG beyond its id: (by position, by name)."""
        return more, given

    def task_arguments(self, parameters: set[str], given: dict[str, Any]) -> dict[str, Any]:
        """The arguments of an operator's ``__init__`` that has these parameters."""
        return given

    def unknown_arguments(self, modelled: bool, unknown: dict[str, Any]) -> dict[str, Any]:
        """Those of the arguments that no parameter takes which are an error."""
        return unknown


class _Chosen:
    dialect = Dialect()


def current() -> Dialect:
    """The one of this process."""
    return _Chosen.dialect


def choose(dialect: Dialect) -> None:
    """From now on, in this process."""
    _Chosen.dialect = dialect
