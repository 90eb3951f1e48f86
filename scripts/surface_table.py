"""Write ``rules/tables/surface.csv``: what can be imported from Airflow and its standard provider, and what it is.

    python scripts/surface_table.py --python AIRFLOW_PYTHON > rules/tables/surface.csv

One row a public name of Airflow's own: ``home`` is the place that the runtime models it under; names that stand for
one object share it. One row a module: its ``name`` is empty, and ``home`` lists what it has of other packages, or
is ``*`` where that is not told. A row whose ``name`` is ``__file__`` says that the module is in no file. Run it
with the interpreter of the release that the runtime models.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import importlib
import io
import os
import pkgutil
import subprocess
import sys
import tempfile
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

RULES = Path(__file__).resolve().parents[1] / "rules"
PACKAGES = ("airflow", "airflow.providers.standard", "airflow.providers.common.compat")
LEFT_OUT = (
    "migrations",
    "example_dags",
    "api_fastapi",
    "cli",
    "_vendor",
    "_shared",
    "ui",
    "__main__",
    "serialization",
)
FORMER_NAMES = {  # modules that live in no file: the package hands them out
    "airflow.operators": (
        "python bash empty datetime latest_only trigger_dagrun weekday smooth branch generic_transfer email "
    ),
    "airflow.sensors": ("base bash date_time external_task filesystem python time_delta time_sensor weekday "),
    "airflow.hooks": ("base filesystem subprocess package_index "),
    "airflow.triggers": ("base temporal file external_task "),
    "airflow.utils": ("task_group trigger_rule edgemodifier setup_teardown timezone weight_rule "),
    "airflow.models": ("baseoperator param xcom_arg baseoperatorlink mappedoperator abstractoperator dagparam "),
    "airflow": ("decorators datasets "),
    "airflow.notifications": ("basenotifier "),
    "airflow.datasets": ("metadata "),
}
FORMER = tuple(f"{package}.{name}" for package, names in FORMER_NAMES.items() for name in names.split())
NO_FILE = "__file__"  # the name in the row of a module that is in no file
UNTOLD = "*"  # the module is there, and what it holds is not told
CONSTANTS = (str, int, float, list, dict, tuple, set, frozenset, timedelta)


@functools.cache
def told() -> dict[str, set[str]]:
    """Names that the tables of names know, by module: what one hands out on request alone is found in no list."""
    found: dict[str, set[str]] = {}
    for path in sorted(RULES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            for row in rows if (rows.fieldnames or [])[:2] == ["old", "kind"] else ():
                module, _, name = row["old"].rpartition(".")
                found.setdefault(module, set()).add(name)
                if row["kind"] == "module":
                    found.setdefault(row["old"], set())
    return found


def modules() -> list[str]:
    """Every module of the packages that can be imported."""
    found = {*PACKAGES, *FORMER, "airflow.providers"}
    found |= {name for name in told() if name.partition(".")[0] == "airflow" and _wanted(name)}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for info in pkgutil.walk_packages(module.__path__, f"{package}.", onerror=lambda name: None):
            if _wanted(info.name):
                found.add(info.name)
    return sorted(found)


def left_out() -> list[str]:
    """The modules of which nothing is told but that they are there."""
    packages = importlib.import_module("airflow").__path__
    found = {info.name for info in pkgutil.walk_packages(packages, "airflow.", onerror=lambda name: None)}
    for name in told():
        with contextlib.suppress(BaseException):  # as in `loaded`
            found |= {importlib.import_module(name).__name__} if name.startswith("airflow.") else set()
    ours = (name for name in found if not name.startswith("airflow.providers."))
    return sorted(name for name in ours if not _wanted(name) and "._" not in name)


def loaded() -> dict[str, Any]:
    """Those that load, with what they are."""
    found = {}
    for name in modules():
        with contextlib.suppress(BaseException):  # what does not load here loads nowhere: no row
            found[name] = importlib.import_module(name)
    made = {name: module for name, module in sys.modules.items() if name.startswith("airflow.")}
    mine = {name: module for name, module in made.items() if _wanted(name) and module is not None}
    return {**mine, **found}


def _wanted(name: str) -> bool:
    provider = name.startswith("airflow.providers.") and not name.startswith(PACKAGES[1:])
    return not provider and not any(part in LEFT_OUT for part in name.split("."))


def redirected(module: Any) -> dict[str, str]:
    """Names that a module hands out for others, with what it takes for them: where it errs that is a module."""
    lazily = vars(module).get("__getattr__")
    return dict(lazily.args[0]) if isinstance(lazily, functools.partial) else {}


def names(module: Any) -> list[str]:
    """What the module has, lazily given names too: deprecated ones stand in the arguments of a partial."""
    promised = {*getattr(module, "__all__", ()), *getattr(module, "__lazy_imports", ())}
    found = {*dir(module), *(name for name in promised if _has(module, name))}
    imports = redirected(module)
    found |= {name for name in imports if _has(module, name)}
    if "*" in imports:
        found |= {*dir(importlib.import_module(imports["*"]))}
    found |= {name for name in told().get(module.__name__, ()) if _has(module, name)}
    return sorted(name for name in found if name.isidentifier() and not name.startswith("_"))


def _has(module: Any, name: str) -> bool:
    with contextlib.suppress(BaseException):  # whatever asking for it raises, it cannot be imported
        return hasattr(module, name)
    return False


def home(value: Any, given: str, known: dict[int, str]) -> str:
    """The place under which the runtime has this object: where it is defined, or where the SDK shows it."""
    if id(value) in known:
        return known[id(value)]
    module, name = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
    if isinstance(module, str) and module.startswith("airflow") and name and "<" not in str(name):
        return f"{module}.{name}"
    own = value is None or type(value).__module__.startswith("airflow") or isinstance(value, CONSTANTS)
    return given if own else ""


def rows() -> list[tuple[str, str, str]]:
    """(module, name, home), sorted."""
    have, found = loaded(), []
    sdk = have["airflow.sdk"]
    known = {
        id(getattr(sdk, n)): f"airflow.sdk.{n}" for n in names(sdk) if n not in ("annotations", "TYPE_CHECKING")
    }
    for module, what in have.items():
        foreign = []
        for name in names(what):
            place, value = "", None
            with contextlib.suppress(BaseException):  # what cannot even be read (a walled attribute) is a name too
                value = getattr(what, name)
                place = home(value, f"{module}.{name}", known)
            if type(value).__name__ == "module":
                found += [(module, name, str(getattr(value, "__name__", "")))] if name in redirected(what) else []
                continue
            if place and name != "TYPE_CHECKING":
                found.append((module, name, place))
            else:
                foreign.append(name)
        found.append((module, "", " ".join(foreign)))
        if not getattr(what, "__file__", None):
            found.append((module, NO_FILE, ""))
    return sorted([*found, *((module, "", UNTOLD) for module in left_out() if module not in have)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    if os.path.abspath(given.python) != os.path.abspath(sys.executable):
        with tempfile.TemporaryDirectory() as home_folder:
            environment = {**os.environ, "AIRFLOW_HOME": home_folder}
            done = subprocess.run(
                [given.python, __file__], env=environment, capture_output=True, text=True, check=True
            )
            print(done.stdout[done.stdout.index("module,name,home") :], end="")
            return
    warnings.simplefilter("ignore")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("module", "name", "home"))
    writer.writerows(rows())
    print(text.getvalue(), end="")


if __name__ == "__main__":
    main()
