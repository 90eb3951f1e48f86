"""Pickles and JSON out of a database: read without running anything, damaged ones named."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from upgradecheck.readers import stored


class Bomb:
    """What runs code when it is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (eval, ("1/0",))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": [1, 2.5, None, True, "x"]}, ""),
        ({1: 2}, ""),
        ({"a": {1}}, "set"),
        ({"a": b"x"}, "bytes"),
        (Bomb(), "builtins.eval"),
        (Path("x"), "pathlib.PosixPath"),
    ],
)
def test_pickles_are_read_without_running_anything(value: object, found: str) -> None:
    told = stored.unfit_pickle(pickle.dumps(value))
    assert told == found or (found.startswith("pathlib") and told.startswith("pathlib"))


@pytest.mark.parametrize("content", [b"", b"\x80", b"no pickle", b"\x80\x04." * 10, b"(" * 100_000])
def test_damaged_pickles(content: bytes) -> None:
    assert stored.unfit_pickle(content)


def test_a_pickle_that_grows_is_not_waited_for() -> None:
    value: list[Any] = ["x" * 100]
    for _ in range(40):
        value = [value, value]
    assert stored.unfit_pickle(pickle.dumps(value)) == ""


@pytest.mark.parametrize("content", [b"{", b"hello", b"\xff", b"", b"[" * 100_000, "[", memoryview(b"x")])
def test_what_is_no_json(content: Any) -> None:
    assert stored.not_json(content)
    assert stored.not_object(content)


def test_what_json_of_a_database_does_not_know() -> None:
    assert stored.nan_json(b'{"a": NaN}')
    assert stored.nul_json(b'["a\\u0000"]')
    for fine in (b'{"a": "NaN", "b": 1}', b"NaN!", b'["u0000"]'):
        assert not stored.nan_json(fine)
        assert not stored.nul_json(fine)
