"""Read the classes that DAG files use off the running interpreter: runs inside an Airflow environment.

Reads a JSON object from the file given first: `roots` (dotted classes; they and their subclasses are wanted),
`names` (further paths to try), `skip` (prefixes of modules to leave out). Writes one JSON object a line to the
file given second. Third-party packages that are not installed are stood in for, so that every module of a provider
loads. Standard library only, and nothing of this repository: the environment holds Airflow and no more.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import inspect
import json
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Installed, and yet not to be imported where a library of the system is missing.
_NATIVE = ("pyodbc",)
# Logs of their own, of no use to a DAG file: what a class takes from them is no argument.
_NO_BASES = ("airflow.utils.log.", "airflow.sdk.definitions._internal.logging_mixin", "airflow.utils.helpers")


def _takes_anything(self: object, *_: object, **__: object) -> None:
    """The constructor of a stand-in."""


class _Pliant(type):
    """A class that has whatever attribute is asked of it."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Pliant(name, (Exception,), {"__module__": cls.__module__})


class _StandIn(types.ModuleType):
    """A package that is not installed: every name in it is a class."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        self.__version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Pliant(name, (Exception,), {"__module__": self.__name__, "__init__": _takes_anything})
        setattr(self, name, made)
        return made


def _asked_by_airflow() -> bool:
    """Whether the import under way stands in a module of Airflow: libraries try imports that may well fail."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame and frame.f_globals.get("__name__", "").startswith("importlib."):
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith("airflow.")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: what Airflow imports from elsewhere and nobody else finds is stood in for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top in ("airflow", "sentry_sdk") or top in sys.stdlib_module_names or not _asked_by_airflow():
            return None
        if "." in name and not isinstance(sys.modules.get(name.rpartition(".")[0]), _StandIn):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def modules(skip: tuple[str, ...]) -> Iterator[str]:
    """The public modules of Airflow and of the providers that are installed, by name."""
    for package in ("airflow", "airflow.providers"):
        for root in importlib.import_module(package).__path__:
            for path in sorted(Path(root).rglob("*.py")):
                parts = [part for part in path.relative_to(root).with_suffix("").parts if part != "__init__"]
                name = ".".join([package, *parts])
                private = any(part.startswith("_") or part in ("tests", "example_dags") for part in parts)
                if not private and not f"{name}.".startswith(skip):
                    yield name


def load(name: str) -> types.ModuleType | None:
    """The module, or nothing where it does not import: what fails is told on stderr."""
    try:
        return importlib.import_module(name)
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {str(error)[:120]}", file=sys.stderr)
        return None


def fetch(name: str) -> Any:
    """What a dotted path stands for, whether by import or by attributes; None where nothing does."""
    module, _, rest = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), rest)
    except BaseException:
        return None


def offered(module: types.ModuleType) -> dict[str, bool]:
    """Names a module holds, each with whether the module says it is its own to give."""
    names = dict.fromkeys((name for name in dir(module) if not name.startswith("_")), hasattr(module, "__path__"))
    for name in getattr(module, "__all__", ()) or ():
        names[name] = True
    for table in vars(module).values():
        if isinstance(table, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in table.items()):
            names.update((name, True) for name in table if name.isidentifier())
    return names


def home(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def own_parameters(cls: type) -> tuple[list[str], bool, bool]:
    """Names of the parameters of the class's own `__init__`, whether it has one, whether it takes any keyword."""
    made = cls.__dict__.get("__init__")
    if made is None:
        return [], False, True
    try:
        parameters = list(inspect.signature(made).parameters.values())[1:]
    except (TypeError, ValueError):
        return [], False, True
    named = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return (
        [name for name in named if not name.startswith("_")],
        True,
        any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


def described(cls: type) -> dict[str, Any]:
    """A class by its home, with its direct bases and its own parameters."""
    parameters, has_init, keywords = own_parameters(cls)
    bases = [base for base in cls.__bases__ if base.__module__.startswith("airflow.")]
    return {
        "home": home(cls),
        "bases": [home(base) for base in bases if not home(base).startswith(_NO_BASES)],
        "parameters": parameters,
        "init": has_init,
        "keywords": keywords,
    }


def decorators() -> Iterator[tuple[str, type]]:
    """The `@task.…` decorators by name (the bare one has none), each with the operator it makes."""
    task, manager = fetch("airflow.decorators.task"), importlib.import_module("airflow.providers_manager")
    collection = fetch("airflow.decorators.TaskDecoratorCollection") or type(task)
    names = [name for name in vars(collection) if not name.startswith("_")]
    for name in ["", *sorted({*names, *manager.ProvidersManager().taskflow_decorators})]:
        try:
            decorator = getattr(task, name) if name else task
            made = decorator(_body)
            made = made if hasattr(made, "operator_class") else decorator("python")(_body)  # external_python
            yield name, made.operator_class
        except BaseException as error:
            print(f"task.{name}: {type(error).__name__}: {error}", file=sys.stderr)


def _body() -> None:
    """What the decorators are tried on."""


def survey(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every wanted class with its description, then every path that leads to one, then the decorators."""
    roots = tuple(cls for cls in map(fetch, asked["roots"]) if isinstance(cls, type))
    seen: dict[type, None] = {}
    paths: dict[str, tuple[type, bool]] = {}
    for name in modules(tuple(asked["skip"])):
        module = load(name)
        for attribute, official in offered(module).items() if module else ():
            value = getattr(module, attribute, None)
            if inspect.isclass(value) and value.__module__.startswith("airflow.") and _is_wanted(value, roots):
                paths[f"{name}.{attribute}"] = (value, official)
    for name in asked["names"]:
        value = fetch(name)
        if inspect.isclass(value) and _is_wanted(value, roots):
            paths[name] = (value, True)
        elif callable(value) and not inspect.isclass(value):
            yield {"function": name}
    made = list(decorators())
    for cls in [*(cls for cls, _ in paths.values()), *(operator for _, operator in made)]:
        seen.update(dict.fromkeys(base for base in cls.__mro__ if base.__module__.startswith("airflow.")))
    yield from (described(cls) for cls in seen)
    yield from ({"path": p, "leads": home(cls), "official": official} for p, (cls, official) in paths.items())
    yield from ({"decorator": name, "leads": home(operator)} for name, operator in made)


def _is_wanted(cls: type, roots: tuple[type, ...]) -> bool:
    return not set(roots).isdisjoint(cls.__mro__)


def main() -> None:
    """Survey what the first file asks for into the second."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-probe-"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    importlib.import_module("airflow")  # it sets up its own handling of warnings: before ours
    warnings.simplefilter("ignore")
    sys.meta_path.append(_Finder())
    sys.modules.update((name, _StandIn(name)) for name in _NATIVE if load(name) is None)
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        for line in survey(asked):
            out.write(json.dumps(line) + "\n")
    os._exit(0)  # some providers leave threads behind


if __name__ == "__main__":
    main()
