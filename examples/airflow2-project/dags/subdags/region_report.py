"""One report per region; used by subdag_report.py."""
from airflow.models import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator


def region_report(parent_dag_id, region, start_date, schedule_interval):
    subdag = DAG(
        dag_id=f"{parent_dag_id}.{region}",
        start_date=start_date,
        schedule_interval=schedule_interval,
        catchup=False,
    )

    collect = BashOperator(
        task_id="collect",
        bash_command=f"shop-report collect --region {region} --week '{{{{ execution_date.strftime('%G-W%V') }}}}'",
        dag=subdag,
    )
    render = BashOperator(
        task_id="render",
        bash_command=f"shop-report render --region {region} --format pdf",
        dag=subdag,
    )
    finished = DummyOperator(task_id="finished", dag=subdag)

    collect >> render >> finished
    return subdag
