"""The metadata database: what is asked of it, and what is found, on tables that real Airflow 2.11 made."""

from __future__ import annotations

import datetime
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import run as command
from metadata import Metadata

from upgradecheck.readers.databases import require_select
from upgradecheck.report import Report
from upgradecheck.rulebook import facts
from upgradecheck.rulebook.queries import Query, queries

DIALECTS = ("mariadb", "mysql", "postgresql", "sqlite")
RULES = [rule for rule in facts.load() if rule.reads == "database"]
ASKED = [query for rule in RULES for query in queries(rule)]
FAR = "2099-01-01 00:00:00.000000"
TASK = {"task_id": "load", "dag_id": "sales", "run_id": "r", "map_index": -1}
OPERATOR = "airflow.contrib.operators.ssh_operator"


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    """A database with one DAG, in a folder with one file."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sales.py").write_text("", "utf-8")
    return Metadata(tmp_path / "airflow.db").add("dag", dag_id="sales", is_subdag=0, is_active=1)


def stored(module: str, name: str) -> str:
    """A serialised DAG with one task of this class."""
    return json.dumps({"dag": {"tasks": [{"__var": {"_task_module": module, "task_type": name}}]}})


CASES: list[tuple[str, Callable[[Metadata], object], str, str]] = [
    ("SubDagRowRule", lambda m: m.add("dag", dag_id="a.b", is_subdag=1, root_dag_id="a"), "db:dag", "a.b"),
    ("RunConfRule", lambda m: m.run_of("sales", {"day": datetime.date(2026, 1, 1)}), "db:dag_run", "conf"),
    ("RunConfRule", lambda m: m.run_of("sales", {"names": {"a"}}), "db:dag_run", "conf"),
    ("RunConfRule", lambda m: m.run_of("sales", {("a", 1): 2}), "db:dag_run", "conf"),
    ("RunConfRule", lambda m: m.run_of("sales", b"x"), "db:dag_run", "conf"),
    ("PendingRunRule", lambda m: m.run_of("sales", execution_date=FAR, state="queued"), "db:dag_run", "future"),
    ("OrphanRowRule", lambda m: m.add("task_instance_note", **TASK), "db:task_instance_note", "note"),
    ("LeftoverTableRule", lambda m: m.run("CREATE TABLE _xcom_archive (a)"), "db:_xcom_archive", "_xcom_archive"),
    ("LeftoverTableRule", lambda m: m.run("CREATE TABLE _airflow_moved__x (a)"), "db:_airflow_moved__x", "_airflow_moved__x"),
    ("ConnectionExtraRule", lambda m: m.add("connection", conn_id="c", extra="text", is_extra_encrypted=0), "db:connection", "c"),
    ("ConnectionExtraRule", lambda m: m.add("connection", conn_id="c", extra="[1]", is_extra_encrypted=0), "db:connection", "c"),
    ("ConnectionExtraRule", lambda m: m.add("connection", conn_id="c", extra="gAAA", is_extra_encrypted=1), "db:connection", "encrypted"),
    ("ConnectionTypeRule", lambda m: m.add("connection", conn_id="c", conn_type="ftp"), "db:connection", "c"),
    ("ConnectionTypeRule", lambda m: m.add("connection", conn_id="c", conn_type="sqoop"), "db:connection", "c"),
    ("StoredUrlRule", lambda m: m.add("variable", key="k", val="https://af/api/v1/dags", is_encrypted=0), "db:variable", "k"),
    ("StoredUrlRule", lambda m: m.add("connection", conn_id="c", host="https://af/api/experimental"), "db:connection", "c"),
    ("DatabaseServerRule", lambda m: m.add("task_instance", **TASK), "db:task_instance", "sqlite"),
    ("DatabaseRevisionRule", lambda m: m.run("UPDATE alembic_version SET version_num = 'nobody'"), "db:alembic_version", "nobody"),
    ("DatabaseRevisionRule", lambda m: m.run("UPDATE alembic_version SET version_num = '290244fb8b83'"), "db:alembic_version", "290244fb8b83"),
    ("StoredOperatorRule", lambda m: serialised(m, stored(OPERATOR, "SSHOperator")), "db:serialized_dag", "crm"),
    ("StoredOperatorRule", lambda m: serialised(m, zlib.compress(stored(OPERATOR, "SSHOperator").encode())), "db:serialized_dag", "crm"),
]  # fmt: skip


def serialised(metadata: Metadata, data: str | bytes, file: str = "/opt/dags/crm.py", dag_id: str = "crm") -> None:
    """A DAG as the scheduler keeps it."""
    column = "data" if isinstance(data, str) else "data_compressed"
    metadata.add("dag", dag_id=dag_id, is_active=1)
    metadata.add("serialized_dag", dag_id=dag_id, fileloc=file, processor_subdir="/opt/dags", **{column: data})


@pytest.mark.parametrize(("rule", "change", "file", "subject"), CASES)
def test_row_is_found(
    rule: str,
    change: Callable[[Metadata], object],
    file: str,
    subject: str,
    metadata: Metadata,
    run: Callable[..., Report],
) -> None:
    assert not run(metadata_db=metadata.address, select=(rule,)).findings
    change(metadata)
    found = run(metadata_db=metadata.address, select=(rule,)).findings
    assert [(f.document, f.subject, f.span) for f in found] == [(file, subject, None)]


FINE: list[Callable[[Metadata], object]] = [
    lambda m: m.run_of("sales", {"a": [1, None, 2.5, "x", True], "b": {"c": (1, 2)}}),
    lambda m: m.run_of("sales", state="queued"),
    lambda m: m.add("task_instance", **TASK).add("task_instance_note", **TASK),
    lambda m: m.add("connection", conn_id="c", conn_type="postgres", extra='{"a": 1}', is_extra_encrypted=0),
    lambda m: m.add("connection", conn_id="c", conn_type="postgres", extra="", is_extra_encrypted=0),
    lambda m: m.add("variable", key="k", val="https://af/api/v2/dags", is_encrypted=0),
    lambda m: m.add("variable", key="k", val="gAAA/api/v1", is_encrypted=1),
    lambda m: serialised(m, stored(OPERATOR, "SSHOperator"), "/opt/dags/sales.py"),
    lambda m: serialised(m, stored("airflow.providers.standard.operators.bash", "BashOperator")),
    lambda m: serialised(m, stored("airflow.decorators.python", "_PythonDecoratedOperator")),
    lambda m: serialised(m, "no json"),
]


@pytest.mark.parametrize("change", FINE)
def test_what_is_fine_is_not_told(
    change: Callable[[Metadata], object], metadata: Metadata, run: Callable[..., Report]
) -> None:
    change(metadata)
    report = run(metadata_db=metadata.address, run_all=True, deselect=("DatabaseServerRule",))
    assert [f.message for f in report.findings] == []


def test_many_rows_are_told_once(metadata: Metadata, run: Callable[..., Report]) -> None:
    for number in range(5):
        metadata.run_of(f"dag{number}", {1j: 1}, run_id=str(number))
    found = run(metadata_db=metadata.address, select=("RunConfRule",)).findings
    assert len(found) == 1
    assert re.search(r"5, of 5 DAGs \(dag0, dag1, dag2 and 2 more; ", found[0].message)


def test_large_tables_are_told_with_their_figures(metadata: Metadata, run: Callable[..., Report]) -> None:
    query = next(query for query in ASKED if query.rule == "LargeTableRule")
    assert "100000" in query.sql
    assert not run(metadata_db=metadata.address, select=("LargeTableRule",)).findings


@pytest.mark.parametrize(("target", "errors"), [("3.0", 1), ("3.1", 1), ("3.2", 0), ("3.3", 0)])
def test_a_database_that_is_newer_than_the_target(
    target: str, errors: int, metadata: Metadata, run: Callable[..., Report]
) -> None:
    metadata.run("UPDATE alembic_version SET version_num = '1d6611b6ab7c'")
    found = run(metadata_db=metadata.address, select=("DatabaseRevisionRule",), target=target).findings
    assert len(found) == errors


def test_roles_of_ones_own(metadata: Metadata, run: Callable[..., Report]) -> None:
    metadata.run("""
        INSERT INTO ab_role (id, name) VALUES (1, 'Analyst'), (2, 'Viewer');
        INSERT INTO ab_view_menu (id, name) VALUES (1, 'Datasets'), (2, 'Pools'), (3, 'Jobs'), (4, 'Task Reschedules');
        INSERT INTO ab_permission (id, name) VALUES (1, 'can_read');
        INSERT INTO ab_permission_view (id, permission_id, view_menu_id) VALUES (1, 1, 1), (2, 1, 2), (3, 1, 4);
        INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) VALUES (1, 1, 1), (2, 2, 1), (3, 3, 2);
    """)
    found = run(metadata_db=metadata.address, select=("RolePermissionRule",)).findings
    assert [(f.subject, f.severity.value) for f in found] == [("Datasets", "WARNING")]
    assert "Analyst" in found[0].message


def test_without_an_address_it_is_skipped(metadata: Metadata, run: Callable[..., Report]) -> None:
    skipped = [o for o in run(run_all=True).outcomes if o.document == "db:*"]
    assert [type(o).__name__ for o in skipped] == ["Skipped"]
    assert "UPGRADECHECK_METADATA_DB" in getattr(skipped[0], "reason", "")
    assert not [o for o in run().outcomes if o.document.startswith("db:")]
    assert not run(run_all=True).unchecked


def test_the_address_comes_from_the_environment(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata.run_of("sales", execution_date=FAR, state="queued")
    monkeypatch.setenv("UPGRADECHECK_METADATA_DB", metadata.address)
    done = command(metadata.path.parent, "--format", "json")
    told = {(f["rule_id"], f["file"], f["line"]) for f in json.loads(done.stdout)}
    assert ("PendingRunRule", "db:dag_run", None) in told


def test_the_cache_neither_keeps_nor_hides_it(metadata: Metadata) -> None:
    folder = metadata.path.parent
    for _ in range(2):  # the second run is answered from the cache
        done = command(folder, "--format", "json", "--metadata-db", metadata.address)
        assert json.loads(done.stdout) == []
    metadata.run_of("sales", execution_date=FAR, state="queued")
    done = command(folder, "--format", "json", "--metadata-db", metadata.address)
    assert [f["rule_id"] for f in json.loads(done.stdout)] == ["PendingRunRule"]
    assert command(folder, "--format", "json").stdout.strip() == "[]"
    kept = b"".join(path.read_bytes() for path in (folder / ".upgradecheck_cache").iterdir())
    assert b"airflow.db" not in kept


def test_findings_are_suppressed_like_others(metadata: Metadata) -> None:
    folder, options = metadata.path.parent, ("--metadata-db", metadata.address, "--format", "report", "--run-all")
    metadata.run_of("sales", execution_date=FAR, state="queued")
    assert (
        command(
            folder, "ignore", "PendingRunRule", "--path", "db:dag_run", "--reason", "will be drained"
        ).returncode
        == 0
    )
    report = json.loads(command(folder, *options).stdout)
    assert [f["rule_id"] for f in report["findings"] if f["file"] == "db:dag_run"] == []
    assert [f["rule_id"] for f in report["suppressed"]] == ["PendingRunRule"]
    without = json.loads(command(folder, "--format", "json", "--run-all").stdout)
    assert [f for f in without if f["rule_id"] == "UnusedSuppressionRule"] == []
    done = command(folder, "baseline", "--metadata-db", metadata.address)
    assert done.returncode == 0, done.stderr
    without = json.loads(command(folder, "--format", "json", "--run-all").stdout)
    assert without == [], (
        "the baseline knows findings of the database, and a run without it does not call them gone"
    )


def test_fixes_leave_it_alone(metadata: Metadata) -> None:
    metadata.run_of("sales", execution_date=FAR, state="queued")
    old = metadata.path.parent / "dags" / "old.py"
    old.write_text("from airflow.operators.bash_operator import BashOperator\nBashOperator\n", "utf-8")
    before = metadata.path.read_bytes()
    command(metadata.path.parent, "--fix", "--metadata-db", metadata.address)
    assert "bash_operator" not in old.read_text("utf-8")
    assert metadata.path.read_bytes() == before


@pytest.mark.parametrize("form", ["text", "json", "report", "sarif", "github", "markdown", "html"])
def test_every_format_tells_it(form: str, metadata: Metadata) -> None:
    metadata.run_of("sales", execution_date=FAR, state="queued")
    done = command(metadata.path.parent, "--format", form, "--metadata-db", metadata.address, "--run-all")
    assert done.returncode in (0, 1), done.stderr
    assert "PendingRunRule" in done.stdout


@pytest.mark.parametrize("query", ASKED, ids=lambda query: f"{query.rule}-{query.name}-{query.dialects[:1]}")
def test_every_question_is_one_select_in_its_dialect(query: Query) -> None:
    for dialect in query.dialects or DIALECTS:
        assert dialect in DIALECTS
        require_select(query.sql, dialect)


@pytest.mark.parametrize(
    "query", [q for q in ASKED if not q.dialects or "sqlite" in q.dialects], ids=lambda q: f"{q.rule}-{q.name}"
)
def test_every_question_to_sqlite_runs(query: Query, metadata: Metadata, run: Callable[..., Report]) -> None:
    report: Any = run(metadata_db=metadata.address, select=(query.rule,))
    assert not [o for o in report.outcomes if type(o).__name__ not in ("Checked", "Skipped", "Passed")]
    known = {o.document: o for o in report.outcomes}
    if query.table != "item":
        assert type(known[f"db:{query.table}"]).__name__ == "Checked", known
