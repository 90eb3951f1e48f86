"""The progress bar: on stderr, gone when the work is done."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import Progress, TaskID

_PATIENCE = 1.0  # seconds of work before the bar shows


class Bar:
    """Shows how many files of a stage are done."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bar = Progress(console=Console(stderr=True), transient=True)
        self._task: TaskID | None = None

    def show(self, stage: str, done: int, total: int) -> None:
        """Bring the bar up to date."""
        if time.monotonic() - self._started < _PATIENCE:
            return
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(stage, total=total)
        self._bar.update(self._task, completed=done, total=total, description=stage)

    def close(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._bar.stop()
