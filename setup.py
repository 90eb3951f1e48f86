"""The one step that pyproject.toml cannot say: a wheel brings the rules' triggers along ready made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    """Builds the package, then asks it what a start would have to work out."""

    def run(self) -> None:
        """Where the checkout itself is installed, nothing is written: its rules may change."""
        super().run()
        if not self.editable_mode:
            built = Path(self.build_lib).resolve()
            command = [sys.executable, "-m", "upgradecheck.building", str(built / "upgradecheck" / "rules")]
            path = os.pathsep.join([str(built), *filter(None, sys.path)])
            subprocess.run(command, check=True, cwd=built, env={**os.environ, "PYTHONPATH": path})


setup(cmdclass={"build_py": BuildPy})
