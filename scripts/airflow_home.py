"""A home of its own for a real Airflow of either version, with an empty database."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def environment(home: Path) -> dict[str, str]:
    """A home of its own, an empty database, no examples: for either version."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-this-recording-0123456789abcdef0123456789abcdef",
        "PYTHONWARNINGS": "ignore",
        "TZ": "UTC",
    }


def database(python: str, work: Path) -> Path:
    """A migrated database in a home of its own."""
    home = work / "template"
    (home / "dags").mkdir(parents=True)
    command = [python, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=environment(home), check=True, capture_output=True)
    return home / "airflow.db"
