"""Write the tables of a SQLite metadata database, as real Airflow made it, for the tests to build small ones from.

    python scripts/record_metadata_db.py /tmp/airflow/airflow.db tests/fixtures/metadata-2.11.sql

No rows are taken but the revision.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path


def recorded(database: Path) -> str:
    """The statements that make the same tables, and the revision."""
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
    tables = [f"{sql};" for (sql,) in made if "sqlite_sequence" not in sql]
    revisions = connection.execute("SELECT version_num FROM alembic_version")
    rows = [f"INSERT INTO alembic_version VALUES ('{revision}');" for (revision,) in revisions]
    connection.close()
    lines = (line.rstrip() for statement in (*tables, *rows) for line in statement.splitlines())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(recorded(Path(sys.argv[1])), "utf-8")
