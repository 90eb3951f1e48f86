"""Wait for the sales figures and the supplier's price list, then import the prices."""
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.sensors.external_task_sensor import ExternalTaskSensor
from airflow.sensors.s3_key_sensor import S3KeySensor

from shop_operators import ShopExportOperator, StockFeedSensor


def import_prices(execution_date, templates_dict, **context):
    print(f"importing {templates_dict['key']} as of {execution_date.isoformat()}")


with DAG(
    "import_prices",
    start_date=datetime(2024, 1, 1),
    schedule_interval="30 5 * * *",
    catchup=False,
    default_args={"owner": "shop-data"},
    tags=["prices"],
) as dag:
    wait_sales = ExternalTaskSensor(
        task_id="wait_for_sales",
        external_dag_id="daily_sales",
        external_task_id="done",
        execution_delta=timedelta(minutes=30),
        mode="reschedule",
        timeout=2 * 60 * 60,
    )

    wait_prices = S3KeySensor(
        task_id="wait_for_prices",
        bucket_name="shop-data",
        bucket_key="prices/{{ execution_date.strftime('%Y/%m/%d') }}/prices.csv",
        aws_conn_id="shop_s3",
        poke_interval=300,
        mode="reschedule",
    )

    wait_stock = StockFeedSensor(task_id="wait_for_stock", feed="main", poke_interval=120)

    load = PythonOperator(
        task_id="import_prices",
        python_callable=import_prices,
        templates_dict={"key": "prices/{{ ds }}/prices.csv"},
        task_concurrency=1,
    )

    export = ShopExportOperator(
        task_id="export_prices",
        table="prices",
        target="s3://shop-data/prices/latest.csv",
    )

    [wait_sales, wait_prices, wait_stock] >> load >> export
