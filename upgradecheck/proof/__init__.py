"""Where the linter and the runtime meet: ``replaying`` is the command, ``verifying`` looks at what fixes did.

Nothing else imports both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upgradecheck.config import CannotCheck

if TYPE_CHECKING:
    from upgradecheck.proof.verifying import Verifier

NEEDED = ("croniter", "jinja2", "jsonschema", "lazy_object_proxy", "pendulum", "sortedcontainers", "time_machine")


def check_extra(what: str) -> None:
    """Raises `CannotCheck` where the packages of the extra are not there, or where processes cannot be forked."""
    import importlib.util
    import sys

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotCheck(f"{what} needs {', '.join(missing)}: pip install 'upgradecheck[replay]'")
    if sys.platform == "win32":
        raise CannotCheck(f"{what} forks processes, which Windows cannot: run it under WSL or in a container")


def verifier(jobs: int) -> Verifier:
    """What ``--fix --verify`` reads DAGs with. Raises `CannotCheck`."""
    check_extra("--verify")
    from upgradecheck.proof.verifying import Verifier

    return Verifier(jobs)
