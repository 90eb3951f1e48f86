"""Import names in the running interpreter and say what became of each: runs inside an Airflow environment.

Reads a JSON list of names from the file given first, writes one JSON object a line to the file given second.
With `--walk` it adds every public name of Airflow's own modules (not the providers').
Standard library only, and nothing of this repository: the environment holds Airflow and no more.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import inspect
import json
import os
import pkgutil
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

_CAUGHT: list[tuple[str, str | None, bool]] = []
_WARNED_MODULES: dict[str, str] = {}
_SKIPPED = ("airflow.migrations", "airflow.providers", "airflow.example_dags", "airflow.__main__", "airflow.ui")


def _note(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Keep a deprecation, with the module body in which it arose, if any, and whether that body itself warned."""
    if not issubclass(category, (DeprecationWarning, FutureWarning, PendingDeprecationWarning)):
        return
    frame: types.FrameType | None = sys._getframe(1)
    while frame and frame.f_globals.get("__name__") in ("warnings", "_py_warnings"):
        frame = frame.f_back
    direct = frame is not None and frame.f_code.co_name == "<module>"
    while frame and frame.f_code.co_name not in ("<module>", "fetch"):
        frame = frame.f_back
    body = frame.f_globals.get("__name__") if frame and frame.f_code.co_name == "<module>" else None
    _CAUGHT.append((f"{category.__name__}: {message}", body, direct))


def fetch(name: str) -> Any:
    """What `from module import name` hands back; `module:a.b` says where the module ends."""
    module, colon, path = name.partition(":")
    if not colon:
        module, _, path = name.rpartition(".")
    found = importlib.import_module(module or path)
    if not module:
        return found
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            return _submodule(name)
    return found


def _submodule(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name.replace(":", "."))
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            raise AttributeError(f"no {name}") from None
        raise


def measure(name: str) -> dict[str, str]:
    """Status of one name: ok, warns or broken, with its kind, the error or warning and the missing package."""
    _CAUGHT.clear()
    warnings.simplefilter("always")
    warnings.showwarning = _note
    result = {"name": name, "status": "ok", "kind": "", "error": "", "missing": "", "warning": ""}
    try:
        result["kind"] = _kind(fetch(name))
    except BaseException as error:
        result.update(status="broken", error=f"{type(error).__name__}: {error}"[:300], missing=_missing(error))
    own = _own_warning(name.replace(":", "."))
    if own and result["status"] == "ok":
        result.update(status="warns", warning=own[:300])
    return result


def _kind(found: object) -> str:
    if isinstance(found, types.ModuleType):
        return "module"
    if isinstance(found, type):
        return "class"
    return "function" if inspect.isroutine(found) else "constant"


def _missing(error: BaseException) -> str:
    """The package that is not installed, or not in a release that fits, where that is all that is wrong."""
    if isinstance(error, ImportError) and error.name and _foreign(error.name):
        return error.name
    if type(error).__name__ == "AirflowOptionalProviderFeatureException" or "pip install" in str(error):
        return str(error)[:80]
    return ""


def _foreign(module: str) -> bool:
    """Whether a module is not Airflow's own, nor of a provider that is installed."""
    if not module.startswith("airflow.providers."):
        return module.partition(".")[0] != "airflow"
    parts = module.split(".")[2:]
    roots = ("-".join(parts[:count]) for count in range(1, len(parts) + 1))
    return not any(f"apache-airflow-providers-{root.replace('_', '-')}" in _versions() for root in roots)


def _own_warning(name: str) -> str:
    """The warning that is about this name, not about what Airflow itself imports on the way."""
    found = ""
    for text, body, direct in _CAUGHT:
        if direct and body:
            _WARNED_MODULES.setdefault(body, text)
        elif body is None:
            found = found or text
    for module, text in _WARNED_MODULES.items():
        if name == module or name.startswith(module + "."):
            found = found or text
    return found


def walk() -> Iterator[str]:
    """Public names of Airflow's public modules that Airflow itself defines."""
    pending = [(list(importlib.import_module("airflow").__path__), "airflow.")]
    while pending:
        path, prefix = pending.pop()
        for info in sorted(pkgutil.iter_modules(path, prefix), key=lambda item: item.name):
            private = any(part.startswith("_") or part == "tests" for part in info.name.split("."))
            if private or info.name.startswith(_SKIPPED):
                continue
            try:
                module = importlib.import_module(info.name)
            except BaseException:
                continue
            yield info.name
            yield from (f"{info.name}.{name}" for name in _own_names(module))
            if info.ispkg:
                pending.append((list(module.__path__), info.name + "."))


def _own_names(module: types.ModuleType) -> list[str]:
    offered = set(getattr(module, "__all__", ()) or ())
    own = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    return sorted(name for name in own | offered if not name.startswith("_"))


@functools.cache
def _versions() -> dict[str, str]:
    found = {}
    for distribution in importlib.metadata.distributions():
        name = str(distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name.startswith("apache-airflow"):
            found[name] = distribution.version
    return found


def _write(names: list[str], more: bool, out: TextIO) -> None:
    out.write(json.dumps({"versions": _versions()}) + "\n")
    seen: set[str] = set()
    for source in (names, walk() if more else ()):
        for name in source:
            if name not in seen:
                seen.add(name)
                out.write(json.dumps(measure(name)) + "\n")


def main() -> None:
    """Measure the names of the first file into the second."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-probe-"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    importlib.import_module("airflow")  # it sets up its own handling of warnings: before ours
    names = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        _write(names, "--walk" in sys.argv[3:], out)
    os._exit(0)  # some providers leave threads behind


if __name__ == "__main__":
    main()
