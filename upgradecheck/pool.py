"""Work spread over processes, or done here when there is little of it. Results come in order."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
State = TypeVar("State")

FEW_BYTES = 400_000  # below this, starting processes costs more than it saves
_CHUNK_BYTES = 60_000
_job: tuple[Callable[[Any, Any], Any], Any] | None = None


def spread(
    function: Callable[[State, Item], Result],
    state: State,
    items: Sequence[Item],
    sizes: Sequence[int],
    jobs: int,
) -> Iterator[Result]:
    """``function(state, item)`` for each item. ``sizes``: about how many bytes of work each item is."""
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or sum(sizes) < FEW_BYTES or len(items) < 2:
        for item in items:
            yield function(state, item)
        return
    import multiprocessing  # not where one process does it all

    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    _take(function, state)
    job = (function, state) if method == "spawn" else ()
    with context.Pool(jobs, _start, (gc.get_threshold(), *job)) as pool:
        chunks = list(_chunks(items, sizes))
        for results in pool.imap(_run, chunks):
            yield from results


def _start(threshold: tuple[int, int, int], *job: Any) -> None:
    """Begin as a worker, with garbage looked for as often as in the parent.

    Ctrl-C reaches the whole process group: the parent alone answers it.
    """
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*threshold)
    if job:
        _take(*job)


def _take(function: Callable[[Any, Any], Any], state: Any) -> None:
    global _job
    _job = (function, state)


def _run(items: list[Any]) -> list[Any]:
    assert _job is not None
    function, state = _job
    return [function(state, item) for item in items]


def _chunks(items: Sequence[Item], sizes: Sequence[int]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    weight = 0
    for item, size in zip(items, sizes, strict=True):
        chunk.append(item)
        weight += size
        if weight >= _CHUNK_BYTES:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk
