"""Import errors of DAG files, word for word as real Airflow 3.3.2 tells them, and files that it takes all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_replay import found

HEAD = """from datetime import datetime
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, DeadlineAlert, DeadlineReference, TaskGroup, asset, task
"""
DAG = "with DAG('d', schedule=None, start_date=datetime(2026, 1, 1){}):\n    {}\n"
WRONG = {
    "spaces": (
        DAG.format("", "TaskGroup('g h')"),
        "ValueError: The key 'g h' has to be made of alphanumeric characters, dashes, and underscores exclusively",
    ),
    "mapped_rule": (
        DAG.format("", "BashOperator.partial(task_id='t', bash_command='x').expand(trigger_rule=['all_done'])"),
        "TypeError: unmappable or already specified argument: trigger_rule",
    ),
    "listed_params": (
        DAG.format(", params=['x']", "pass"),
        "AttributeError: 'list' object has no attribute 'items'",
    ),
    "no_zone": (
        "CronDataIntervalTimetable('@daily')\n",
        "TypeError: CronMixin.__init__() missing 1 required positional argument: 'timezone'",
    ),
    "bare": (
        "@asset\ndef f(): pass\n",
        "TypeError: asset.__init__() takes 1 positional argument but 2 were given",
    ),
    "starred": (
        "@asset(schedule=None)\ndef f(*a): pass\n",
        "TypeError: wildcard '*a' is not supported in @asset",
    ),
    "no_outlets": (
        "@asset.multi(schedule=None)\ndef f(): pass\n",
        "TypeError: asset.multi.__init__() missing 1 required keyword-only argument: 'outlets'",
    ),
    "unknown": (
        "@asset(schedule=None, nope=1)\ndef f(): pass\n",
        "TypeError: asset.__init__() got an unexpected keyword argument 'nope'",
    ),
    "in_no_file": (
        "from airflow.operators.python import NoSuchOperator\n",
        "ImportError: cannot import name 'NoSuchOperator' from 'airflow.operators.python' (unknown location)",
    ),
    "no_list": (
        DAG.format("", "task(task_id='t')(lambda x: x).expand_kwargs([5])"),
        "TypeError: expected XComArg or list[dict], not list",
    ),
    "not_called": (
        DAG.format("", "task(task_id='t')(lambda: 1) >> BashOperator(task_id='b', bash_command='x')"),
        "AttributeError: '_TaskDecorator' object has no attribute 'update_relative'",
    ),
    "alert": (
        "DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 1, print)\n",
        "ValueError: Callbacks of type builtin_function_or_method are not currently supported",
    ),
    "text": (
        DAG.format(", description=5", "pass"),
        "TypeError: (\"'description' must be <class 'str'> (got 5 that is a <class 'int'>).\", Attribute("
        "name='description', default=None, validator=<optional validator for <instance_of validator for type "
        "<class 'str'>> or None>, repr=True, eq=True, eq_key=None, order=True, order_key=None, hash=None, init=True, "
        "metadata=mappingproxy({}), type='str | None', converter=None, kw_only=True, inherited=False, "
        "on_setattr=None, alias='description'), <class 'str'>, 5)",
    ),
    "timeout": (
        DAG.format(", dagrun_timeout=5", "pass"),
        "TypeError: (\"'dagrun_timeout' must be <class 'datetime.timedelta'> (got 5 that is a <class 'int'>).\", "
        "Attribute(name='dagrun_timeout', default=None, validator=<optional validator for <instance_of validator for "
        "type <class 'datetime.timedelta'>> or None>, repr=True, eq=True, eq_key=None, order=True, order_key=None, "
        "hash=None, init=True, metadata=mappingproxy({}), type='timedelta | None', converter=None, kw_only=True, "
        "inherited=False, on_setattr=None, alias='dagrun_timeout'), <class 'datetime.timedelta'>, 5)",
    ),
    "deadline": (DAG.format(", deadline=5", "pass"), "TypeError: 'int' object is not iterable"),
    "access": (DAG.format(", access_control=5", "pass"), "AttributeError: 'int' object has no attribute 'items'"),
    "listed_defaults": (
        DAG.format(", default_args=['x']", "pass"),
        "AttributeError: 'list' object has no attribute 'get'",
    ),
    "resources": (
        DAG.format("", "BashOperator(task_id='t', bash_command='x', resources=5)"),
        "TypeError: airflow.sdk.definitions.operator_resources.Resources() argument after ** must be a mapping, not int",
    ),
    "resource": (
        DAG.format("", "BashOperator(task_id='t', bash_command='x', resources={'x': 1})"),
        "TypeError: Resources.__init__() got an unexpected keyword argument 'x'",
    ),
    "weight": (
        DAG.format("", "BashOperator(task_id='t', bash_command='x', weight_rule='x')"),
        "SerializationError: Failed to serialize DAG 'd': Unknown priority strategy x",
    ),
}
TAKEN = {
    "fast": DAG.format(", fail_fast='x'", "pass").replace("'d'", "'fast'"),
    "paused": DAG.format(", is_paused_upon_creation='x'", "pass").replace("'d'", "'paused'"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One replay of all of them."""
    folder = tmp_path_factory.mktemp("dags")
    for name, text in {**{name: text for name, (text, _) in WRONG.items()}, **TAKEN}.items():
        (folder / f"{name}.py").write_text(HEAD + text, "utf-8")
    return found(folder)


@pytest.mark.parametrize("name", WRONG)
def test_an_error_is_told_in_airflows_words(report: Any, name: str) -> None:
    assert report["import_errors"].get(f"{name}.py") == WRONG[name][1]


@pytest.mark.parametrize("name", TAKEN)
def test_a_flag_of_another_type_counts_by_its_truth(report: Any, name: str) -> None:
    assert f"{name}.py" not in report["import_errors"]
    assert name in report["dags"]


NAMES = """
from airflow.exceptions import AirflowClusterPolicyError, DagCodeNotFound, DagRunNotFound, DeserializationError
from airflow.exceptions import ConnectionNotUnique, TaskInstanceNotFound, UnknownExecutorException, VariableNotUnique
from airflow.configuration import AIRFLOW_HOME, get_airflow_home
from typing import Optional

from airflow.models.dagbag import DBDagBag
from airflow.operators.email import EmailOperator
from airflow.models.xcom import XCOM_RETURN_KEY
from airflow.settings import DAGS_FOLDER, TIMEZONE
from airflow.typing_compat import Literal
from airflow.utils.context import Context, context_merge
from airflow.utils.email import send_email
from airflow.utils.helpers import as_flattened_list, at_most_one, chunks, convert_camel_to_snake, exactly_one
from airflow.utils.helpers import is_container, merge_dicts, partition, prune_dict, validate_key
from airflow.utils.process_utils import execute_in_subprocess
from airflow.utils.state import IntermediateTIState, JobState, TerminalTIState
from airflow.utils.strings import get_random_string, to_boolean
from airflow.utils.types import DagRunTriggeredByType
from airflow.version import version
from airflow.sdk import DAG, task

def typed(bag: DBDagBag | None = None, *more: Optional[DBDagBag]) -> "DBDagBag":
    return bag


with DAG("named", schedule=None):

    @task
    def says():
        return [
            merge_dicts({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}),
            prune_dict({"a": None, "b": {"c": None}, "d": [None, 0]}),
            prune_dict({"a": "", "b": {"c": 0}, "d": [None, 1]}, mode="truthy"),
            convert_camel_to_snake("CamelCaseABC"),
            [list(part) for part in partition(lambda n: n > 1, [1, 2, 3])],
            [exactly_one(1, 0), at_most_one(0, 0), is_container("x"), to_boolean(" Yes")],
            list(chunks([1, 2, 3], 2)),
            str(TerminalTIState.FAILED), f"{DagRunTriggeredByType.UI}", AIRFLOW_HOME == get_airflow_home(),
            issubclass(TaskInstanceNotFound, Exception), XCOM_RETURN_KEY, version, str(Context).split("'")[1],
        ]

    @task
    def sends():
        send_email("a@b.example", "subject", "text")

    says() >> EmailOperator(task_id="mail", to="a@b.example", subject="{{ ds }}", html_content="x") >> sends()
"""


def test_names_that_are_not_modelled_fail_where_they_are_used(tmp_path: Path) -> None:
    """What ``says`` gives is what 3.3.2 gives."""
    (tmp_path / "named.py").write_text(NAMES, "utf-8")
    report = found(tmp_path / "named.py")
    assert (report["import_errors"], report["not_modelled"]) == ({}, {})
    run = report["dags"]["named"]["runs"][0]
    assert run["xcoms"]["says"]["return_value"] == [
        {"a": {"b": 3, "c": 2}},
        {"b": {}, "d": [0]},
        {"d": [1]},
        "camel_case_abc",
        [[1], [2, 3]],
        [True, True, False, True],
        [[1, 2], [3]],
        "failed",
        "DagRunTriggeredByType.UI",
        True,
        True,
        "return_value",
        "3.3.2",
        "airflow.sdk.definitions.context",
    ]
    assert run["tasks"] == {"says": "success", "mail": "success", "sends": "failed"}
    assert report["stand_ins"] == {"named": ["EmailOperator"]}
    assert run["errors"]["sends"]["error"] == "NotModelled: airflow.utils.email.send_email is not modelled"


@pytest.mark.parametrize(
    ("configured", "loads"), [("", True), ("LocalExecutor", False), ("a:x.CeleryExecutor", True)]
)
def test_an_executor_that_the_environment_does_not_name_is_unknown(
    configured: str, loads: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", configured)
    task = "BashOperator(task_id='t', bash_command='x', executor='CeleryExecutor')"
    (tmp_path / "dag.py").write_text(HEAD + DAG.format("", task), "utf-8")
    errors = found(tmp_path / "dag.py")["import_errors"]
    assert loads == (not errors)
    assert loads or errors["dag.py"].startswith("UnknownExecutorException: Task 't' specifies executor")
