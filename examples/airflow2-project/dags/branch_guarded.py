"""Already prepared by hand: imports for 3.x first, the 2.x ones as a fallback."""
import pendulum

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:  # older or no standard provider
    from airflow.operators.empty import EmptyOperator

with DAG(
    dag_id="newsletter",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    schedule="0 9 * * 4",
    catchup=False,
    tags=["marketing"],
):

    @task.branch
    def choose_audience(params=None):
        return "send_to_all" if (params or {}).get("everyone") else "send_to_customers"

    to_all = EmptyOperator(task_id="send_to_all")
    to_customers = EmptyOperator(task_id="send_to_customers")

    choose_audience() >> [to_all, to_customers]
