"""Both hooks through a real pre-commit, on a project made for it: ``try-repo``, then an installed hook.

Needs ``pre-commit`` on the path, git, and a package index. Ends with 1 where something is not as expected.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLD = "from airflow.operators.bash_operator import BashOperator\n\nBashOperator(task_id='t', bash_command='echo')\n"
PROJECT = {
    "dags/old.py": OLD,
    "dags/fine.py": "from airflow.sdk import DAG\n\nDAG('d')\n",
    "archive/left.py": OLD,
    "upgradecheck.toml": 'exclude = ["archive"]\n',
    "notes.txt": "from airflow.operators.bash_operator import BashOperator\n",
}
CONFIG = """repos:
- repo: {root}
  rev: {rev}
  hooks:
  - id: upgradecheck
"""


def main() -> int:
    """Every step with what came of it."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        for name, text in PROJECT.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, "utf-8")
        results = [told(*step) for step in steps(project, Path(scratch) / "home")]
    return 0 if all(results) else 1


def told(what: str, holds: bool, output: str) -> bool:
    """Print a step's result; of one that failed also what it printed."""
    print(f"{'as expected' if holds else 'NOT AS EXPECTED':15}  {what}")
    if not holds:
        print(output)
    return holds


def steps(project: Path, home: Path) -> list[tuple[str, bool, str]]:
    """(what, whether it went as it should, output) for each step."""
    env = {**os.environ, "PRE_COMMIT_HOME": str(home)}
    old = project / "dags/old.py"

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        identity = {
            f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        both = subprocess.PIPE, subprocess.STDOUT
        return subprocess.run(
            command, cwd=project, env=env | identity, stdout=both[0], stderr=both[1], text=True, check=False
        )

    def hook(name: str) -> subprocess.CompletedProcess[str]:
        return run("pre-commit", "try-repo", str(ROOT), name, "--all-files", "--verbose")

    run("git", "init", "-q")
    run("git", "add", ".")
    checked = hook("upgradecheck")
    lines = checked.stdout.splitlines()
    found = [line for line in lines if "ProviderImportRule" in line]
    results = [
        ("upgradecheck fails and shows the finding", checked.returncode == 1 and len(found) == 1, checked.stdout),
        ("the excluded file is left out", "archive" not in checked.stdout, checked.stdout),
    ]
    fixed = hook("upgradecheck-fix")
    changed = "files were modified by this hook" in fixed.stdout and "standard.operators" in old.read_text("utf-8")
    results.append(("upgradecheck-fix fails because it fixed", fixed.returncode == 1 and changed, fixed.stdout))
    for name in ("upgradecheck", "upgradecheck-fix"):
        again = hook(name)
        results.append((f"{name} passes on the fixed files", again.returncode == 0, again.stdout))

    rev = run("git", "-C", str(ROOT), "rev-parse", "HEAD").stdout.strip()
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(root=ROOT, rev=rev), "utf-8")
    run("pre-commit", "install")
    old.write_text(OLD, "utf-8")
    run("git", "add", ".")
    stopped = run("git", "commit", "-m", "old")
    log = run("git", "rev-parse", "--verify", "--quiet", "HEAD")
    results.append(
        ("an installed hook stops the commit", stopped.returncode == 1 and log.returncode == 1, stopped.stdout)
    )
    old.write_text(PROJECT["dags/fine.py"], "utf-8")
    run("git", "add", ".")
    passed = run("git", "commit", "-m", "fine")
    results.append(("and lets a fine one through", passed.returncode == 0, passed.stdout))
    return results


if __name__ == "__main__":
    sys.exit(main())
