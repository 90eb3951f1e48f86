"""Load the order lines of a day from the shop database into the warehouse."""
from datetime import datetime, timedelta

from airflow import DAG
from airflow.hooks.postgres_hook import PostgresHook
from airflow.models import Variable
from airflow.operators.check_operator import ValueCheckOperator
from airflow.operators.email_operator import EmailOperator
from airflow.operators.python import PythonOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

BATCH_SIZE = 5000


def warn_about_sla(dag, task_list, blocking_task_list, slas, blocking_tis):
    print(f"{dag.dag_id} is late: {task_list}")


def copy_order_lines(ds, prev_ds, **_):
    shop = PostgresHook(postgres_conn_id="shop_db")
    warehouse = PostgresHook(postgres_conn_id="warehouse")
    rows = shop.get_records(
        "select order_id, sku, quantity, price from order_lines where ordered_on > %s and ordered_on <= %s",
        parameters=(prev_ds, ds),
    )
    warehouse.insert_rows(
        table="staging.order_lines",
        rows=rows,
        target_fields=["order_id", "sku", "quantity", "price"],
        commit_every=int(Variable.get("etl_batch_size", default_var=BATCH_SIZE)),
    )
    return len(rows)


with DAG(
    dag_id="etl_postgres",
    start_date=datetime(2024, 1, 1),
    schedule_interval="@daily",
    catchup=False,
    default_args={"owner": "shop-data", "retries": 1},
    sla_miss_callback=warn_about_sla,
    tags=["warehouse"],
) as dag:
    copy = PythonOperator(
        task_id="copy_order_lines",
        python_callable=copy_order_lines,
        sla=timedelta(hours=2),
    )

    load = SQLExecuteQueryOperator(
        task_id="load_orders",
        conn_id="warehouse",
        sql="sql/load_orders.sql",
    )

    check = ValueCheckOperator(
        task_id="check_no_orphans",
        conn_id="warehouse",
        sql="select count(*) from sales.order_lines where order_id is null",
        pass_value=0,
    )

    mail = EmailOperator(
        task_id="mail_report",
        to="finance@shop.example",
        subject="Orders of {{ ds }} are loaded",
        html_content="{{ ti.xcom_pull(task_ids='copy_order_lines') }} order lines, next load after {{ tomorrow_ds }}.",
    )

    copy >> load >> check >> mail
