"""Call what DAG files call, with one argument more, and say what came of it: runs inside an Airflow environment.

Reads a JSON list of questions from the file given first: `paths` (names under which the callable may be had),
`method` (of that class, or empty), `argument`, `values` (Python source to try; without any, a few are).
Writes the answers to the file given second, in the same order: `status` is ok, warns, broken or absent (there is
no such callable); `how` says whether it was called or only its signature read. Standard library only, and nothing
of this repository: the environment holds Airflow and no more.
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
_SCOPE: dict[str, Any] = {"datetime": datetime, "timedelta": timedelta, "print": print}
_GIVEN: dict[str, Any] = {"task_id": "t", "dag_id": "d", "group_id": "g", "python_callable": print, "param": {}}


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


def required(cls: type) -> dict[str, Any]:
    """Something for every argument that has to be there."""
    return {
        p.name: _GIVEN.get(p.name, "x")
        for found, _ in _constructors(cls)
        for p in found
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }


def call(cls: Callable[..., Any], given: dict[str, Any]) -> tuple[str, list[str]]:
    """The error, if any, and the deprecations of one call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            cls(**given)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"[:300], []
    kinds = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, UserWarning)
    return "", [str(warning.message)[:300] for warning in caught if issubclass(warning.category, kinds)]


def _refused(error: str, argument: str) -> bool:
    unknown = "unexpected keyword argument" in error or "Invalid arguments were passed" in error
    return unknown and argument in error


def try_class(cls: type, argument: str, sources: list[str]) -> dict[str, str]:
    """Construct it without the argument, then with it; where the former fails the signature has to do."""
    given = required(cls)
    if argument not in given:
        error, before = call(cls, given)
        if error:
            return {"status": "ok" if takes(cls, argument) else "broken", "how": "signature", "told": error}
    else:
        before = []
    told = ""
    for source in sources or _SOURCES:
        told, after = call(cls, {**given, argument: eval(source, dict(_SCOPE))})
        if not told:
            new = [text for text in after if text not in before and argument in text]
            return {"status": "warns" if new else "ok", "how": "called", "told": " ".join(new)[:200]}
        if _refused(told, argument):
            return {"status": "broken", "how": "called", "told": told}
    known = takes(cls, argument) and not sources
    return {"status": "ok" if known else "broken", "how": "signature" if known else "called", "told": told}


def answer(question: dict[str, Any]) -> dict[str, str]:
    """What the release makes of one argument."""
    found = fetch(question["paths"])
    method, argument = question["method"], question["argument"]
    if method and found is not None:
        found = inspect.getattr_static(found, method, None) and getattr(found, method)
    if found is None:
        return {"status": "absent", "how": "", "told": ""}
    if inspect.isclass(found):
        return try_class(found, argument, question.get("values", []))
    names = parameters(found)
    open_ended = not names or any(p.kind is p.VAR_KEYWORD for p in names)
    known = open_ended or any(p.name == argument for p in names)
    return {"status": "ok" if known else "broken", "how": "signature", "told": ""}


def main() -> None:
    """Answer the questions of the first file into the second."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-probe-"))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    importlib.import_module("airflow")  # it sets up its own handling of warnings: before ours
    questions = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps([answer(question) for question in questions]), encoding="utf-8")
    os._exit(0)  # some providers leave threads behind


if __name__ == "__main__":
    main()
