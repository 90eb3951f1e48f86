"""Triggers that wait for files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from glob import glob
from typing import Any

from upgradecheck.runtime.sdk.triggers import BaseEventTrigger, BaseTrigger, TriggerEvent

HOME = "airflow.providers.standard.triggers.file"


class FileTrigger(BaseTrigger):
    """Waits for a file."""

    def __init__(self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath, self.recursive, self.poke_interval = filepath, recursive, poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All that it was given."""
        fields = {"filepath": self.filepath, "recursive": self.recursive, "poke_interval": self.poke_interval}
        return f"{HOME}.FileTrigger", fields

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look again and again."""
        while True:
            for path in glob(self.filepath, recursive=self.recursive):
                if os.path.isfile(path) or any(files for _, _, files in os.walk(path)):
                    yield TriggerEvent(True)
                    return
            await asyncio.sleep(self.poke_interval)


class FileDeleteTrigger(BaseEventTrigger):
    """Waits for a file, and takes it away."""

    def __init__(self, filepath: str, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath, self.poke_interval = filepath, poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All that it was given."""
        return f"{HOME}.FileDeleteTrigger", {"filepath": self.filepath, "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look again and again."""
        while not os.path.isfile(self.filepath):
            await asyncio.sleep(self.poke_interval)
        os.remove(self.filepath)
        yield TriggerEvent(True)


class DirectoryFileDeleteTrigger(FileDeleteTrigger):
    """The same, for a file of a folder."""

    def __init__(self, *, directory: str, filename: str, poke_interval: float = 5.0) -> None:
        super().__init__(os.path.join(directory, filename), poke_interval)
        self.directory, self.filename = directory, filename

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All that it was given."""
        fields = {"directory": self.directory, "filename": self.filename, "poke_interval": self.poke_interval}
        return f"{HOME}.DirectoryFileDeleteTrigger", fields


__all__ = ["DirectoryFileDeleteTrigger", "FileDeleteTrigger", "FileTrigger"]
