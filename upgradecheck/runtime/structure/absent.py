"""Something that is not here: a package that is not installed, a variable that no deployment gives.

It goes through most of what a DAG file does with such a thing while it is loaded, and is told by how it was come
by.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

LONGEST = 200  # characters of a call's arguments that are told; of more only whether they are the same


class Absent:
    """``path``: how it was come by, such as ``pandas.DataFrame()``."""

    def __init__(self, path: str) -> None:
        self.__dict__["path"] = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.path}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Forgotten."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What it gives; as a decorator the function itself."""
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Absent | type):
            return args[0]
        return Absent(f"{self.path}({_listed(args, kwargs)})")

    def __getitem__(self, key: Any) -> Any:
        return Absent(f"{self.path}[{key!r}]")

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forgotten."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __contains__(self, value: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return Absent(f"{self.path} as")

    def __exit__(self, *raised: Any) -> None:
        """Nothing to leave."""

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return f"<{self.path}>"

    __repr__ = __fspath__ = __str__

    def __hash__(self) -> int:
        return hash(self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Absent) and other.path == self.path

    def __lt__(self, other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __or__(self, other: object) -> Any:
        return self

    __ror__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __or__
    __mod__ = __and__ = __rand__ = __or__

    def __rshift__(self, other: Any) -> Any:
        """As tasks do it: what comes next."""
        return other

    __lshift__ = __rshift__

    def __rrshift__(self, other: Any) -> Any:
        return self

    __rlshift__ = __rrshift__

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return () if any(isinstance(base, type) for base in bases) else (object,)


Mapping.register(Absent)  # it may stand where a dictionary is wanted: one without entries


def _listed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What a call is given, in short."""
    from upgradecheck.runtime.structure.describe import value

    told = ", ".join([*map(value, args), *(f"{name}={value(each)}" for name, each in sorted(kwargs.items()))])
    return told if len(told) <= LONGEST else hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12]


class AbsentText(str):
    """A variable or a setting that nobody gives: a text, which may turn out to be a number."""

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0


class AbsentModule(ModuleType):
    """A module of a package that is not installed."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")


class AbsentFinder(MetaPathFinder, Loader):
    """Stands behind all other finders. ``found``: the packages that it had to stand in for."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """A stand-in, unless a part of a package that is there is asked for: that it lacks this is no accident.
        A folder without code may be a git submodule that was not fetched."""
        above = sys.modules.get(fullname.rpartition(".")[0])
        if above is not None and getattr(above, "__file__", None) and not isinstance(above, AbsentModule):
            return None
        self.found[fullname.partition(".")[0]] = None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Ours."""
        return AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs."""


class AbsentEnvironment(os._Environ[str]):
    """The environment, in which an entry that has to be there is."""

    def __getitem__(self, key: str) -> str:
        try:
            return super().__getitem__(key)
        except KeyError:
            return AbsentText(f"<os.environ[{key!r}]>")

    def get(self, key: str, default: Any = None) -> Any:
        """What may be missing is missing."""
        return super().__getitem__(key) if key in self else default

    def __contains__(self, key: object) -> bool:
        return key in set(self)


def missing_values_too() -> None:
    """From now on, in this process, variables, connections and the environment's entries that nobody gives stand
    in for themselves."""
    os.environ.__class__ = AbsentEnvironment
    from upgradecheck.runtime import standins
    from upgradecheck.runtime.sdk.connection import Connection
    from upgradecheck.runtime.sdk.hook import BaseHook
    from upgradecheck.runtime.sdk.variable import Variable

    standins.attribute = _attribute
    for owner, name in ((Variable, "get"), (Connection, "get"), (BaseHook, "get_connection")):
        _stand_in(owner, name)


def _attribute(self: Any, name: str) -> Any:
    """What a stand-in of a hook has: it is absent like the hook."""
    if name.startswith("__"):
        raise AttributeError(name)
    return Absent(f"{type(self).__name__}().{name}")


def _stand_in(owner: type, name: str) -> None:
    from upgradecheck.runtime.sdk.exceptions import AirflowException, AirflowRuntimeError
    from upgradecheck.runtime.sdk.variable import Variable

    asked: Any = getattr(owner, name).__func__

    def get(cls: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return asked(cls, *args, **kwargs)
        except (AirflowException, AirflowRuntimeError):
            key = next(iter((*args, *(kwargs[name] for name in ("key", "conn_id") if name in kwargs))), "")
            path = f"{owner.__name__}.{name}({key!r})"
            data = owner is not Variable or any(args[2:3]) or kwargs.get("deserialize_json")
            return Absent(path) if data else AbsentText(f"<{path}>")

    setattr(owner, name, classmethod(get))
