"""``python -m upgradecheck``, and the command ``upgradecheck``."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from upgradecheck.unchanged import answer

UNCHECKED = 3
_BUSY = {"multiprocessing", "concurrent.futures", "sqlalchemy"}  # they have things to put in order at the end


def main() -> None:
    """Give the answer of an earlier run, or run."""
    known = answer(sys.argv[1:])
    if known is None:
        from upgradecheck.cli import main as run

        try:
            run()
        except SystemExit as end:
            _leave(end.code)
            raise
    else:
        _give(*known)


def _leave(code: object) -> None:
    """End the process at once, where nothing waits to be put in order: taking apart what a run made, object by
    object, takes a fifth of the time of a small one."""
    if isinstance(code, int | None) and not _BUSY.intersection(sys.modules):
        with suppress(OSError, ValueError):  # whoever reads is gone: Python's own way out says so
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code or 0)


def _give(text: bytes, code: int) -> None:
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # as in `command`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(
            f"upgradecheck: the report could not be written to standard output: {error.strerror}", file=sys.stderr
        )
        code = UNCHECKED
    sys.exit(code)


if __name__ == "__main__":
    main()
