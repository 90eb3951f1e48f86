"""What is kept in columns as a lump: readings that SQL cannot make. None of them tells what a value holds.

A reading takes the column's content and returns what it found, in a word or as names, one a line; "" for nothing.
Pickles are never loaded as they are: whoever may start a run with a configuration could put code into one.
"""

from __future__ import annotations

import io
import json
import pickle
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

_LARGEST = 200_000  # parts of JSON; what has more was held by JSON up to there


def reading(name: str) -> Callable[[Any], str]:
    """The reading of a name. Raises `KeyError`."""
    return _READINGS[name]


def not_json(content: Any) -> str:
    """Whether a text, or bytes, are no JSON."""
    try:
        json.loads(_bytes(content))
    except (ValueError, RecursionError):
        return "not json"
    return ""


def not_object(content: Any) -> str:
    """Whether a text, or bytes, are no JSON object."""
    try:
        return "" if isinstance(json.loads(_bytes(content)), dict) else "not an object"
    except (ValueError, RecursionError):
        return "not json"


def nan_json(content: Any) -> str:
    """Whether JSON holds numbers that the standard does not know."""
    found: list[str] = []
    try:
        json.loads(_bytes(content), parse_constant=found.append)
    except (ValueError, RecursionError):
        return ""
    return "nan" if found else ""


def nul_json(content: Any) -> str:
    """Whether JSON holds the character that no database keeps."""
    try:
        return "nul" if "\\u0000" in json.dumps(json.loads(_bytes(content))) else ""
    except (ValueError, RecursionError):
        return ""


def unfit_pickle(content: Any) -> str:
    """Why JSON cannot hold what a pickle holds; "" where it can."""
    try:
        value = _Plain(io.BytesIO(_bytes(content))).load()
        deque(islice(json.JSONEncoder().iterencode(value), _LARGEST), maxlen=0)
    except _Object as error:
        return str(error)
    except (TypeError, ValueError) as error:
        return str(error).partition(" is not JSON")[0].removeprefix("Object of type ") or type(error).__name__
    except Exception:  # a pickle may fail in any way: the migration cannot read it either
        return "damaged"
    return ""


def operators(content: Any) -> str:
    """The classes of the tasks of a serialised DAG, dotted, sorted. (Compressed or not.)"""
    data = _bytes(content)
    try:
        text = zlib.decompress(data) if data[:1] == b"\x78" else data
        dag = json.loads(text)["dag"]
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError):
        return ""
    return "\n".join(sorted(set(_classes(dag.get("tasks", ())))))


def _classes(tasks: Any) -> Iterator[str]:
    for task in tasks:
        inner = task.get("__var", task) if isinstance(task, dict) else {}
        if (module := inner.get("_task_module")) and (name := inner.get("task_type", inner.get("_task_type"))):
            yield f"{module}.{name}"


class _Object(Exception):
    """A pickle holds an object of this class."""


class _Plain(pickle.Unpickler):
    """Makes lists, dictionaries and the like; names a class instead of looking for it."""

    def find_class(self, module: str, name: str) -> Any:
        """Raises `_Object` for all that might run code."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise _Object(f"{module}.{name}")


def _bytes(content: Any) -> bytes:
    """Drivers hand out bytes, memory views, texts, and JSON columns as what they hold."""
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    return json.dumps(content).encode()


_READINGS: dict[str, Callable[[Any], str]] = {
    "nan_json": nan_json,
    "not_json": not_json,
    "not_object": not_object,
    "nul_json": nul_json,
    "operators": operators,
    "unfit_pickle": unfit_pickle,
}
