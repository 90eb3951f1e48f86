"""What a replay costs: 100 DAG files against bare Python processes and real Airflow, where there is one; and big
DAGs against small ones.

    python benchmarks/replay.py [--airflow AIRFLOW_3_PYTHON] [--runs 3]

CPU seconds of all processes, medians, measured in the same run; docs/measured.md says what was last seen.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

DAG = """from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator
with DAG("dag_{number}", schedule=None):
    first = BashOperator(task_id="first", bash_command="echo {{{{ run_id }}}}")
    @task
    def values(): return [1, 2, 3]
    @task
    def each(value): return value
    first >> each.expand(value=values())
"""
BIG = """from airflow.sdk import DAG
from airflow.providers.standard.operators.python import PythonOperator
with DAG("big", schedule=None):
    before = None
    for number in range({number}):
        task = PythonOperator(task_id=f"t{{number}}", python_callable=print)
        if before is not None and {chained}:
            before >> task
        before = task
"""
LOADS = "import sys; from airflow.dag_processing.dagbag import DagBag; print(len(DagBag(sys.argv[1]).dags))"
REPLAY = (sys.executable, "-m", "upgradecheck", "replay", "--format", "json", "--output", os.devnull)


def cost(command: list[str], runs: int) -> tuple[float, float]:
    """Medians of CPU seconds, children and theirs taken in, and of seconds on the clock."""
    found = []
    for _ in range(runs):
        began, before = time.monotonic(), os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        found.append((spent, time.monotonic() - began))
    cpu, clock = zip(*found, strict=True)
    return statistics.median(cpu), statistics.median(clock)


def shown(name: str, taken: tuple[float, float], than: tuple[float, float] | None = None) -> None:
    """A row."""
    ratio = f"  {taken[0] / than[0]:5.2f} ×" if than else ""
    print(f"{name:48} {taken[0]:7.2f} s CPU {taken[1]:7.2f} s{ratio}", flush=True)


@click.command(help=__doc__)
@click.option("--airflow", default="", help="The interpreter of an Airflow 3 environment.")
@click.option("--runs", default=3, show_default=True)
def main(airflow: str, runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "many"
        many.mkdir()
        for number in range(100):
            (many / f"dag_{number}.py").write_text(DAG.format(number=number), "utf-8")
        bare = cost(
            [
                sys.executable,
                "-c",
                f"import subprocess, sys\nfor n in range(100): subprocess.run({[sys.executable, '-c', 'pass']})",
            ],
            runs,
        )
        shown("100 bare Python processes", bare)
        shown("replay of 100 DAG files", cost([*REPLAY, str(many)], runs), bare)
        shown("the same, executed", cost([*REPLAY, "--execute", str(many)], runs), bare)
        if airflow:
            os.environ.update(AIRFLOW_HOME=folder, AIRFLOW__CORE__LOAD_EXAMPLES="False")
            shown("real Airflow loads them", cost([airflow, "-c", LOADS, str(many)], 1), bare)
        for chained in (False, True):
            small = None
            for number in (500, 5000):
                file = Path(folder) / "big.py"
                file.write_text(BIG.format(number=number, chained=chained), "utf-8")
                taken = cost([*REPLAY, "--timeout", "120", str(file)], 1)
                shown(f"a DAG of {number} tasks{', one after the other' * chained}", taken, small)
                small = small or taken


if __name__ == "__main__":
    main()
