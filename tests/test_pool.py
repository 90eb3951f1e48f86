"""Work in processes gives what work in place gives, in the same order, under each way of starting them."""

from __future__ import annotations

import pytest

from upgradecheck import pool


def add(state: int, item: int) -> int:
    return state + item


@pytest.mark.parametrize("method", ["here", "fork", "spawn"])
def test_same_results_in_order(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool.sys, "platform", "linux" if method == "fork" else "darwin")
    sizes = [pool.FEW_BYTES // (100 if method == "here" else 10)] * 50
    assert list(pool.spread(add, 100, range(50), sizes, 2)) == list(range(100, 150))


def test_nothing_to_do() -> None:
    assert list(pool.spread(add, 1, [], [], 2)) == []
