"""Weekly dump of the product catalogue. Nothing in here changes with Airflow 3."""
import pendulum
from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator


def check_size(ti, **_):
    size = int(ti.xcom_pull(task_ids="dump_catalog"))
    if size < 1024:
        raise ValueError(f"the dump has only {size} bytes")


with DAG(
    dag_id="catalog_backup",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    schedule="@weekly",
    catchup=False,
    max_active_runs=1,
    tags=["maintenance"],
):
    dump = BashOperator(
        task_id="dump_catalog",
        bash_command="pg_dump --table catalog shop | gzip > /backup/catalog.sql.gz && stat -c %s /backup/catalog.sql.gz",
    )
    check = PythonOperator(task_id="check_size", python_callable=check_size)
    dump >> check
