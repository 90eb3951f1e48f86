"""What a failure comes to, by where it strikes: for code that Airflow itself runs, apart from its servers."""

from __future__ import annotations

from upgradecheck.linking import places
from upgradecheck.model import Runs
from upgradecheck.scene import Scene

FAILS = {
    Runs.IMPORT: "the file does not load",
    Runs.TASK: "the task fails",
    Runs.CALLBACK: "the callback fails",
    Runs.TRIGGER: "the trigger fails",
    Runs.HOOK: "the listener fails",
}


def fails(runs: Runs | None, scene: Scene) -> bool:
    """Whether Airflow runs the code: what stands at the top of a file of tests, whoever runs those does."""
    return runs in FAILS and not (runs is Runs.IMPORT and places.of_file(scene.document.name) is Runs.TEST)
