"""``python -m upgradecheck``, and the command ``upgradecheck``."""

from __future__ import annotations

import os
import sys

from upgradecheck.unchanged import answer

UNCHECKED = 3


def main() -> None:
    """Give the answer of an earlier run, or run."""
    known = answer(sys.argv[1:])
    if known is None:
        from upgradecheck.cli import main as run

        run()
    else:
        _give(*known)


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
