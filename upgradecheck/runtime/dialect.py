"""How this process reads DAG files: as 3.3.2 does, unless another reading was chosen when the process began
(``earlier`` has those)."""

from __future__ import annotations

from typing import Any


class Dialect:
    """What a release takes, and what it makes of what is left out. This one changes nothing: it is 3.3.2's."""

    release = ""
    plain_words = False  # states, rules and kinds print without their class
    delta_intervals = False  # runs of a timedelta have an interval, whatever is configured
    context_keys: frozenset[str] = frozenset()  # more of them than 3.3.2 has
    operator_keys: tuple[tuple[str, str, str], ...] = ()  # operator, argument that asks for it, key

    def __init__(self) -> None:
        self.options: dict[tuple[str, str], str] = {}  # defaults of the configuration that are others

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

    def records(self) -> tuple[Any, Any]:
        """The classes of ``ti`` and ``dag_run``."""
        from upgradecheck.runtime.instance import Instance, RunRecord

        return Instance, RunRecord

    def context(self, ti: Any, run: Any) -> dict[str, Any]:
        """The context of a task instance."""
        from upgradecheck.runtime.context import build

        return build(ti, run)


class _Chosen:
    dialect = Dialect()


def current() -> Dialect:
    """The one of this process."""
    return _Chosen.dialect


def choose(dialect: Dialect) -> None:
    """From now on, in this process."""
    _Chosen.dialect = dialect
