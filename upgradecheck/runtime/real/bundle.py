"""A DAG bundle that keeps its older versions, as git's does. Runs inside Airflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle  # type: ignore[import-not-found]

from upgradecheck.runtime.real.placing import newest


class Versions(BaseDagBundle):  # type: ignore[misc]
    """A folder with a folder for each version."""

    supports_versioning = True

    def __init__(self, *, folder: str, **more: Any) -> None:
        super().__init__(**more)
        self.folder = Path(folder)

    def get_current_version(self) -> Any:
        """The one that was asked for, else the newest."""
        return self.version or newest(self.folder)

    def refresh(self) -> None:
        """Nothing to fetch."""

    @property
    def path(self) -> Path:
        """Where its files are."""
        return self.folder / str(self.get_current_version())
