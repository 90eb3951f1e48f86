"""Every DAG file loads and every DAG has a tag."""
import sys
from pathlib import Path

import pytest
from airflow.models import DagBag

PROJECT = Path(__file__).resolve().parents[1]
EXPECTED = {
    "catalog_backup",
    "daily_sales",
    "etl_postgres",
    "import_prices",
    "metadata_cleanup",
    "newsletter",
    "price_and_stock_page",
    "stock_alerts",
    "stock_feed",
    "taskflow_orders",
    "weekly_report",
}


@pytest.fixture(scope="session")
def dagbag():
    for folder in ("plugins", "dags"):
        sys.path.insert(0, str(PROJECT / folder))
    return DagBag(dag_folder=str(PROJECT / "dags"), include_examples=False)


def test_no_import_errors(dagbag):
    assert dagbag.import_errors == {}


def test_all_dags_are_there(dagbag):
    assert EXPECTED <= set(dagbag.dag_ids)


def test_dags_have_tags(dagbag):
    untagged = [dag.dag_id for dag in dagbag.dags.values() if not dag.tags and "." not in dag.dag_id]
    assert untagged == []
