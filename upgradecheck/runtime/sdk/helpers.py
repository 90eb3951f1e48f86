"""Small functions that DAG files import from Airflow's own packages (``airflow.utils``)."""

from __future__ import annotations

import itertools
import os
import random
import re
import string
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin

from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.names import is_arg_set, validate_key

HOME = "airflow.utils.helpers"
TRUE_LIKE_VALUES = {"on", "t", "true", "y", "yes", "1"}
CAPITALS = re.compile(r"(?!^)([A-Z]+)")


def is_container(obj: Any) -> bool:
    """Can it be iterated over, and is no text?"""
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def chunks(items: list[Any], chunk_size: int) -> Iterable[list[Any]]:
    """Parts of one length. Raises ``ValueError``."""
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    yield from (items[start : start + chunk_size] for start in range(0, len(items), chunk_size))


def as_flattened_list(iterable: Iterable[Iterable[Any]]) -> list[Any]:
    """One level less."""
    return [each for inner in iterable for each in inner]


def partition(pred: Callable[[Any], bool], iterable: Iterable[Any]) -> tuple[Iterable[Any], Iterable[Any]]:
    """Those for which it does not hold, and those for which it does."""
    first, second = itertools.tee(iterable)
    return itertools.filterfalse(pred, first), filter(pred, second)


def exactly_one(*args: Any) -> bool:
    """Is one of them true, and no other? Raises ``ValueError`` for a list of them."""
    if is_container(args[0]):
        raise ValueError("Not supported for iterable args. Use `*` to unpack your iterable in the function call.")
    return sum(map(bool, args)) == 1


def at_most_one(*args: Any) -> bool:
    """Is not more than one of them true?"""
    return sum(is_arg_set(each) and bool(each) for each in args) <= 1


def merge_dicts(dict1: dict[Any, Any], dict2: dict[Any, Any]) -> dict[Any, Any]:
    """The second over the first, dictionaries in them alike."""
    inner = {
        key: merge_dicts(dict1.get(key, {}), value) for key, value in dict2.items() if _both(dict1, key, value)
    }
    return {**dict1, **dict2, **inner}


def _both(first: dict[Any, Any], key: Any, value: Any) -> bool:
    return key in first and isinstance(value, dict)


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Without what is None (``strict``), or without all that counts as false (``truthy``), at any depth."""

    def empty(value: Any) -> bool:
        if mode not in ("strict", "truthy"):
            raise ValueError("allowable values for `mode` are 'truthy' and 'strict'")
        return value is None if mode == "strict" else not value

    def pruned(value: Any) -> Any:
        return prune_dict(value, mode) if isinstance(value, list | dict) and not empty(value) else value

    if isinstance(val, dict):
        return {
            key: value for key, value in ((key, pruned(value)) for key, value in val.items()) if not empty(value)
        }
    if isinstance(val, list):
        return [value for value in map(pruned, val) if not empty(value)]
    return val


def convert_camel_to_snake(camel_str: str) -> str:
    """``CamelCase`` to ``camel_case``."""
    return CAPITALS.sub(r"_\1", camel_str).lower()


def build_airflow_dagrun_url(dag_id: str, run_id: str) -> str:
    """Where the interface shows a run."""
    address = str(conf.get("api", "base_url", fallback="/"))
    return urljoin(address.rstrip("/") + "/", f"dags/{dag_id}/runs/{run_id}")


def to_boolean(astring: str | None) -> bool:
    """Is it one of the words for true?"""
    return astring is not None and astring.strip().lower() in TRUE_LIKE_VALUES


def get_random_string(length: int = 8, choices: str = string.ascii_letters + string.digits) -> str:
    """So many letters and digits."""
    return "".join(random.choices(choices, k=length))


def get_airflow_home() -> str:
    """Airflow's own folder."""
    return os.environ["AIRFLOW_HOME"]


__all__ = [
    "as_flattened_list",
    "at_most_one",
    "build_airflow_dagrun_url",
    "chunks",
    "convert_camel_to_snake",
    "exactly_one",
    "get_airflow_home",
    "get_random_string",
    "is_container",
    "merge_dicts",
    "partition",
    "prune_dict",
    "to_boolean",
]
HOMES = {
    "get_airflow_home": "airflow.configuration",
    "get_random_string": "airflow.utils.strings",
    "to_boolean": "airflow.utils.strings",
}
ALSO: dict[str, Any] = {
    "airflow.models.xcom.XCOM_RETURN_KEY": "return_value",
    "airflow.utils.helpers.validate_key": validate_key,
    "airflow.utils.platform.IS_WINDOWS": False,
    "airflow.utils.strings.TRUE_LIKE_VALUES": TRUE_LIKE_VALUES,
    "airflow.utils.xcom.XCOM_RETURN_KEY": "return_value",
}
