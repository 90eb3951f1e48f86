"""What two readings of a DAG file differ in: what a fix may change, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradecheck.proof.verifying import exchanged
from upgradecheck.rulebook.facts import own_rules
from upgradecheck.runtime.structure.compare import Difference, differences
from upgradecheck.runtime.structure.reading import Reader
from upgradecheck.runtime.structure.shapes import Shape

OLD = (Path(__file__).parent / "fixtures" / "old_dag.py").read_text("utf-8")


def shapes(folder: Path, *texts: str) -> list[Shape]:
    """What texts make of a DAG."""
    for number, text in enumerate(texts):
        (folder / f"dag_{number}.py").write_text(text, "utf-8")
    reader = Reader(str(own_rules() / "tables"), seconds=5)
    return list(reader.read(folder, [f"dag_{number}.py" for number in range(len(texts))]))


def differ(folder: Path, before: str, after: str) -> list[str]:
    """What differs between two texts of a file."""
    one, two = shapes(folder, before, after)
    assert (one.error, bool(one.dags)) == ("", True)
    return [difference.told() for difference in differences(one, two)]


@pytest.mark.parametrize(
    "bad",
    [
        "import os; os._exit(3)",
        "while True: pass",
        "raise SystemExit",
        "import socket; socket.create_server(('', 0))",
    ],
)
def test_a_file_that_misbehaves_is_one_outcome(tmp_path: Path, bad: str) -> None:
    first, second = shapes(tmp_path, f"{bad}\n{OLD}", OLD)
    assert first.error
    assert (second.error, list(second.dags)) == ("", ["sales"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("begin >> load", "load >> begin", ["task begin of DAG sales: upstream", "task load of DAG sales: upstream"]),
        ('task_id="begin", ', 'task_id="start", ', ["task begin", "task load", "task start"]),
        ("@daily", "@weekly", ["DAG sales: schedule was"]),
        ("days_ago(2)", "days_ago(3)", ["DAG sales: argument start_date", "task begin", "task load"]),
        ("python_callable=print", "python_callable=len", ["argument python_callable was function print"]),
        ("{{ execution_date }}", "{{ ds }}", ["template templates_dict was {'at': '{{ execution_date }}'}"]),
        ("task_id=\"load\"", "retries=3, task_id=\"load\"", ["argument retries was 0 and became 3"]),
        ('DAG("sales"', 'DAG("sale"', ["DAG sale: the DAG is new", "DAG sales: the DAG is gone"]),
        ("provide_context=True", "no_such_argument=True", ["", "", "an argument that its class does not take is new"]),
        ("from airflow import DAG", "from airflow import DAG; 1 / 0", ["dag_1.py no longer loads: ZeroDivisionError"]),
    ],
)  # fmt: skip
def test_what_changes_a_dag(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    found = differ(tmp_path, OLD, OLD.replace(old, new))
    assert len(found) == len(told)
    assert all(part in whole for part, whole in zip(told, found, strict=True))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "airflow.operators.dummy_operator import Dummy",
            "airflow.providers.standard.operators.empty import Empty",
        ),
        (
            "airflow.operators.python_operator import PythonOperator",
            "airflow.providers.standard.operators.python import PythonOperator",
        ),
        ("schedule_interval=", "schedule="),
        ('"@daily"', '"0 0 * * *"'),
        ('"dummy"', '"always"'),
        ("days_ago(2)", "__import__('pendulum').today('UTC').add(days=-2)"),
    ],
)
def test_what_does_not_change_a_dag(tmp_path: Path, old: str, new: str) -> None:
    changed = OLD.replace(old, new).replace(
        "= DummyOperator", "= EmptyOperator" if "Empty" in new else "= DummyOperator"
    )
    assert differ(tmp_path, OLD, changed) == []


def test_names_of_1_10_and_functions_named_like_their_module_are_read(tmp_path: Path) -> None:
    text = """from airflow import DAG
from airflow.decorators import task_group
from airflow.models import Variable
from airflow.operators.sensors import ExternalTaskSensor

with DAG("d", start_date=None, params=Variable.get("p", deserialize_json=True), schedule=None) as dag:
    @task_group
    def part():
        ExternalTaskSensor(task_id="wait", external_dag_id="other")
    part()
"""
    (shape,) = shapes(tmp_path, text)
    assert (shape.error, list(shape.dags["d"].tasks)) == ("", ["part.wait"])


def test_a_name_that_still_warns_is_what_it_became(tmp_path: Path) -> None:
    """The runtime has neither: 3.x hands the old name out with a warning, the new one is a provider's."""
    old = "from airflow.operators.email import EmailOperator\n"
    new = "from airflow.providers.smtp.operators.smtp import EmailOperator\n"
    rest = OLD.replace("DummyOperator(task_id", "EmailOperator(to='a@b.c', subject='s', html_content='', task_id")
    assert differ(tmp_path, old + rest, new + rest) == []


def test_packages_and_values_that_are_missing_stand_in_for_themselves(tmp_path: Path) -> None:
    text = """import os

import no_such_package
from no_such_package.things import Base, decorated
from airflow.models import Variable
from airflow.hooks.base import BaseHook

class Own(Base):
    pass

@decorated
def count():
    return no_such_package.DataFrame(1)

CONF = Variable.get(key="conf", deserialize_json=True)
NAME = os.environ["NO_SUCH_ENTRY"]
"""
    body = OLD.replace(
        "python_callable=print",
        "python_callable=count, op_args=[CONF['a'], NAME, BaseHook.get_connection('c').host]",
    )
    (shape,) = shapes(tmp_path, text + body)
    assert (shape.error, "no_such_package" in shape.absent) == ("", True)
    arguments = shape.dags["sales"].tasks["load"].arguments
    assert arguments["python_callable"] == "function count"
    assert "<Variable.get('conf')['a']>" in arguments["op_args"]


@pytest.mark.parametrize(
    ("before", "after", "names", "same"),
    [
        ("'{{ next_ds }}'", "'{{ ds }}'", {"next_ds"}, True),
        ("'{{ next_ds }}'", "'{{ ds }}'", {"prev_ds"}, False),
        ("'{{ ti.state }} of {{ ds }}'", "'{{ ti.state.value }} of {{ ds }}'", {"ti.state", "state"}, True),
        ("'{{ ti.state }} of {{ ds }}'", "'{{ ti.state.value }} of {{ ts }}'", {"ti.state", "state"}, False),
        ("'a {{ next_ds }}'", "'b {{ ds }}'", {"next_ds"}, False),
        ("'airflow list_dags'", "'airflow dags list'", {"list_dags"}, True),
        ("'airflow list_dags'", "'airflow list_dags -v'", {"list_dags"}, False),
        ("'{{ next_ds }}'", "''", {"next_ds"}, True),
    ],
)
def test_what_is_exchanged_in_a_value(before: str, after: str, names: set[str], same: bool) -> None:
    assert exchanged(before, after, frozenset(names)) == same


def test_a_long_value_is_shown_where_it_changed() -> None:
    told = Difference("d", "t", "argument sql", "x" * 500 + "old" + "y" * 500, "x" * 500 + "new" + "y" * 500).told()
    assert "old" in told and "new" in told and len(told) < 300


def test_secrets_are_hidden() -> None:
    from upgradecheck.reports.masking import masked

    told = Difference("d", "t", "argument password", "'hunter2 hunter2'", "'other secret'").told(masked)
    assert "hunter2" not in told and "other" not in told
