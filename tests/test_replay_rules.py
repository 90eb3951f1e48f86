"""The scheduler's tables: trigger rules over ordered pairs of upstream ends, the states and what may follow them."""

from __future__ import annotations

from collections import Counter

import pytest

from upgradecheck.runtime import states
from upgradecheck.runtime.trigger_rules import RULES, tallied, verdict

ENDS = {"S": "success", "F": "failed", "K": "skipped", "U": "upstream_failed"}
VERDICTS = {"k": "skipped", "u": "upstream_failed"}

# R runs, k skipped, u upstream_failed; the left upstream ended first, and the scheduler looked in between.
# Measured on Airflow 3.3.2.
PAIRS = """
                              SS SF SK SU  FS FF FK FU  KS KF KK KU  US UF UK UU
  all_success                  R  u  k  u   u  u  u  u   k  k  k  k   u  u  u  u
  all_failed                   k  k  k  k   k  R  k  R   k  k  k  k   k  R  k  R
  all_done                     R  R  R  R   R  R  R  R   R  R  R  R   R  R  R  R
  always                       R  R  R  R   R  R  R  R   R  R  R  R   R  R  R  R
  all_done_min_one_success     R  R  k  R   R  u  k  u   k  k  k  k   R  u  k  u
  one_success                  R  R  R  R   R  u  u  u   R  u  k  u   R  u  u  u
  one_failed                   k  R  k  R   R  R  R  R   k  R  k  R   R  R  R  R
  one_done                     R  R  R  R   R  R  R  R   R  R  k  k   R  R  k  k
  none_failed                  R  u  R  u   u  u  u  u   R  u  R  u   u  u  u  u
  none_failed_min_one_success  R  u  R  u   u  u  u  u   R  u  k  u   u  u  u  u
  none_skipped                 R  R  k  R   R  R  k  R   k  k  k  k   R  R  k  R
  all_skipped                  k  k  k  k   k  k  k  k   k  k  R  k   k  k  k  k
"""
HEAD, *ROWS = [line.split() for line in PAIRS.strip().splitlines()]


def decided(rule: str, ends: str) -> str:
    """What becomes of a task whose two upstreams end one after the other."""
    for seen in range(len(ends) + 1):
        state, runs = verdict(rule, tallied(len(ends), Counter((ENDS[end], False) for end in ends[:seen])))
        if state:
            return {name: letter for letter, name in VERDICTS.items()}[state]
        if runs:
            return "R"
    return "waits"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_rule_decides_as_measured(row: list[str]) -> None:
    assert {pair: decided(row[0], pair) for pair in HEAD} == dict(zip(HEAD, row[1:], strict=True))


def test_every_rule_is_in_the_table_but_the_one_of_teardowns() -> None:
    assert {row[0] for row in ROWS} | {"all_done_setup_success"} == set(RULES)


OF_A_SETUP = [
    ("success", "failed", (None, True)),
    ("failed", "upstream_failed", ("upstream_failed", False)),
    ("skipped", "skipped", ("skipped", False)),
    (None, "success", (None, False)),
]


@pytest.mark.parametrize(("setups", "other", "expected"), OF_A_SETUP)
def test_a_teardown_needs_a_setup_that_succeeded(
    setups: str | None, other: str, expected: tuple[str, bool]
) -> None:
    assert (
        verdict("all_done_setup_success", tallied(2, {(setups, True): 1, (other, False): 1}, setups=1)) == expected
    )


@pytest.mark.parametrize(("old", "new"), [("success", "running"), ("skipped", "scheduled"), ("queued", "success")])
def test_illegal_changes_are_refused(old: str, new: str) -> None:
    with pytest.raises(states.IllegalTransition, match=f"{old} -> {new}"):
        states.check(old, new, "a test")


def test_every_state_has_a_row() -> None:
    assert set(states.TRANSITIONS) == states.UNFINISHED | states.FINISHED
    assert set().union(*states.TRANSITIONS.values()) <= set(states.TRANSITIONS)
