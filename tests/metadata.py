"""Small metadata databases: the tables that real Airflow 2.11 made, and a few rows."""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parent / "fixtures" / "metadata-2.11.sql"
DAY = "2026-01-01 00:00:00.000000"
_FILL = {"INTEGER": 0, "BOOLEAN": 0, "TIMESTAMP": DAY, "BLOB": b"", "FLOAT": 0.0}


@cache
def _tables() -> bytes:
    """The file with the tables alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "airflow.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA.read_text("utf-8"))
        return path.read_bytes()


class Metadata:
    """A database in a file; ``address`` is what upgradecheck is given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.address = f"sqlite:///{path}"
        path.write_bytes(_tables())

    def run(self, script: str) -> None:
        """Any statements."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)

    def add(self, table: str, **cells: Any) -> Metadata:
        """A row; what has to be given and is not gets something of its type."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for _, name, kind, needed, default, key in connection.execute(f'PRAGMA table_info("{table}")'):
                if needed and default is None and name not in cells and not (key and kind == "INTEGER"):
                    cells[name] = _FILL.get(kind.partition("(")[0], "x")
            names, marks = ", ".join(f'"{name}"' for name in cells), ", ".join("?" * len(cells))
            connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(cells.values()))
        return self

    def run_of(self, dag_id: str, conf: object = None, **cells: Any) -> Metadata:
        """A run of a DAG, with a configuration as 2.x keeps it."""
        cells = {"run_id": f"manual__{len(cells)}", "execution_date": DAY, "state": "success", **cells}
        return self.add("dag_run", dag_id=dag_id, conf=pickle.dumps(conf), **cells)
