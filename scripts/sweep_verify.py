"""What ``--fix --verify`` says of public projects: fixes are written into copies of them.

    python scripts/sweep_verify.py FOLDER_OF_PROJECTS [--unsafe-fixes] [--only NAME]

Prints a line for each project, and each DAG file that was rolled back or not compared, with the reason.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

COMMAND = ("--fix", "--verify", "--no-cache", "--format", "report", "--fail-on", "never")


def main() -> int:
    """The sweep; 1 where a run ended in an error."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--only", default="*")
    arguments.add_argument("--unsafe-fixes", action="store_true")
    asked = arguments.parse_args()
    extra = ("--unsafe-fixes",) if asked.unsafe_fixes else ()
    total: Counter[str] = Counter()
    for project in sorted(path for path in asked.folder.glob(asked.only) if path.is_dir()):
        total += verified(project, extra)
    print(f"all: {dict(total)}")
    return 1 if total["error"] else 0


def verified(project: Path, extra: tuple[str, ...]) -> Counter[str]:
    """How many DAG files of a project are the same, changed, not compared; and how many files were fixed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / project.name
        shutil.copytree(project, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        begun = time.monotonic()
        command = [sys.executable, "-m", "upgradecheck", *COMMAND, *extra, "."]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print(f"{project.name}: exit {done.returncode}: {done.stderr[-500:]}")
        return Counter(error=1)
    found = Counter(verdict["state"] for verdict in report.get("verified", []))
    found["fixed"] = len(report["fixed"])
    print(f"{project.name}: {dict(found)} {time.monotonic() - begun:.0f} s", flush=True)
    for verdict in report.get("verified", []):
        if verdict["state"] != "same":
            print(f"  {verdict['file']}: {verdict['state']}: {verdict['reason']}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
