"""Delete old XComs and list stuck runs straight from Airflow's own database."""
from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.models import DagRun, XCom
from airflow.operators.python import PythonOperator
from airflow.utils import timezone
from airflow.utils.session import provide_session
from airflow.utils.state import State

KEEP_DAYS = 30


@provide_session
def delete_old_xcoms(session=None, **_):
    limit = timezone.utcnow() - timedelta(days=KEEP_DAYS)
    deleted = session.query(XCom).filter(XCom.timestamp < limit).delete(synchronize_session=False)
    print(f"{deleted} XComs deleted")


def list_stuck_runs(**_):
    limit = timezone.utcnow() - timedelta(hours=12)
    for run in DagRun.find(state=State.RUNNING):
        if run.execution_date < limit:
            print(f"{run.dag_id} {run.run_id} is running since {run.start_date}")


with DAG(
    dag_id="metadata_cleanup",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    schedule="0 3 * * 0",
    catchup=False,
    tags=["maintenance"],
) as dag:
    xcoms = PythonOperator(task_id="delete_old_xcoms", python_callable=delete_old_xcoms)
    stuck = PythonOperator(task_id="list_stuck_runs", python_callable=list_stuck_runs)
    xcoms >> stuck
