"""Imports of ``airflow.*`` in a DAG file's process: answered by our own modules.

``rules/tables/surface.csv`` lists what Airflow 3.3.2 and its standard provider have, and which names stand for one
object. A module or name that is not in it fails as it does there; one that is, and that we do not have, can be
named and not used (``placeholders``). Classes of other providers are stand-ins, made from
``rules/tables/classes.csv``.
"""

from __future__ import annotations

import csv
import importlib
import os
import pkgutil
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from upgradecheck.runtime import dialect, sdk
from upgradecheck.runtime.placeholders import Placeholder
from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.walls import BLOCKED
from upgradecheck.runtime.standins import StandIns
from upgradecheck.runtime.unmodelled import NotModelled

SITE = "/site-packages"
VERSION = "3.3.2"
PROVIDERS = "airflow.providers."
KINDS = ("Operator", "Sensor", "Hook", "Trigger", "Notifier")
UNTOLD = "*"  # a module of which the table tells nothing but that it is there


class Surface:
    """What can be imported: module -> name -> home."""

    def __init__(self, tables: Path) -> None:
        self.modules: dict[str, dict[str, str]] = {}
        self.untold: set[str] = set()
        self.fileless: set[str] = set()  # what Python calls an unknown location
        self.tables = tables
        conf.load(tables)
        self._gone: set[str] | None = None
        with (tables / "surface.csv").open(encoding="utf-8", newline="") as file:
            for module, name, home in csv.reader(file):
                names = self.modules.setdefault(module, {})
                if home == UNTOLD:
                    self.untold.add(module)
                elif name == "__file__":
                    self.fileless.add(module)
                else:
                    names.update({name: home} if name else dict.fromkeys(home.split(), ""))
        self.objects = dict(own_objects())
        for key, value in list(self.objects.items()):
            module, _, name = key.rpartition(".")
            known = self.modules.get(module, {}).get(name)
            if known:
                self.objects.setdefault(known, value)

    def gone(self, module: str) -> bool:
        """Whether the table of providers' names knows that a module, one above it or all below it are no more."""
        if self._gone is None:
            with (self.tables.parent / "provider_import.csv").open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file)
                self._gone = {row["old"] for row in rows if (row["kind"], row["s33"]) == ("module", "broken")}
        parts = module.split(".")
        above = any(".".join(parts[:number]) in self._gone for number in range(3, len(parts) + 1))
        return above or any(gone.startswith(f"{module}.") for gone in self._gone)

    def get(self, module: str, name: str) -> Any:
        """What a name of a module stands for. Raises ``AttributeError`` where it has none, ``NotModelled``."""
        names = self.modules[module]
        if module in self.untold:
            raise NotModelled(f"{module} is not modelled", name=f"{module}.{name}")
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if names[name] in self.modules:  # a name that leads to a module, by a fault of 3.3.2
            return importlib.import_module(names[name])
        for key in (names[name], f"{module}.{name}"):
            if key in self.objects:
                return self.objects[key]
            if key in HERE:
                return HERE[key]()
        raise NotModelled(f"{module}.{name} is not modelled", name=f"{module}.{name}")

    def named(self, module: str, name: str, stand_ins: StandIns) -> Any:
        """The same; what is not modelled can be named, operators and hooks of a provider have stand-ins. Raises
        ``AttributeError``, and ``NotModelled`` for names of a module of which nothing is known."""
        try:
            return self.get(module, name)
        except NotModelled:
            if module in self.untold or name not in self.modules[module]:
                raise
            home = self.modules[module][name]
            of_provider = home.startswith(PROVIDERS) and name.endswith(KINDS)
            return stand_ins.cls(home) if of_provider else Placeholder(f"{module}.{name}")


TYPING = ("Literal", "ParamSpec", "Self", "TypeAlias", "TypeGuard", "Unpack", "assert_never")
HERE: dict[str, Callable[[], Any]] = {  # what is another thing in each process
    "airflow.configuration.AIRFLOW_HOME": lambda: os.environ["AIRFLOW_HOME"],
    "airflow.settings.AIRFLOW_HOME": lambda: os.environ["AIRFLOW_HOME"],
    "airflow.settings.DAGS_FOLDER": lambda: os.environ["AIRFLOW__CORE__DAGS_FOLDER"],
    "airflow.version.version": lambda: VERSION,
    **{f"airflow.typing_compat.{name}": partial(getattr, typing, name) for name in TYPING if hasattr(typing, name)},
}
MOVED_MODULES = {
    **{  # these names stand for the module in 3.3.2, not for what is in it
        f"airflow.utils.context.{name}": "airflow.sdk.definitions.context"
        for name in ("KNOWN_CONTEXT_KEYS", "Context", "context_copy_partial", "context_merge")
    },
    "airflow.providers.common.compat.sdk.timezone": "airflow.sdk.timezone",
    "airflow.sdk.macros": "airflow.sdk.execution_time.macros",
}


def own_objects() -> Iterator[tuple[str, Any]]:
    """(home in Airflow, our object), of all our modules; our classes and functions say that they live there:
    so they are named in what Python raises."""
    for info in pkgutil.iter_modules(sdk.__path__):
        module = importlib.import_module(f"{sdk.__name__}.{info.name}")
        homes = getattr(module, "HOMES", {})
        for name in getattr(module, "__all__", ()):
            home = homes.get(name, getattr(module, "HOME", ""))
            value = getattr(module, name)
            if isinstance(value, type | FunctionType):
                value.__module__ = home
            yield f"{home}.{name}", value
        yield from getattr(module, "ALSO", {}).items()


class SurfaceModule(ModuleType):
    """A module of Airflow: names are looked up when they are asked for."""

    surface: Surface
    stand_ins: StandIns

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return VERSION
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if full in MOVED_MODULES:
            return importlib.import_module(MOVED_MODULES[full])
        if full in self.surface.modules and not self.surface.modules[self.__name__].get(name):
            return importlib.import_module(full)
        found = self.surface.named(self.__name__, name, self.stand_ins)
        if found is BLOCKED:
            raise AttributeError("Access to the Airflow Metadatabase from dags is not allowed!")
        return found

    def __dir__(self) -> list[str]:
        return sorted(self.surface.modules[self.__name__])


class Finder(MetaPathFinder, Loader):
    """Stands before all other finders; ``airflow`` itself need not be installed."""

    def __init__(self, surface: Surface, stand_ins: Any) -> None:
        self.surface, self.stand_ins = surface, stand_ins
        self.packages = {name.rpartition(".")[0] for name in (*surface.modules, *stand_ins.modules)}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """A spec for what Airflow or a provider that we know has; else nothing may be found elsewhere."""
        if fullname != "airflow" and not fullname.startswith("airflow."):
            return None
        if fullname in self.surface.modules or self.stand_ins.knows(fullname):
            spec = ModuleSpec(fullname, self, is_package=True)
            if fullname not in self.surface.fileless:
                spec.origin = self._place(fullname)
            return spec
        if fullname.startswith(PROVIDERS) and not self.surface.gone(fullname):
            if not self.stand_ins.knows(".".join(fullname.split(".")[:3])):
                return own_provider(fullname, path)
            raise NotModelled(f"{fullname} is not modelled", name=fullname)
        raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)

    def _place(self, module: str) -> str:
        """Where its file would be."""
        inner = "/__init__" if module in self.packages else ""
        return f"{SITE}/{module.replace('.', '/')}{inner}.py"

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Ours."""
        if spec.name not in self.surface.modules:
            made: ModuleType = self.stand_ins.module(spec.name)
            return made
        module = SurfaceModule(spec.name)
        module.surface, module.stand_ins = self.surface, self.stand_ins
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs. Its file is named as in a real installation."""
        if module.__name__ not in self.surface.fileless:
            module.__file__ = self._place(module.__name__)
        exported = self.surface.modules.get(module.__name__)
        if exported is not None:
            module.__dict__["__all__"] = [name for name, home in exported.items() if home in self.surface.objects]


def own_provider(fullname: str, path: Sequence[str] | None) -> ModuleSpec:
    """A provider that is not Airflow's, where the project or the environment has it. Raises
    ``ModuleNotFoundError``."""
    folders = [os.path.join(folder, "airflow", "providers") for folder in sys.path]
    found = PathFinder.find_spec(fullname, [*(path or ()), *(folders if fullname.count(".") == 2 else ())])
    if found is None:
        raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
    return found


def unknown_provider(module: str) -> bool:
    """Is it of a provider that is not Airflow's?"""
    finder = next((each for each in sys.meta_path if isinstance(each, Finder)), None)
    if finder is None or not module.startswith(PROVIDERS) or finder.surface.gone(module):
        return False
    return not finder.stand_ins.knows(".".join(module.split(".")[:3]))


MADE: dict[tuple[str, Path], Finder] = {}  # read once, before the processes of files are forked


def of(tables: Path) -> Finder:
    """What finds that which Airflow 3 has."""
    key = (type(dialect.current()).__name__, tables)
    if key not in MADE:
        MADE[key] = Finder(dialect.current().surface(Surface, tables), StandIns(tables))
    return MADE[key]


def install(finder: Finder) -> None:
    """From now on, in this process, ``airflow`` is what this finds."""
    for name in [name for name in sys.modules if name == "airflow" or name.startswith("airflow.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
