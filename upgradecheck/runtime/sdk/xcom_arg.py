"""The output of a task as an argument of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from upgradecheck.runtime.sdk.abstract import AbstractOperator
from upgradecheck.runtime.sdk.exceptions import AirflowException, XComNotFound
from upgradecheck.runtime.sdk.names import NOTSET, is_arg_set
from upgradecheck.runtime.sdk.nodes import DependencyMixin
from upgradecheck.runtime.sdk.params import ResolveMixin
from upgradecheck.runtime.sdk.values import JoinedValues, MappedValues, ZippedValues, sized

HOME = "airflow.sdk.definitions.xcom_arg"
RETURN_KEY = "return_value"


class XComArg(ResolveMixin, DependencyMixin):
    """The output of a task, or one made of others."""

    def __new__(cls, *args: Any, **kwargs: Any) -> XComArg:
        """A plain one, where this class itself is called."""
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See the kinds below."""

    @staticmethod
    def iter_xcom_references(arg: Any) -> Iterator[tuple[Any, str]]:
        """The tasks and keys that a value refers to, however deep."""
        if isinstance(arg, ResolveMixin):
            yield from arg.iter_references()
        elif isinstance(arg, tuple | set | list | dict):
            for inner in arg.values() if isinstance(arg, dict) else arg:
                yield from XComArg.iter_xcom_references(inner)
        elif isinstance(arg, AbstractOperator):
            for field in arg.template_fields:
                yield from XComArg.iter_xcom_references(getattr(arg, field))

    @staticmethod
    def apply_upstream_relationship(operator: Any, arg: Any) -> None:
        """Draw arrows from what a value refers to."""
        for upstream, _ in XComArg.iter_xcom_references(arg):
            operator.set_upstream(upstream)

    @property
    def roots(self) -> list[Any]:
        """The tasks it is made from."""
        return [operator for operator, _ in self.iter_references()]

    @property
    def leaves(self) -> list[Any]:
        """The tasks it is made from."""
        return [operator for operator, _ in self.iter_references()]

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """On the tasks it is made from."""
        for operator, _ in self.iter_references():
            operator.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """On the tasks it is made from."""
        for operator, _ in self.iter_references():
            operator.set_downstream(other, edge_modifier)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """Each value through a function."""
        return MapXComArg(self, [f])

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        """Values side by side."""
        return ZipXComArg([self, *others], fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        """Values one after the other."""
        return ConcatXComArg([self, *others])

    def __enter__(self) -> Any:
        operator = self.operator  # type: ignore[attr-defined]
        if not operator.is_setup and not operator.is_teardown:
            raise AirflowException("Only setup/teardown tasks can be used as context managers.")
        return operator.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self.operator.__exit__(*exc)  # type: ignore[attr-defined]


class PlainXComArg(XComArg):
    """One XCom of one task."""

    def __init__(self, operator: Any, key: str = RETURN_KEY) -> None:
        self.operator, self.key = operator, key

    def __getitem__(self, item: str) -> XComArg:
        if not isinstance(item, str):
            raise ValueError(f"XComArg only supports str lookup, received {type(item).__name__}")
        return PlainXComArg(self.operator, item)

    def __iter__(self) -> Any:
        raise TypeError("'XComArg' object is not iterable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainXComArg) and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __str__(self) -> str:
        given = f"task_ids='{self.operator.task_id}', dag_id='{self.operator.dag_id}', key='{self.key}'"
        return f"{{{{ task_instance.xcom_pull({given}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}{'' if self.key == RETURN_KEY else f', {self.key!r}'})"

    @property
    def is_setup(self) -> bool:
        """Of the task."""
        return bool(self.operator.is_setup)

    @is_setup.setter
    def is_setup(self, value: bool) -> None:
        self.operator.is_setup = value

    @property
    def is_teardown(self) -> bool:
        """Of the task."""
        return bool(self.operator.is_teardown)

    @is_teardown.setter
    def is_teardown(self, value: bool) -> None:
        self.operator.is_teardown = value

    @property
    def on_failure_fail_dagrun(self) -> bool:
        """Of the task."""
        return bool(self.operator.on_failure_fail_dagrun)

    @on_failure_fail_dagrun.setter
    def on_failure_fail_dagrun(self, value: bool) -> None:
        self.operator.on_failure_fail_dagrun = value

    def as_setup(self) -> Any:
        """Mark the task as setup."""
        self.operator.as_setup()
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        """Mark the task as teardown."""
        self.operator.as_teardown(setups=setups, on_failure_fail_dagrun=on_failure_fail_dagrun)
        return self

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The task and the key."""
        yield self.operator, self.key

    def _only_returned(self, doing: str) -> None:
        if self.key != RETURN_KEY:
            raise ValueError(f"cannot {doing} non-return XCom")

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """Each value through a function."""
        self._only_returned("map against")
        return super().map(f)

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        """Values side by side."""
        self._only_returned("map against")
        return super().zip(*others, fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        """Values one after the other."""
        self._only_returned("concatenate")
        return super().concat(*others)

    def resolve(self, context: Any) -> Any:
        """The value. Raises ``XComNotFound`` for a key that a task without multiple outputs never pushed."""
        ti = context["ti"]
        if self.operator.is_mapped:
            return ti.lazy_sequence(self.operator.task_id, self.key)
        indexes: Any = None
        if self.operator.get_closest_mapped_task_group() is not None:
            relevant = ti.relevant_map_indexes(self.operator)
            indexes = NOTSET if relevant is None else relevant
        found = ti.xcom_pull(task_ids=self.operator.task_id, key=self.key, default=NOTSET, map_indexes=indexes)
        if is_arg_set(found):
            return found
        if self.key == RETURN_KEY or getattr(self.operator, "multiple_outputs", False):
            return None
        raise XComNotFound(ti.dag_id, self.operator.task_id, self.key)


class MapXComArg(XComArg):
    """Each value through functions."""

    def __init__(self, arg: XComArg, callables: list[Any]) -> None:
        if any(getattr(each, "_is_task_decorator", False) for each in callables):
            raise ValueError("map() argument must be a plain function, not a @task operator")
        self.arg, self.callables = arg, callables

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """Those of the argument."""
        yield from self.arg.iter_references()

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """One more function."""
        return MapXComArg(self.arg, [*self.callables, f])

    def resolve(self, context: Any) -> Any:
        """The values."""
        return MappedValues(sized(self.arg.resolve(context), "map"), self.callables)


class ZipXComArg(XComArg):
    """Values side by side."""

    def __init__(self, args: list[XComArg], fillvalue: Any = NOTSET) -> None:
        self.args, self.fillvalue = args, fillvalue

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """Those of all."""
        for arg in self.args:
            yield from arg.iter_references()

    def resolve(self, context: Any) -> Any:
        """The values."""
        return ZippedValues([sized(arg.resolve(context), "zip") for arg in self.args], self.fillvalue)


class ConcatXComArg(XComArg):
    """Values one after the other."""

    def __init__(self, args: list[XComArg]) -> None:
        self.args = args

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """Those of all."""
        for arg in self.args:
            yield from arg.iter_references()

    def concat(self, *others: XComArg) -> ConcatXComArg:
        """More."""
        return ConcatXComArg([*self.args, *others])

    def resolve(self, context: Any) -> Any:
        """The values."""
        return JoinedValues([sized(arg.resolve(context), "concat") for arg in self.args])


__all__ = ["PlainXComArg", "XComArg"]
