"""Run inside an Airflow 3.x environment: migrates databases as `airflow db migrate`, each in its own process.

    python probe_migration.py < addresses > outcomes

Reads one address a line, answers one line of JSON each: {"address", "stopped": the error, "" for none}.
What Airflow prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from typing import Any


def prepare(address: str) -> None:
    """An empty home, and the settings under which FAB's tables are migrated as well.

    The address has to be there when models are imported: from its dialect they take the collation of their keys.
    """
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__CORE__AUTH_MANAGER"] = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = address
    importlib.import_module("airflow.utils.db")  # slow: once, before the children


def migrate(address: str) -> str:
    """Why the migration stopped, "" where it went through. Runs in a child process: settings are set once."""
    settings: Any = importlib.import_module("airflow.settings")
    settings.SQL_ALCHEMY_CONN = address
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = address
    try:
        settings.configure_vars()
        settings.configure_orm()
        importlib.import_module("airflow.utils.db").upgradedb()
    except BaseException as error:  # whatever stops it is the answer
        lines = [
            line for line in str(error).splitlines() if line and not line.startswith(("[SQL", "[par", "(Back"))
        ]
        return f"{type(error).__name__}: {' '.join(lines)[:300]}"
    return ""


def main() -> None:
    """Migrate what standard input names: databases of one dialect."""
    addresses = sys.stdin.read().split()
    out = os.dup(1)
    os.dup2(2, 1)
    prepare(addresses[0])
    for address in addresses:
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.write(writer, migrate(address).encode()[:4000])
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            said = answer.read()
        os.wait()
        os.write(out, (json.dumps({"address": address, "stopped": said}) + "\n").encode())


if __name__ == "__main__":
    main()
