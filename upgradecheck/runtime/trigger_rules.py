"""Trigger rules: counts of upstream ends in, verdict out. One row a rule; read off Airflow 3.3.2's TriggerRuleDep.

A rule may decide before all upstreams are done ("early"). ``n`` counts upstream instances, mapped ones singly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct


class Counts(Struct, frozen=True):
    """How the upstream instances ended so far."""

    n: int
    success: int = 0
    skipped: int = 0
    failed: int = 0
    upstream_failed: int = 0
    removed: int = 0
    setups: int = 0
    success_setups: int = 0
    skipped_setups: int = 0

    @property
    def ended(self) -> int:
        """Those that are done."""
        return self.success + self.skipped + self.failed + self.upstream_failed + self.removed

    @property
    def done(self) -> bool:
        """Are all?"""
        return self.ended >= self.n

    @property
    def bad(self) -> int:
        """Those that failed, or did not run because others failed."""
        return self.failed + self.upstream_failed


def tallied(n: int, ends: Mapping[tuple[str, bool], int], setups: int = 0) -> Counts:
    """Counts from (state, is a setup) and how many ended so."""

    def number(state: str) -> int:
        return ends.get((state, True), 0) + ends.get((state, False), 0)

    return Counts(
        n=n,
        setups=setups,
        success_setups=ends.get(("success", True), 0),
        skipped_setups=ends.get(("skipped", True), 0),
        **{name: number(name) for name in ("success", "skipped", "failed", "upstream_failed", "removed")},
    )


# rule: (skipped when, upstream_failed when, runs when). upstream_failed is looked at first unless the row is
# in SKIP_FIRST.
Test = Callable[[Counts], object]
NEVER: Test = lambda c: False  # noqa: E731 - a table reads better than thirteen functions
RULES: dict[str, tuple[Test, Test, Test]] = {
    "all_success": (lambda c: c.skipped, lambda c: c.bad, lambda c: c.n - c.success - c.removed <= 0),
    "all_failed": (lambda c: c.success or c.skipped, NEVER, lambda c: c.n - c.bad - c.removed <= 0),
    "all_done": (NEVER, NEVER, lambda c: c.done),
    "all_done_min_one_success": (
        lambda c: c.skipped,
        lambda c: c.success + c.bad + c.removed >= c.n - c.skipped and not c.success,
        lambda c: not c.skipped and c.success + c.bad >= c.n - c.removed and c.success,
    ),
    "all_done_setup_success": (
        lambda c: c.done and c.setups and c.skipped_setups >= c.setups,
        lambda c: c.done and c.setups and not c.success_setups,
        lambda c: c.done and not (c.setups and not c.success_setups),
    ),
    "one_success": (
        lambda c: c.done and c.ended == c.skipped,
        lambda c: c.done and not c.success,
        lambda c: c.success,
    ),
    "one_failed": (lambda c: c.done and not c.bad, NEVER, lambda c: c.bad),
    "one_done": (lambda c: c.done and not (c.failed or c.success), NEVER, lambda c: c.success + c.failed),
    "none_failed": (NEVER, lambda c: c.bad, lambda c: c.n - c.success - c.skipped - c.removed <= 0),
    "none_failed_min_one_success": (
        lambda c: c.skipped == c.n,
        lambda c: c.bad or (c.done and not c.success and c.skipped != c.n),
        lambda c: c.n - c.success - c.skipped - c.removed <= 0 and c.success,
    ),
    "none_skipped": (lambda c: c.skipped, NEVER, lambda c: c.done and not c.skipped),
    "all_skipped": (lambda c: c.success or c.bad, NEVER, lambda c: c.n - c.skipped <= 0),
    "always": (NEVER, NEVER, lambda c: True),
}
SKIP_FIRST = frozenset({"one_success", "all_done_min_one_success", "all_done_setup_success"})
EARLY = frozenset({"one_success", "one_failed", "one_done", "none_failed_min_one_success"})


def verdict(rule: str, counts: Counts, map_index: int = -1) -> tuple[str | None, bool]:
    """(state that the scheduler sets or None, may it run)."""
    skips, fails, runs = RULES[rule]
    order = (("skipped", skips), ("upstream_failed", fails))
    state = next((name for name, test in (order if rule in SKIP_FIRST else order[::-1]) if test(counts)), None)
    if (
        state is None
        and rule == "all_success"
        and counts.removed
        and map_index > -1
        and counts.success <= map_index
    ):
        state = "removed" if counts.success else None
    return state, bool(runs(counts))
