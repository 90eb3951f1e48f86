"""Takes an Apache Airflow 2.x project to Airflow 3.x: finds what breaks, fixes what can be fixed."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs a warm run as much as all that it has to do
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from upgradecheck.config import Options
    from upgradecheck.report import Report

__version__ = "0.1.0"


def check(paths: Iterable[str | PathLike[str]] = (".",), options: Options | None = None) -> Report:
    """Check files and folders, as the command does, and return the report.

    Raises `upgradecheck.config.ConfigError` for a configuration that cannot be obeyed.
    """
    from msgspec.structs import replace

    from upgradecheck.config import Options
    from upgradecheck.run import run

    return run(replace(options or Options(), paths=tuple(map(str, paths))))
