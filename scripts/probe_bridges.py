"""Which homes a bridge's names have: runs inside an Airflow environment.

A bridge is a provider module whose names import on two major versions. Reads, from the file given first, JSON of
``{"bridge": package, "homes": [dotted names]}``; writes one JSON object to the file given second: for each public
name of the package's modules the error, or whether it warns and the homes that hold the very same object (and, in
``paths``, those that the module itself names as where it looks). Standard library only, and nothing of this
repository.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import pkgutil
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MISSING = object()
_DEPRECATED = (DeprecationWarning, FutureWarning)


def fetch(name: str) -> Any:
    """The object that a dotted name stands for, `MISSING` where there is none."""
    module, _, last = name.rpartition(".")
    for path, attribute in ((module, last), (name, "")):
        try:
            found = importlib.import_module(path)
            return getattr(found, attribute) if attribute else found
        except Exception:  # whatever an import raises: the name is not to be had this way
            continue
    return MISSING


def modules(package: str) -> Iterator[types.ModuleType]:
    """The package's public modules that say what they offer."""
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        try:
            module = importlib.import_module(info.name)
        except Exception:  # it needs what is not installed here: it offers nothing
            continue
        if hasattr(module, "__all__"):
            yield module


def paths(module: types.ModuleType, name: str) -> list[str]:
    """Where a lazy module says that it looks for a name."""
    found: list[str] = []
    for table in ("_IMPORT_MAP", "_MODULE_MAP"):
        given = getattr(module, table, {}).get(name, ())
        for path in (given,) if isinstance(given, str) else given:
            found.append(path if table == "_MODULE_MAP" else f"{path}.{name}")
    return found


def measured(module: types.ModuleType, name: str, homes: dict[str, Any]) -> dict[str, Any]:
    """One name: its error, or the homes with the same object."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            own = getattr(module, name)
        except Exception as error:  # the error is the finding
            return {"error": f"{type(error).__name__}: {error}"[:200]}
    warns = any(issubclass(w.category, _DEPRECATED) and f".{name}`" in str(w.message) for w in caught)
    looked = {path: fetch(path) for path in [f"airflow.sdk.{name}", *paths(module, name)]}
    same = [home for home, value in {**looked, **homes}.items() if value is own and home.rpartition(".")[2] == name]
    paths_of = [path for path, value in looked.items() if value is own]
    return {"error": "", "warns": warns, "homes": same, "paths": paths_of}


def main() -> None:
    """Measure what the first file asks for into the second."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-probe-"))
    warnings.simplefilter("ignore")
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    offered = [(module, name) for module in modules(asked["bridge"]) for name in sorted(set(module.__all__))]
    last = {name for _, name in offered}
    homes = {name: fetch(name) for name in asked["homes"] if name.rpartition(".")[2] in last}
    names = {f"{module.__name__}.{name}": measured(module, name, homes) for module, name in offered}
    Path(sys.argv[2]).write_text(json.dumps(names), encoding="utf-8")
    os._exit(0)  # some providers leave threads behind


if __name__ == "__main__":
    main()
