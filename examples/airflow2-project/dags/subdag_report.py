"""Weekly report, one SubDAG per region."""
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.subdag import SubDagOperator

from subdags.region_report import region_report

DAG_ID = "weekly_report"
REGIONS = ["north", "south", "online"]
START = datetime(2024, 1, 1)
SCHEDULE = "0 6 * * 1"

with DAG(
    dag_id=DAG_ID,
    start_date=START,
    schedule_interval=SCHEDULE,
    catchup=False,
    tags=["report"],
) as dag:
    begin = DummyOperator(task_id="begin")
    publish = BashOperator(task_id="publish", bash_command="shop-report publish --all")

    for region in REGIONS:
        report = SubDagOperator(
            task_id=region,
            subdag=region_report(DAG_ID, region, START, SCHEDULE),
        )
        begin >> report >> publish
