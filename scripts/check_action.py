"""``action.yml`` and the workflows in the README, held to actionlint, zizmor, shellcheck and GitHub's schemas.

Runs each of the tools that is on the path (``actionlint``, ``zizmor``, ``shellcheck``, ``check-jsonschema``; all
four are on PyPI) and says which are missing. Ends with 1 where one objects or none is there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
_FENCED = re.compile(r"^```yaml\n(# \.github/workflows/.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """One line for each tool and what it looked at."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = laid_out(Path(scratch))
        results = [told(*check, folder) for check in checks(folder)]
    return 0 if results and all(results) else 1


def laid_out(folder: Path) -> Path:
    """A repository with the action, the README's workflows, and one that uses the action from its own checkout."""
    shutil.copy(ROOT / "action.yml", folder / "action.yml")
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for number, text in enumerate(_FENCED.findall((ROOT / "README.md").read_text("utf-8"))):
        pinned = re.sub(r"(uses: upgradecheck/\w+)@main", rf"\1@{'0' * 40}", text)  # as its comment asks
        (workflows / f"readme{number}.yml").write_text(pinned, "utf-8")
        (workflows / f"own{number}.yml").write_text(re.sub(r"uses: upgradecheck/\S+", "uses: ./", text), "utf-8")
    for step in yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]:
        script = folder / f"{step['name'].lower().replace(' ', '_')}.sh"
        given = "".join(f"{name}=''\n" for name in step["env"])
        script.write_text(f"#!/bin/bash\nset -eo pipefail\n{given}{step['run']}", "utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def checks(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """(what is checked, the command)."""
    workflows = sorted(map(str, (folder / ".github" / "workflows").glob("*.yml")))
    readme = [name for name in workflows if "readme" in name]
    schema = ["check-jsonschema", "--builtin-schema"]
    scripts = sorted(map(str, folder.glob("*.sh")))
    commands = {
        "workflows of the README, and the action's inputs": ["actionlint", *workflows],
        "action and workflows, for what an attacker could do": [
            "zizmor", "--offline", "--no-progress", "--persona=pedantic", str(folder / "action.yml"), *readme,
        ],
        "scripts of the action's steps": ["shellcheck", *scripts],
        "action, by GitHub's schema": [*schema, "vendor.github-actions", "action.yml"],
        "workflows, by GitHub's schema": [*schema, "vendor.github-workflows", *workflows],
    }  # fmt: skip
    for what, command in commands.items():
        if shutil.which(command[0]):
            yield what, command
        else:
            print(f"not on the path  {command[0]}: {what}")


def told(what: str, command: list[str], folder: Path) -> bool:
    """Run a tool, print how it ended, and what it said where it objects."""
    both = subprocess.PIPE, subprocess.STDOUT
    done = subprocess.run(command, cwd=folder, stdout=both[0], stderr=both[1], text=True, check=False)
    print(f"{'fine' if done.returncode == 0 else 'OBJECTS':15}  {command[0]}: {what}")
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
