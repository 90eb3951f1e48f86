"""Asking git about a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """One start of git in a folder. Raises `OSError` where there is no git."""
    command = ["git", "-C", str(root), "-c", "core.fsmonitor=false", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=_environment())


def tracked_all_the_same(root: Path) -> frozenset[str]:
    """The files below a folder that git tracks although a ``.gitignore`` names them; none where git cannot tell."""
    try:
        done = run(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
    except OSError:
        return frozenset()
    return frozenset(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


def _environment() -> dict[str, str]:
    """The environment, fit for another folder: a hook's paths may be relative to where it was started."""
    env = dict(os.environ)
    if "GIT_WORK_TREE" not in env:
        env.pop("GIT_DIR", None)  # git would take the folder for the top of the work tree
    if index := env.get("GIT_INDEX_FILE"):
        env["GIT_INDEX_FILE"] = os.path.abspath(index)
    return env
