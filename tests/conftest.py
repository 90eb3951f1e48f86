"""What all tests share: a project folder, the runs on it, and a copy of this checkout to try things in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from commands import FINE, OLD

from upgradecheck import check
from upgradecheck.config import Options
from upgradecheck.report import Report

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Report]:
    """``run(**options)``: check ``tmp_path`` without the cache, in this process, on the newest target."""

    def run(**options: Any) -> Report:
        return check([tmp_path], Options(cache=False, jobs=1, **options))

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a file that breaks and one that does not."""
    (tmp_path / "upgradecheck.toml").write_text("", "utf-8")
    (tmp_path / "old.py").write_text(OLD, "utf-8")
    (tmp_path / "fine.py").write_text(FINE, "utf-8")
    return tmp_path


@dataclass(frozen=True)
class Checkout:
    """A copy of the tool that a test may add to, laid out as an installation is."""

    folder: Path

    @property
    def rules(self) -> Path:
        """Where the rules are."""
        return self.folder / "upgradecheck" / "rules"

    @property
    def codemods(self) -> Path:
        """Where the verbs are."""
        return self.folder / "upgradecheck" / "codemods"

    def __call__(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the copy's command in a folder."""
        command = [sys.executable, "-m", "upgradecheck", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A fresh copy of the tool."""
    folder = tmp_path_factory.mktemp("checkout")
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "upgradecheck", folder / "upgradecheck", ignore=leave_out)
    for name in ("rules", "codemods"):
        shutil.copytree(ROOT / name, folder / "upgradecheck" / name, ignore=leave_out)
    return Checkout(folder)
