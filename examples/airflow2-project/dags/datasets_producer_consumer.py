"""The stock feed writes a file; everything that needs fresh stock runs when it is there."""
from datetime import datetime

from airflow import DAG
from airflow.datasets import Dataset
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.timetables.datasets import DatasetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

stock_file = Dataset("s3://shop-data/stock/latest.csv", extra={"team": "shop-data"})
price_file = Dataset("s3://shop-data/prices/latest.csv")

with DAG(
    dag_id="stock_feed",
    start_date=datetime(2024, 3, 1),
    schedule="*/30 * * * *",
    catchup=False,
    tags=["stock"],
) as producer:
    BashOperator(
        task_id="fetch_stock",
        bash_command="shop-export --table stock --to s3://shop-data/stock/latest.csv",
        outlets=[stock_file],
    )


def show_trigger(triggering_dataset_events, **_):
    for dataset, events in triggering_dataset_events.items():
        for event in events:
            print(f"{dataset} was updated by {event.source_dag_id} at {event.timestamp}")


with DAG(
    dag_id="stock_alerts",
    start_date=datetime(2024, 3, 1),
    schedule=[stock_file],
    catchup=False,
    tags=["stock"],
) as consumer:
    seen = PythonOperator(task_id="show_trigger", python_callable=show_trigger)
    alert = BashOperator(task_id="alert_low_stock", bash_command="shop-alert low-stock --below 5")
    seen >> alert

with DAG(
    dag_id="price_and_stock_page",
    start_date=datetime(2024, 3, 1),
    schedule=DatasetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 7 * * *", timezone="Europe/Berlin"),
        datasets=(stock_file | price_file),
    ),
    catchup=False,
    tags=["stock"],
) as page:
    BashOperator(task_id="rebuild_page", bash_command="shop-site rebuild --page stock")
