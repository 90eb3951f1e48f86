"""What a failure comes to, by where it strikes: for code that Airflow itself runs, apart from its servers."""

from __future__ import annotations

from upgradecheck.model import Runs

FAILS = {
    Runs.IMPORT: "the file does not load",
    Runs.TASK: "the task fails",
    Runs.CALLBACK: "the callback fails",
    Runs.TRIGGER: "the trigger fails",
    Runs.HOOK: "the listener fails",
}
