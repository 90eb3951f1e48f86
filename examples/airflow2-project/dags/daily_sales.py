"""Sum up yesterday's shop orders and drop the result as a CSV for finance."""
import csv
import logging
from datetime import timedelta

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import BranchPythonOperator, PythonOperator
from airflow.utils.dates import days_ago

log = logging.getLogger(__name__)

EXPORT_DIR = "/opt/airflow/data/sales"

default_args = {
    "owner": "shop-data",
    "depends_on_past": False,
    "email": ["data@shop.example"],
    "email_on_failure": True,
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
}


def is_month_start(execution_date, **kwargs):
    return "monthly_close" if execution_date.day == 1 else "no_close"


def summarise(**context):
    day = context["execution_date"].strftime("%Y-%m-%d")
    total, count = 0.0, 0
    with open(f"{EXPORT_DIR}/{day}/orders.csv", newline="") as src:
        for row in csv.DictReader(src):
            total += float(row["amount"])
            count += 1
    log.info("%s: %d orders, %.2f EUR (next run covers %s)", day, count, total, context["next_ds"])
    context["ti"].xcom_push(key="total", value=total)
    return count


dag = DAG(
    "daily_sales",
    default_args=default_args,
    description="Daily order totals for finance",
    schedule_interval="0 5 * * *",
    start_date=days_ago(2),
    concurrency=4,
    max_active_runs=1,
    default_view="graph",
    orientation="LR",
    tags=["sales", "finance"],
)

start = DummyOperator(task_id="start", dag=dag)

export_orders = BashOperator(
    task_id="export_orders",
    bash_command=(
        "mkdir -p " + EXPORT_DIR + "/{{ ds }} && "
        "shop-export --table orders --from '{{ execution_date }}' --to '{{ next_execution_date }}' "
        "> " + EXPORT_DIR + "/{{ ds }}/orders.csv"
    ),
    dag=dag,
)

summarise_orders = PythonOperator(
    task_id="summarise_orders",
    python_callable=summarise,
    provide_context=True,
    dag=dag,
)

check_month = BranchPythonOperator(
    task_id="check_month",
    python_callable=is_month_start,
    provide_context=True,
    dag=dag,
)

monthly_close = BashOperator(
    task_id="monthly_close",
    bash_command="shop-close-month --until {{ yesterday_ds }}",
    dag=dag,
)
no_close = DummyOperator(task_id="no_close", dag=dag)

done = DummyOperator(task_id="done", trigger_rule="none_failed_min_one_success", dag=dag)

start >> export_orders >> summarise_orders >> check_month >> [monthly_close, no_close] >> done
