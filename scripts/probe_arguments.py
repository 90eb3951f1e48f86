"""Call what DAG files call, with one argument more, and say what came of it: runs inside an Airflow environment.

Reads a JSON list of questions from the file given first: `kind` (argument, value, position, member), `paths` (names
under which the callable may be had), `method` (of that class, or empty), `argument`, and by kind `values` (Python
source) or `position`. Writes the answers to the file given second, in the same order: `status` is ok, warns,
changed, broken or absent (there is no such callable); `how` says whether it was called or only its signature read.
Standard library only, and nothing of this repository: the environment holds Airflow and no more.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_SOURCES = ('"x"', "1", "True", "None", "{}", "[]")
_SCOPE: dict[str, Any] = {"datetime": datetime, "timedelta": timedelta}
_CONNECTIONS = ("x", "fs_default", "google_cloud_default", "mongo_default", "sftp_default")  # what hooks look up


def _nothing() -> None:
    """What operators are given to call."""


_GIVEN: dict[str, Any] = {"task_id": "t", "dag_id": "d", "python_callable": _nothing, "week_day": "Monday"}


def fetch(paths: list[str]) -> Any:
    """The first of the names that imports; None where none does."""
    for path in paths:
        parts = path.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:cut]))
            except BaseException:
                continue
            try:
                for part in parts[cut:]:
                    found = getattr(found, part)
                return found
            except BaseException:
                break
    return None


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _constructors(cls: type) -> Iterator[tuple[list[inspect.Parameter], bool]]:
    """The `__init__`s that a keyword argument passes on its way up, and whether each lets it through."""
    for owner in cls.__mro__:
        if "__init__" in vars(owner) and owner is not object:
            found = parameters(vars(owner)["__init__"])[1:]
            passes = any(p.kind is p.VAR_KEYWORD for p in found)
            yield found, passes
            if not passes:
                return


def takes(cls: type, argument: str) -> bool:
    """Whether some constructor on the way names the argument; BaseOperator's own `**kwargs` only complains."""
    return any(p.name == argument and p.kind is not p.VAR_KEYWORD for found, _ in _constructors(cls) for p in found)


def required(cls: type, levels: int) -> dict[str, Any]:
    """Something for every argument that has to be there, by so many of the constructors from the class upwards."""
    return {
        p.name: _GIVEN.get(p.name, "x")
        for found, _ in list(_constructors(cls))[:levels]
        for p in found
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }


def callable_with(cls: type, less: str = "") -> tuple[dict[str, Any], list[str], str]:
    """Arguments with which it can be called, and what it then warns of; else none and the last error.

    What the constructors above ask for may be given by the class itself: as few as possible are tried first.
    """
    error = ""
    for levels in range(1, len(list(_constructors(cls))) + 1):
        given = {**required(cls, levels), **({"task_id": "t"} if hasattr(cls, "execute") else {})}
        error, told = call(cls, given)
        if not error:
            return {name: value for name, value in given.items() if name != less}, told, ""
    return {}, [], error


def call(cls: Callable[..., Any], given: dict[str, Any]) -> tuple[str, list[str]]:
    """The error, if any, and the deprecations of one call, made in a DAG of its own."""
    dag = fetch(["airflow.sdk.DAG", "airflow.models.dag.DAG"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with dag("around", schedule=None, start_date=datetime(2024, 1, 1)):
                cls(**given)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"[:300], []
    kinds = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, UserWarning)
    return "", [str(warning.message)[:300] for warning in caught if issubclass(warning.category, kinds)]


def _refused(error: str, argument: str) -> bool:
    unknown = "unexpected keyword argument" in error or "Invalid arguments were passed" in error
    return unknown and argument in error


def valued(source: str) -> Any:
    """What a table's value stands for: a dotted name is imported."""
    if "." in source and source.replace(".", "").replace("_", "").isalnum() and not source[0].isdigit():
        parts = source.rpartition(".")
        return getattr(fetch([parts[0]]), parts[2], "no such member")
    return eval(source, dict(_SCOPE))


def try_class(cls: type, argument: str, sources: list[str], instead_of: str) -> dict[str, str]:
    """Construct it without the argument, then with it; where the former fails the signature has to do."""
    given, before, error = callable_with(cls, instead_of)
    if error:
        return {"status": "ok" if takes(cls, argument) else "broken", "how": "signature", "told": error}
    told = ""
    for source in sources or _SOURCES:
        told, after = call(cls, {**given, argument: valued(source)})
        if not told:
            words = argument.split("_")
            new = [text for text in after if text not in before and any(word in text.lower() for word in words)]
            return {"status": "warns" if new else "ok", "how": "called", "told": " ".join(new)[:200]}
        if _refused(told, argument) or ("missing" in told and f"'{instead_of}'" in told):
            return {"status": "broken", "how": "called", "told": told}
    known = takes(cls, argument) and not sources
    return {"status": "ok" if known else "broken", "how": "signature" if known else "called", "told": told}


def try_position(function: Callable[..., Any], argument: str, position: int) -> dict[str, str]:
    """Whether the argument stands at that position, or another one does, or none may."""
    found = [p for p in parameters(function) if p.name != "self"]
    told = {"how": "signature", "told": str([p.name for p in found])[:200]}
    if any(p.kind is p.VAR_POSITIONAL for p in found[: position + 1]):
        return {"status": "changed", **told}
    places = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(places) <= position or places[position].startswith("__"):
        return {"status": "broken", **told}
    return {"status": "ok" if places[position] == argument else "changed", **told}


def try_member(cls: Any, member: str) -> dict[str, str]:
    """Whether an object of the class has a member: of one that can be made, else of the class."""
    try:
        made = cls(**callable_with(cls)[0]) if inspect.isclass(cls) else cls
        how = "called"
    except BaseException:
        made, how = cls, "signature"
    names = {*dir(made), *getattr(made, "__dict__", ()), *getattr(cls, "__annotations__", {})}
    return {"status": "ok" if member in names else "broken", "how": how, "told": ""}


def try_function(function: Callable[..., Any], argument: str) -> dict[str, str]:
    names = parameters(function)
    known = not names or any(p.kind is p.VAR_KEYWORD or p.name == argument for p in names)
    return {"status": "ok" if known else "broken", "how": "signature", "told": ""}


def answer(question: dict[str, Any]) -> dict[str, str]:
    """What the release makes of one question."""
    found = fetch(question["paths"])
    if question["method"] and found is not None:
        found = getattr(found, question["method"], None)
    if found is None:
        return {"status": "absent", "how": "", "told": ""}
    argument = question["argument"]
    if question["kind"] == "member":
        return try_member(found, argument)
    if question["kind"] == "position":
        function = found.__init__ if inspect.isclass(found) else found
        return try_position(function, argument, question["position"])
    if inspect.isclass(found):
        return try_class(found, argument, question.get("values", []), question.get("instead_of", "no other"))
    return try_function(found, argument)


def main() -> None:
    """Answer the questions of the first file into the second."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-probe-"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ.update({f"AIRFLOW_CONN_{name.upper()}": "mongo://localhost" for name in _CONNECTIONS})
    importlib.import_module("airflow")  # it sets up its own handling of warnings: before ours
    questions = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps([answer(question) for question in questions]), encoding="utf-8")
    os._exit(0)  # some providers leave threads behind


if __name__ == "__main__":
    main()
