"""Both hooks through a real pre-commit, on a project made for it: ``try-repo``, then an installed hook.

Needs ``pre-commit`` on the path, git, and a package index. Ends with 1 where something is not as expected.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
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


Step = tuple[str, bool, str]  # what, whether it went as it should, what was printed


def main() -> int:
    """Every step with what came of it."""
    with tempfile.TemporaryDirectory() as scratch:
        trial = Trial(Path(scratch) / "project", Path(scratch) / "home")
        trial.make()
        results = [told(*step) for step in (*trial.tried(), *trial.installed())]
    return 0 if all(results) else 1


def told(what: str, holds: bool, output: str) -> bool:
    """Print a step's result; of one that failed also what it printed."""
    print(f"{'as expected' if holds else 'NOT AS EXPECTED':15}  {what}")
    if not holds:
        print(output)
    return holds


@dataclass(frozen=True)
class Trial:
    """A project under git, and a home for pre-commit."""

    project: Path
    home: Path

    def make(self) -> None:
        """Write the project and stage it."""
        for name, text in PROJECT.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text, "utf-8")
        self.run("git", "init", "-q")
        self.run("git", "add", ".")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command in the project."""
        who = {
            f"GIT_{role}_{what}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        env = {**os.environ, **who, "PRE_COMMIT_HOME": str(self.home)}
        both = subprocess.PIPE, subprocess.STDOUT
        return subprocess.run(
            command, cwd=self.project, env=env, stdout=both[0], stderr=both[1], text=True, check=False
        )

    def hook(self, name: str) -> subprocess.CompletedProcess[str]:
        """One hook of this checkout on all files."""
        return self.run("pre-commit", "try-repo", str(ROOT), name, "--all-files", "--verbose")

    def tried(self) -> Iterator[Step]:
        """Both hooks, before and after the fix."""
        done = self.hook("upgradecheck")
        found = [line for line in done.stdout.splitlines() if "ProviderImportRule" in line]
        holds = done.returncode == 1 and len(found) == 1
        yield "upgradecheck fails and shows the finding", holds, done.stdout
        yield "the excluded file is left out", "archive" not in done.stdout, done.stdout
        done = self.hook("upgradecheck-fix")
        new = "standard.operators" in (self.project / "dags/old.py").read_text("utf-8")
        holds = done.returncode == 1 and new and "files were modified by this hook" in done.stdout
        yield "upgradecheck-fix fails because it fixed", holds, done.stdout
        for name in ("upgradecheck", "upgradecheck-fix"):
            done = self.hook(name)
            yield f"{name} passes on the fixed files", done.returncode == 0, done.stdout

    def installed(self) -> Iterator[Step]:
        """The hook of the last commit, as git runs it."""
        rev = self.run("git", "-C", str(ROOT), "rev-parse", "HEAD").stdout.strip()
        (self.project / ".pre-commit-config.yaml").write_text(CONFIG.format(root=ROOT, rev=rev), "utf-8")
        self.run("pre-commit", "install")
        done = self.commit(OLD)
        nothing = self.run("git", "rev-parse", "--verify", "--quiet", "HEAD").returncode == 1
        yield "an installed hook stops the commit", done.returncode == 1 and nothing, done.stdout
        done = self.commit(PROJECT["dags/fine.py"])
        yield "and lets a fine one through", done.returncode == 0, done.stdout

    def commit(self, text: str) -> subprocess.CompletedProcess[str]:
        """Try to commit the DAG with this text."""
        (self.project / "dags/old.py").write_text(text, "utf-8")
        self.run("git", "add", ".")
        return self.run("git", "commit", "-m", "as it is")


if __name__ == "__main__":
    sys.exit(main())
