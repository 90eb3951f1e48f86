"""Score new orders for fraud and route the suspicious ones to a person."""
from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowSkipException
from airflow.models import Variable
from airflow.operators.dagrun_operator import TriggerDagRunOperator
from airflow.operators.python import get_current_context
from airflow.utils.trigger_rule import TriggerRule

LIMIT = 0.8


def notify_failure(context):
    print(f"{context['task_instance'].task_id} failed for {context['execution_date']}")


@dag(
    dag_id="taskflow_orders",
    schedule_interval=timedelta(hours=1),
    start_date=datetime(2024, 2, 1),
    catchup=False,
    default_args={"owner": "shop-data", "retries": 1, "on_failure_callback": notify_failure},
    tags=["orders"],
)
def taskflow_orders():
    @task
    def fetch_orders(execution_date=None, next_execution_date=None):
        print(f"orders between {execution_date} and {next_execution_date}")
        return [
            {"id": 1001, "total": 25.0, "country": "DE", "ship_to": "DE"},
            {"id": 1002, "total": 990.0, "country": "DE", "ship_to": "XX"},
        ]

    @task
    def score(orders):
        scored = []
        for order in orders:
            risk = 0.5 if order["country"] != order["ship_to"] else 0.0
            risk += 0.4 if order["total"] > 500 else 0.0
            scored.append({**order, "risk": risk})
        return scored

    @task
    def pick_suspicious(scored):
        context = get_current_context()
        if context["dag_run"].external_trigger:
            print(f"started by hand, base url {context['conf'].get('webserver', 'base_url')}")
        limit = float(Variable.get("fraud_limit", default_var=LIMIT))
        found = [order["id"] for order in scored if order["risk"] >= limit]
        if not found:
            raise AirflowSkipException(f"nothing suspicious on {context['ds']}")
        return found

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def log_result(scored, ts_nodash=None, **context):
        print(f"{len(scored)} orders scored at {ts_nodash}, previous success: {context['prev_execution_date_success']}")

    review = TriggerDagRunOperator(
        task_id="start_review",
        trigger_dag_id="manual_review",
        execution_date="{{ execution_date }}",
        reset_dag_run=True,
    )

    scored = score(fetch_orders())
    pick_suspicious(scored) >> review
    log_result(scored)


orders_dag = taskflow_orders()
